"""Runs in the tables: who they are, who drives them, and how they stand."""

import os
import sqlite3
from typing import NamedTuple

from rustchain.adapters.store.standing import TELLING, standing
from rustchain.logic.chain import START
from rustchain.model.errors import InvalidUse, StorageFailed
from rustchain.model.events import EVENTS, Row

ROWS = """
SELECT stream, CAST(seq AS INTEGER), CAST(epoch AS INTEGER), CAST(v AS INTEGER), CAST(kind AS INTEGER),
    CAST(at AS INTEGER), CAST(header AS BLOB), CAST(hash AS BLOB), CAST(data AS BLOB)
FROM events LEFT JOIN payloads USING(leaf) WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?
"""
"""The columns of a Row; casts, because SQLite keeps whatever type a forger wrote."""

LIST = """
SELECT name, alias, mission, status, at, ended_at, parent FROM runs JOIN streams ON id = stream ORDER BY id DESC
"""

REQUESTS = """
SELECT requests.id, kind, body FROM requests JOIN streams ON streams.id = stream
WHERE name = ? AND seq IS NULL ORDER BY requests.id
"""
_TELLING = """
SELECT stream, seq, epoch, v, kind, at, header, hash FROM events WHERE kind IN (?, ?) ORDER BY leaf
"""
_NEXT_EPOCH = """
INSERT INTO leases VALUES(?, 1, ?) ON CONFLICT(stream) DO UPDATE SET epoch = epoch + 1, owner = excluded.owner
"""


class Head(NamedTuple):
    """What the holder of a new lease goes on from."""

    stream: int
    epoch: int
    key: bytes
    seq: int
    hash: bytes


def add(db: sqlite3.Connection, run_id: str, alias: str, mission: str, at: int, parent: str) -> None:
    """Add a run with a key of its own."""
    if db.execute("SELECT 1 FROM streams WHERE name = ?", (run_id,)).fetchone():
        raise StorageFailed(f"there is a run {run_id} already")
    names = (run_id, alias, mission, at, parent)
    added = db.execute("INSERT INTO streams(name, alias, mission, at, parent) VALUES(?, ?, ?, ?, ?)", names)
    db.execute("INSERT INTO keys VALUES(?, ?)", (added.lastrowid, os.urandom(32)))
    db.executemany("INSERT OR IGNORE INTO kinds VALUES(?, ?)", [(e.KIND, e.__name__) for e in EVENTS])


def stream_of(db: sqlite3.Connection, run_id: str) -> int:
    """The number of a run's stream; InvalidUse where there is no such run."""
    found = db.execute("SELECT id FROM streams WHERE name = ?", (run_id,)).fetchone()
    if found is None:
        raise InvalidUse(f"there is no run {run_id!r}")
    stream: int = found[0]
    return stream


def key_of(db: sqlite3.Connection, run_id: str) -> bytes:
    """The key of a run; StorageFailed where it was erased."""
    found = db.execute("SELECT key FROM keys WHERE stream = ?", (stream_of(db, run_id),)).fetchone()
    if found is None:
        raise StorageFailed(
            f"the key of run {run_id} was erased", help="What it kept can be listed, not resumed."
        )
    key: bytes = found[0]
    return key


def next_epoch(db: sqlite3.Connection, run_id: str, owner: str) -> Head:
    """Make all earlier leases of a run stale."""
    stream = stream_of(db, run_id)
    key = key_of(db, run_id)
    db.execute(_NEXT_EPOCH, (stream, owner))
    epoch = db.execute("SELECT epoch FROM leases WHERE stream = ?", (stream,)).fetchone()[0]
    last = "SELECT seq, hash FROM events WHERE stream = ? ORDER BY seq DESC LIMIT 1"
    seq, hash = db.execute(last, (stream,)).fetchone() or (0, START)
    return Head(stream, epoch, key, seq, hash)


def owner_of(db: sqlite3.Connection, run_id: str) -> str:
    """Who took the last lease of a run, and where."""
    found = db.execute("SELECT owner FROM leases WHERE stream = ?", (stream_of(db, run_id),)).fetchone()
    return found[0] if found else "unknown"


def note(db: sqlite3.Connection, row: Row) -> None:
    """Keep the list of runs up to an event of a telling kind."""
    db.execute("INSERT OR REPLACE INTO runs VALUES(?, ?, ?)", (row.stream, *standing(row)))


def rebuild(db: sqlite3.Connection) -> None:
    """Make the list of runs anew from the events."""
    db.execute("DELETE FROM runs")
    for columns in db.execute(_TELLING, TELLING).fetchall():
        note(db, Row(*columns))
