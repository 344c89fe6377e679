"""The journal in a state folder: SQLite for events, files for blobs and logs, OS locks for leases."""

import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from rustchain.adapters.faults import Fault, no_fault
from rustchain.adapters.store import runs
from rustchain.adapters.store.blobs import Blobs
from rustchain.adapters.store.journal import Journal
from rustchain.adapters.store.leases import HeldLease, is_locked, take_lock
from rustchain.adapters.store.logs import log_path
from rustchain.adapters.store.schema import connect, damage, storage_errors
from rustchain.adapters.store.writer import EVERYBODY, Writer
from rustchain.logic.names import Name, find_run
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Row, Status
from rustchain.model.run import Request, RunRecord
from rustchain.ports import Lease

_PAGE = 1000
"""Rows read at a time, so that no reader holds a snapshot open."""


class SqliteStore:
    """
    A Store in a state folder, for any number of threads and processes at once.

    Events go through the writer and its connection; all else is rare, and done at once on a connection that all share.
    """

    def __init__(self, home: Path, durability: Literal["full", "normal"], fault: Fault) -> None:
        self._home = home
        self._full = durability == "full"
        self._fault = fault
        self._lock = threading.RLock()
        self._shared: sqlite3.Connection | None = None
        self._held: dict[tuple[int, int], int] = {}
        self._answered: set[int] = set()
        self._blobs = Blobs(home / "blobs", fault)
        self._journal = Journal(partial(connect, home, synced=self._full), fault)
        self._writer = Writer(self._journal.commit)

    @classmethod
    def open(
        cls, home: Path, durability: Literal["full", "normal"] = "full", fault: Fault = no_fault
    ) -> "SqliteStore":
        """
        The store of a state folder, which is made where there is none, for its owner alone.

        `full`: what is durable survives a power cut; `normal`: it survives the end of the process, and a power cut takes
        the last moments. StorageFailed where the folder cannot be used; its journal is opened when first needed.
        """
        with storage_errors():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("blobs", "logs", "locks", "trash", "keys"):
                (home / name).mkdir(mode=0o700, exist_ok=True)
        return cls(home, durability, fault)

    def create_run(self, run_id: str, alias: str, mission: str, at: int, parent: str = "") -> Lease:
        """A new, empty run, with its lease."""
        return self._take(run_id, lambda db: runs.add(db, run_id, alias, mission, at, parent))

    def take_lease(self, run_id: str) -> Lease:
        """The lease of a run that nobody drives, with a new epoch; StorageFailed where somebody does."""
        with self._connection() as db:
            runs.stream_of(db, run_id)
        lease = self._take(run_id, lambda db: None)
        self._answered.difference_update(values[0] for values in self._select(runs.REQUESTS, run_id))
        return lease

    def _take(self, run_id: str, prepare: Callable[[sqlite3.Connection], object]) -> Lease:
        with storage_errors(), ExitStack() as undo:
            lock = take_lock(self._lock_path(run_id))
            if lock is None:
                raise self._driven(run_id)
            undo.callback(os.close, lock)
            with self._change() as db:
                prepare(db)
                head = runs.next_epoch(db, run_id, f"process {os.getpid()} on {os.uname().nodename}")
            self._fault("lease.taken")
            undo.pop_all()
        holder = (head.stream, head.epoch)
        self._held[holder] = lock
        return HeldLease(run_id=run_id, let_go=lambda: self._let_go(holder), **head._asdict())

    def _driven(self, run_id: str) -> StorageFailed:
        with self._connection() as db:
            owner = runs.owner_of(db, run_id)
        return StorageFailed(f"run {run_id} is driven by {owner}", help="Wait for it, or cancel the run.")

    def _let_go(self, holder: tuple[int, int]) -> None:
        lock = self._held.pop(holder, None)
        if lock is not None:
            os.close(lock)

    def append(self, row: Row, *, request: int = 0) -> None:
        """Buffer a row; `request` is the request that it answers, taken in the same transaction."""
        if request:
            self._answered.add(request)
        self._writer.append(row, request)

    def append_all(self, rows: Sequence[Row]) -> None:
        """Buffer rows that are written together, or not at all."""
        self._writer.append_all(rows)

    def durable(self, lease: Lease | None = None) -> Awaitable[None]:
        """Wait until every row appended so far is on disk; StorageFailed where one of the lease's, or any, is not."""
        return self._writer.durable(EVERYBODY if lease is None else (lease.stream, lease.epoch))

    def rows(self, run_id: str, after: int = 0) -> Iterator[Row]:
        """The rows of a run that are on disk, in order, from the one after `after`."""
        with self._connection() as db:
            stream = runs.stream_of(db, run_id)
        while page := self._select(runs.ROWS, stream, after, _PAGE):
            rows = [Row(*columns) for columns in page]
            yield from rows
            after = rows[-1].seq

    def key(self, run_id: str) -> bytes:
        """The run's key; StorageFailed where it was erased."""
        with self._connection() as db:
            return runs.key_of(db, run_id)

    def runs(self) -> list[RunRecord]:
        """All runs that have begun, the newest first; `waiting` is for those to say who replay them."""
        return [
            RunRecord(
                run_id=run_id,
                alias=alias,
                mission=mission,
                status=Status(status),
                started_at=at,
                ended_at=ended_at,
                parent=parent,
                driven=status == Status.RUNNING and is_locked(self._lock_path(run_id)),
            )
            for run_id, alias, mission, status, at, ended_at, parent in self._select(runs.LIST)
        ]

    def find(self, name: str) -> str:
        """The id of a run by id, unique beginning, alias, `@last` or `@failed`; InvalidUse where there is none."""
        return find_run(name, [Name(row[0], row[1], Status(row[3])) for row in self._select(runs.LIST)])

    def ask(self, run_id: str, kind: str, body: Mapping[str, Any]) -> int:
        """Record a request to a run, as durably as events; the id of the request."""
        with self._change(synced=self._full) as db:
            stream = runs.stream_of(db, run_id)
            values = (stream, kind, msgspec.json.encode(body))
            request = db.execute("INSERT INTO requests(stream, kind, body) VALUES(?, ?, ?)", values).lastrowid
        with storage_errors():
            self._fault("request.recorded")
        return request or 0

    def requests(self, run_id: str) -> list[Request]:
        """Requests that no row has answered, on disk or in the buffer; oldest first."""
        return [
            Request(id=id, kind=kind, body=msgspec.json.decode(body))
            for id, kind, body in self._select(runs.REQUESTS, run_id)
            if id not in self._answered
        ]

    def put_blob(self, run_id: str, data: bytes) -> str:
        """Keep bytes of a run, synced; their salted digest."""
        return self._blobs.put(run_id, self.key(run_id), data)

    def get_blob(self, run_id: str, digest: str) -> bytes:
        """The bytes of a blob; StorageFailed where they are gone or damaged."""
        return self._blobs.get(run_id, self.key(run_id), digest)

    def log_path(self, run_id: str, path: str, attempt: int) -> str:
        """Where the log of an attempt is, whether or not it exists yet; its folder may have to be made."""
        return log_path(self._home / "logs", run_id, path, attempt)

    def rebuild_runs(self) -> None:
        """Make the list of runs anew from the events."""
        with self._change() as db:
            runs.rebuild(db)

    def run_ids(self) -> list[str]:
        """All runs that were ever created, begun or not, the oldest first."""
        return [row[0] for row in self._select("SELECT name FROM streams ORDER BY id")]

    def blob_damage(self, run_id: str) -> list[str]:
        """What is wrong with the blobs of a run that are there; StorageFailed where its key was erased."""
        return self._blobs.damage(run_id, self.key(run_id))

    def damage(self) -> list[str]:
        """What is wrong with the journal as a whole, looked at without its runs' chains."""
        with self._connection() as db:
            return damage(db)

    def close(self) -> None:
        """Write what is in the buffer, let all leases go, and close the journal."""
        self._writer.close()
        self._journal.close()
        with self._lock:
            if self._shared is not None:
                self._shared.close()
                self._shared = None
        for holder in list(self._held):
            self._let_go(holder)

    def _lock_path(self, run_id: str) -> Path:
        return self._home / "locks" / run_id

    def _select(self, query: str, *values: object) -> list[Any]:
        with self._connection() as db:
            return db.execute(query, values).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """The shared connection, for one thread at a time."""
        with self._lock, storage_errors():
            if self._shared is None:
                self._shared = connect(self._home, synced=False)
            yield self._shared

    @contextmanager
    def _change(self, *, synced: bool = False) -> Iterator[sqlite3.Connection]:
        """
        A transaction on the shared connection.

        One that is not `synced` is on disk at the latest with the next event, before which it means nothing.
        """
        with self._connection() as db:
            db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            with db:
                db.execute("BEGIN IMMEDIATE")
                yield db
