"""A journal that ends with its process: for `--durability memory`, the library and tests."""

import os
import threading
from collections.abc import Awaitable, Generator, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from msgspec import Struct, field

from rustchain.adapters.store.blobs import digest
from rustchain.adapters.store.leases import HeldLease
from rustchain.adapters.store.logs import log_path
from rustchain.adapters.store.standing import TELLING, Standing, standing
from rustchain.logic.chain import START
from rustchain.logic.names import Name, find_run
from rustchain.model.errors import InvalidUse, StorageFailed
from rustchain.model.events import Row, Status
from rustchain.model.run import Request, RunRecord
from rustchain.ports import Lease


class _Run(Struct, kw_only=True):
    """All that is kept of a run."""

    stream: int
    run_id: str
    alias: str
    mission: str
    at: int
    parent: str
    key: bytes = field(default_factory=partial(os.urandom, 32))
    epoch: int = 0
    driven: bool = False
    standing: Standing | None = None
    rows: list[Row] = []
    requests: dict[int, Request] = {}
    blobs: dict[str, bytes] = {}


class MemoryStore:
    """A Store without a disk, for any number of threads of one process; logs lie in a temporary folder until `close`."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._streams: list[_Run] = []
        self._ids = count(1)
        self._lock = threading.RLock()
        self._failed: set[tuple[int, int]] = set()
        self._folder: Path | None = None

    def create_run(self, run_id: str, alias: str, mission: str, at: int, parent: str = "") -> Lease:
        """A new, empty run, with its lease."""
        with self._lock:
            if run_id in self._runs:
                raise StorageFailed(f"there is a run {run_id} already")
            stream = len(self._streams) + 1
            run = _Run(stream=stream, run_id=run_id, alias=alias, mission=mission, at=at, parent=parent)
            self._runs[run_id] = run
            self._streams.append(run)
            return self.take_lease(run_id)

    def take_lease(self, run_id: str) -> Lease:
        """The lease of a run that nobody drives, with a new epoch; StorageFailed where somebody does."""
        with self._lock:
            run = self._run(run_id)
            if run.driven:
                raise StorageFailed(f"run {run_id} is driven by this process")
            run.driven = True
            run.epoch += 1
            last = run.rows[-1] if run.rows else None
            return HeldLease(
                stream=run.stream,
                run_id=run_id,
                epoch=run.epoch,
                key=run.key,
                seq=last.seq if last else 0,
                hash=last.hash if last else START,
                let_go=partial(self._let_go, run, run.epoch),
            )

    def _let_go(self, run: _Run, epoch: int) -> None:
        if run.epoch == epoch:
            run.driven = False

    def append(self, row: Row, *, request: int = 0) -> None:
        """Keep a row; `request` is the request that it answers. StorageFailed where its lease is lost, or has failed."""
        run = self._streams[row.stream - 1]
        follows = row.epoch == run.epoch and row.seq == len(run.rows) + 1
        if not follows or self._failed or (request and request not in run.requests):
            self._refuse(run, row, request)
        run.rows.append(row)
        if row.kind in TELLING:
            run.standing = standing(row)
        if request:
            del run.requests[request]

    def append_all(self, rows: Sequence[Row]) -> None:
        """Keep rows, all at once."""
        for row in rows:
            self.append(row)

    def _refuse(self, run: _Run, row: Row, request: int) -> None:
        """Raise, and fail the lease for good, unless only others have failed."""
        holder = (row.stream, row.epoch)
        if row.epoch != run.epoch:
            message = "this process no longer drives the run: another one has taken it over"
        elif request and request not in run.requests:
            message = f"request {request} was answered before"
        elif row.seq != len(run.rows) + 1 or holder in self._failed:
            message = f"event {row.seq} cannot follow event {len(run.rows)}: the journal has a gap"
        else:
            return
        self._failed.add(holder)
        raise StorageFailed(message)

    def durable(self, lease: Lease | None = None) -> Awaitable[None]:
        """Nothing to wait for; StorageFailed where one of the lease's rows, or any, was refused."""
        if self._failed and (lease is None or (lease.stream, lease.epoch) in self._failed):
            raise StorageFailed("rows of this run were refused")
        return _Done()

    def rows(self, run_id: str, after: int = 0) -> Iterator[Row]:
        """The rows of a run, in order, from the one after `after`."""
        yield from self._run(run_id).rows[after:]

    def key(self, run_id: str) -> bytes:
        """The run's key."""
        return self._run(run_id).key

    def runs(self) -> list[RunRecord]:
        """All runs that have begun, the newest first; `waiting` is for those to say who replay them."""
        return [
            RunRecord(
                run_id=run.run_id,
                alias=run.alias,
                mission=run.mission,
                status=run.standing.status,
                started_at=run.at,
                ended_at=run.standing.ended_at,
                parent=run.parent,
                driven=run.driven and run.standing.status is Status.RUNNING,
            )
            for run in reversed(self._streams)
            if run.standing is not None
        ]

    def find(self, name: str) -> str:
        """The id of a run by id, unique beginning, alias, `@last` or `@failed`; InvalidUse where there is none."""
        return find_run(name, [Name(run.run_id, run.alias, run.status) for run in self.runs()])

    def ask(self, run_id: str, kind: str, body: Mapping[str, Any]) -> int:
        """Record a request to a run; the id of the request."""
        request = Request(id=next(self._ids), kind=kind, body=dict(body))
        self._run(run_id).requests[request.id] = request
        return request.id

    def requests(self, run_id: str) -> list[Request]:
        """Requests that no row has answered; oldest first."""
        return list(self._run(run_id).requests.values())

    def put_blob(self, run_id: str, data: bytes) -> str:
        """Keep bytes of a run; their salted digest."""
        run = self._run(run_id)
        name = digest(run.key, data)
        run.blobs[name] = data
        return name

    def get_blob(self, run_id: str, digest: str) -> bytes:
        """The bytes of a blob; StorageFailed where there are none."""
        data = self._run(run_id).blobs.get(digest)
        if data is None:
            raise StorageFailed(f"run {run_id} has no blob {digest}")
        return data

    def log_path(self, run_id: str, path: str, attempt: int) -> str:
        """Where the log of an attempt is, whether or not it exists yet; its folder may have to be made."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(mkdtemp(prefix="rustchain-"))
            return log_path(self._folder, run_id, path, attempt)

    def close(self) -> None:
        """Remove the logs."""
        if self._folder is not None:
            rmtree(self._folder, ignore_errors=True)

    def _run(self, run_id: str) -> _Run:
        run = self._runs.get(run_id)
        if run is None:
            raise InvalidUse(f"there is no run {run_id!r}")
        return run


class _Done:
    """What is awaited where there is nothing to wait for."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()
