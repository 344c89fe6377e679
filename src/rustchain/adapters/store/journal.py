"""Writing many rows in one transaction, as far as their leases hold."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from rustchain.adapters.faults import Fault
from rustchain.adapters.store import runs
from rustchain.adapters.store.schema import storage_errors
from rustchain.adapters.store.standing import TELLING
from rustchain.adapters.store.writer import Entry, Holder
from rustchain.model.errors import StorageFailed

_GROUP = 50
"""Rows a statement: it saves a third of the time, and the interpreter's lock is let go of 50 times less often."""

_EVENTS = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PAYLOADS = "INSERT INTO payloads VALUES (?, ?)"
_HEAD = """
SELECT (SELECT epoch FROM leases WHERE stream = ?1), coalesce((SELECT max(seq) FROM events WHERE stream = ?1), 0)
"""
_LOST = StorageFailed(
    "this process no longer drives the run: another one has taken it over",
    help="Watch the run; what this process was doing is up to the other now.",
)


class Journal:
    """The transactions of one writer, over a connection of its own that is opened with the first."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], fault: Fault) -> None:
        self._connect = connect
        self._fault = fault
        self._db: sqlite3.Connection | None = None

    def commit(self, entries: Sequence[Entry]) -> Mapping[Holder, StorageFailed]:
        """
        Write entries in one transaction, all but those of holders that may not; why not is returned.

        StorageFailed where nothing could be written.
        """
        with storage_errors():
            if self._db is None:
                self._db = self._connect()
            self._fault("journal.before-write")
            with self._db as db:
                db.execute("BEGIN IMMEDIATE")
                refused = _refusals(db, entries)
                if refused:
                    entries = [(row, n) for row, n in entries if (row.stream, row.epoch) not in refused]
                _write(db, entries)
                self._fault("journal.before-commit")
            self._fault("journal.after-commit")
        return refused

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()


def _refusals(db: sqlite3.Connection, entries: Sequence[Entry]) -> dict[Holder, StorageFailed]:
    """Whose lease is lost, whose rows do not follow each other, who answers what was answered before."""
    refused: dict[Holder, StorageFailed] = {}
    expected: dict[Holder, int] = {}
    answered: set[int] = set()
    for row, request in entries:
        holder = (row.stream, row.epoch)
        if holder not in expected:
            epoch, seq = db.execute(_HEAD, (row.stream,)).fetchone()
            expected[holder] = seq + 1
            if epoch != row.epoch:
                refused[holder] = _LOST
        if row.seq != expected[holder]:
            refused.setdefault(holder, _gap(row.seq, expected[holder] - 1))
        if request and (request in answered or not _is_open(db, row.stream, request)):
            refused.setdefault(holder, StorageFailed(f"request {request} was answered before"))
        answered.add(request)
        expected[holder] += 1
    return refused


def _gap(seq: int, last: int) -> StorageFailed:
    return StorageFailed(f"event {seq} cannot follow event {last}: the journal has a gap")


def _is_open(db: sqlite3.Connection, stream: int, request: int) -> bool:
    query = "SELECT 1 FROM requests WHERE id = ? AND stream = ? AND seq IS NULL"
    return db.execute(query, (request, stream)).fetchone() is not None


def _write(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Insert rows and payloads, take the requests that they answer, and keep the list of runs."""
    leaf = db.execute("SELECT coalesce(max(leaf), 0) + 1 FROM events").fetchone()[0]
    _insert(db, _EVENTS, [(n, *row[:8]) for n, (row, _) in enumerate(entries, leaf)])
    _insert(db, _PAYLOADS, [(n, row[8]) for n, (row, _) in enumerate(entries, leaf) if row[8] is not None])
    for row, request in entries:
        if request:
            db.execute("UPDATE requests SET seq = ? WHERE id = ?", (row.seq, request))
        if row.kind in TELLING:
            runs.note(db, row)


def _insert(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, many a statement as long as there are many."""
    into, places = statement.split(" VALUES ")
    grouped = " VALUES ".join((into, ", ".join([places] * _GROUP)))
    whole = len(rows) - len(rows) % _GROUP
    for start in range(0, whole, _GROUP):
        db.execute(grouped, tuple(chain.from_iterable(rows[start : start + _GROUP])))
    db.executemany(statement, rows[whole:])
