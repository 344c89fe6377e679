"""What the audit finds in a state folder that somebody has changed."""

import sqlite3
from contextlib import closing

import pytest

from harness.journal import RUN, finished, sealed, steps, write
from rustchain.adapters.store.audit import verify_store
from rustchain.adapters.store.sqlite import SqliteStore

GONE = "1 events are missing from the journal"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def store(home):
    store = SqliteStore.open(home, "normal")
    finished(store, "first")
    lease = store.create_run(RUN, "a", "m", 1)
    write(store, lease, *sealed(lease, *steps(4)))
    finished(store, "last")
    yield store
    store.close()


def test_an_untouched_folder_is_clean(store):
    assert verify_store(store) == {"": [], "first": [], RUN: [], "last": []}


@pytest.mark.parametrize(
    ("change", "run", "finding"),
    [
        ("UPDATE events SET header = '{\"path\":\"x\"}' WHERE leaf = 4", RUN, "event 2: its hash does not match"),
        ("UPDATE events SET at = at + 1 WHERE leaf = 3", RUN, "event 1: its hash does not match"),
        ("UPDATE events SET at = -1 WHERE leaf = 3", RUN, "event 1: its hash does not match"),
        ("UPDATE events SET epoch = 'text' WHERE leaf = 4", RUN, "event 2 has epoch 0, its predecessor 1"),
        ("UPDATE events SET kind = 99 WHERE leaf = 4", RUN, "event 2 has kind 99"),
        ("DELETE FROM events WHERE leaf = 4", RUN, "event 2 is missing"),
        ("UPDATE payloads SET data = 'other' WHERE leaf = 4", RUN, "event 2: its payload does not match"),
        ("UPDATE streams SET name = 'renamed' WHERE id = 2", "renamed", "event 1: its hash does not match"),
        ("DELETE FROM events WHERE stream = 1", "", "2 events are missing from the journal"),
        ("DELETE FROM streams WHERE id = 2", "", "4 events belong to no run"),
        ("INSERT INTO payloads VALUES(99, 'x')", "", "1 payloads belong to no event"),
    ],
)  # fmt: skip
def test_a_change_is_found(home, store, change, run, finding):
    with closing(sqlite3.connect(home / "rustchain.db")) as db, db:
        db.execute(change)
    assert any(text.startswith(finding) for text in verify_store(store)[run])


def test_a_damaged_blob_is_found(home, store):
    digest = store.put_blob(RUN, b"bytes")
    assert verify_store(store)[RUN] == []
    (home / "blobs" / RUN / digest).write_bytes(b"other")
    assert verify_store(store)[RUN] == [f"blob {digest} is damaged"]


def test_damaged_pages_are_found(home):
    store = SqliteStore.open(home, "normal")
    lease = store.create_run(RUN, "a", "m", 1)
    write(store, lease, *sealed(lease, *steps(1000)))
    store.close()
    with (home / "rustchain.db").open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 40 * 4096)
    store = SqliteStore.open(home, "normal")
    findings = verify_store(store)
    assert findings[""][0].startswith("the journal is damaged")
    assert findings[RUN]
    store.close()
