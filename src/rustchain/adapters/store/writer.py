"""The thread that writes the journal: it buffers rows, commits many at once, and tells those who wait."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from rustchain.model.errors import StorageFailed
from rustchain.model.events import Row

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

LINGER = 0.02
"""Seconds that rows lie in the buffer when nobody waits for them."""
MANY = 512
"""Rows in the buffer that are written at once, though nobody waits."""

Entry = tuple[Row, int]
"""A row, and the request that it answers, or 0."""
Holder = tuple[int, int]
"""Stream and epoch of the lease under which rows are written."""
Commit = Callable[[Sequence[Entry]], Mapping[Holder, StorageFailed]]
"""Writes entries in one transaction, and says whose it refused, and why; StorageFailed where nothing was written."""

EVERYBODY: Holder = (0, 0)
"""Stands for all holders."""


class Writer:
    """
    Writes rows in the order of `append` in a thread of its own, which starts with the first.

    Whoever waits makes it write at once; those who come during a commit share the next. A holder whose rows could not be
    written fails from then on. Rows may come, and be waited for, from any thread and event loop.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._entries: deque[Entry] = deque()
        self._waiters: deque[tuple[Holder, asyncio.Future[None]]] = deque()
        self._failures: Mapping[Holder, StorageFailed] = {}  # replaced, never changed: others are reading it
        self._filled = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def append(self, row: Row, request: int) -> None:
        """Buffer a row; StorageFailed where its holder has failed."""
        if self._failures:
            self._refuse((row.stream, row.epoch))
        entries = self._entries
        entries.append((row, request))
        if not self._filled.is_set():
            self._wake()
        if len(entries) >= MANY and not self._hurry.is_set():
            self._hurry.set()

    def append_all(self, rows: Sequence[Row]) -> None:
        """Buffer rows of one holder, which no commit parts; StorageFailed where that has failed."""
        self._refuse((rows[0].stream, rows[0].epoch))
        self._entries.extend([(row, 0) for row in rows])  # at once: nothing can be drained in between
        self._wake()

    def durable(self, holder: Holder) -> "asyncio.Future[None]":
        """Wait for all rows appended so far; StorageFailed where some of the holder's could not be written."""
        from asyncio import get_running_loop  # whoever only reads the journal is spared its 30 ms

        self._refuse(holder)
        future = get_running_loop().create_future()
        self._waiters.append((holder, future))
        self._hurry.set()
        self._wake()
        return future

    def close(self) -> None:
        """Write what is in the buffer, and end; later rows are refused."""
        self._closing = True
        self._hurry.set()
        self._filled.set()
        if self._thread is not None:
            self._thread.join()
        self._failures = {EVERYBODY: StorageFailed("the journal is closed"), **self._failures}

    def _wake(self) -> None:
        self._filled.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing or self._entries:
            self._filled.wait()
            self._hurry.wait(LINGER)
            # Flags go down before the buffers are emptied, waiters come out before rows: none is overlooked.
            self._filled.clear()
            self._hurry.clear()
            waiters = _drain(self._waiters)
            entries = _drain(self._entries)
            if entries:
                self._failures = {**self._write(entries), **self._failures}
            self._tell(waiters)

    def _write(self, entries: Sequence[Entry]) -> Mapping[Holder, StorageFailed]:
        try:
            return self._commit(entries)
        except StorageFailed as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            failure = StorageFailed(f"the journal's writer failed: {error!r}")
        return {(row.stream, row.epoch): failure for row, _ in entries}

    def _tell(self, waiters: "Iterable[tuple[Holder, asyncio.Future[None]]]") -> None:
        """Settle futures in their own event loops, with one wake-up for each loop."""
        by_loop = defaultdict(list)
        for holder, future in waiters:
            by_loop[future.get_loop()].append((future, self._failure(holder)))
        for loop, outcomes in by_loop.items():
            with suppress(RuntimeError):  # a loop that is closed has nobody who waits
                loop.call_soon_threadsafe(_settle, outcomes)

    def _failure(self, holder: Holder) -> StorageFailed | None:
        failures = self._failures
        if holder == EVERYBODY:
            return next(iter(failures.values()), None)
        return failures.get(holder) or failures.get(EVERYBODY)

    def _refuse(self, holder: Holder) -> None:
        failure = self._failure(holder)
        if failure is not None:
            raise StorageFailed(failure.message, help=failure.help)


def _drain(buffer: "deque[T]") -> "list[T]":
    """Take out what is in a buffer now; others may add to it meanwhile."""
    return [buffer.popleft() for _ in range(len(buffer))]


def _settle(outcomes: "Iterable[tuple[asyncio.Future[None], StorageFailed | None]]") -> None:
    for future, failure in outcomes:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(StorageFailed(failure.message, help=failure.help))
