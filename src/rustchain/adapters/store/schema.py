"""The tables of `rustchain.db`, how it is opened, and what SQLite's errors mean to the user."""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rustchain.model.errors import StorageFailed

SCHEMA = 1
"""Version of the tables: `PRAGMA user_version`."""

_TABLES = """
CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, alias TEXT NOT NULL, mission TEXT NOT NULL,
    at INTEGER NOT NULL, parent TEXT NOT NULL);
CREATE TABLE kinds(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE events(leaf INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,
    v INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, header BLOB NOT NULL, hash BLOB NOT NULL,
    UNIQUE(stream, seq));
CREATE TABLE payloads(leaf INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE keys(stream INTEGER PRIMARY KEY, key BLOB NOT NULL);
CREATE TABLE requests(id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, kind TEXT NOT NULL,
    body BLOB NOT NULL, seq INTEGER);
CREATE INDEX open_requests ON requests(stream) WHERE seq IS NULL;
CREATE TABLE leases(stream INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, owner TEXT NOT NULL);
CREATE TABLE runs(stream INTEGER PRIMARY KEY, status TEXT NOT NULL, ended_at INTEGER);
"""

_FULL = ("the disk is full", "Free some space, then resume the run.")
_DAMAGED = ("the journal is damaged", "Restore the state folder from a backup, or move it away.")
_MEANINGS = {
    "ENOSPC": _FULL,
    "EDQUOT": _FULL,
    "SQLITE_FULL": _FULL,
    "SQLITE_BUSY": ("another process holds the journal", "Look for a process that hangs, then try again."),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
}
_OTHERWISE = (
    "the state folder cannot be used",
    "Check its disk, owner and rights, or choose another: RUSTCHAIN_HOME.",
)


_STRAYS = {
    "SELECT coalesce(max(leaf), 0) - count(*) FROM events": "events are missing from the journal",
    "SELECT count(*) FROM events WHERE stream NOT IN (SELECT id FROM streams)": "events belong to no run",
    "SELECT count(*) FROM payloads WHERE leaf NOT IN (SELECT leaf FROM events)": "payloads belong to no event",
}


def storage_failed(error: sqlite3.Error | OSError) -> StorageFailed:
    """What an error of SQLite or of the file system means, and what to do about it."""
    if isinstance(error, OSError):
        name = errno.errorcode.get(error.errno or 0, "")
    else:
        name = getattr(error, "sqlite_errorname", "")
    meaning, help = next((m for start, m in _MEANINGS.items() if name.startswith(start)), _OTHERWISE)
    return StorageFailed(f"{meaning}: {error}", help=help)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Make StorageFailed of errors of SQLite and of the file system."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise storage_failed(error) from error


def connect(home: Path, *, synced: bool) -> sqlite3.Connection:
    """
    Open the journal in a state folder, made where there is none, for use from any thread.

    `synced`: a commit returns once it is on disk. StorageFailed where it is damaged, too new, or cannot be opened.
    """
    with storage_errors(), ExitStack() as undo:
        db = sqlite3.connect(home / "rustchain.db", timeout=30, isolation_level=None, check_same_thread=False)
        undo.callback(db.close)
        if _version(db) == 0:
            _create(db, home)
        version = _version(db)
        if version != SCHEMA:
            raise StorageFailed(
                f"the state folder {home} was written by a newer RustChain: its format is {version}, not {SCHEMA}",
                help="Use that version, or another folder: RUSTCHAIN_HOME.",
            )
        db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
        undo.pop_all()
        return db


def damage(db: sqlite3.Connection) -> list[str]:
    """What is wrong with the journal as a whole: its pages, and rows that belong nowhere or are missing."""
    findings = [
        f"the journal is damaged: {text}" for (text,) in db.execute("PRAGMA integrity_check") if text != "ok"
    ]
    for query, text in _STRAYS.items():
        strays = db.execute(query).fetchone()[0]
        if strays:
            findings.append(f"{strays} {text}")
    return findings


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _create(db: sqlite3.Connection, home: Path) -> None:
    """Make the tables, unless another process just did: the change to WAL bears no company, hence the lock."""
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if _version(db) == 0:
            os.chmod(home / "rustchain.db", 0o600)
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(f"BEGIN;{_TABLES}PRAGMA user_version={SCHEMA};COMMIT")
    finally:
        os.close(folder)
