"""What only a store on a disk does: several connections, locks, versions."""

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from harness.journal import RUN, STARTED, finished, sealed, steps, write
from rustchain.adapters.store.audit import verify_store
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Status


def opened(home: Path) -> SqliteStore:
    return SqliteStore.open(home, "normal")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def store(home):
    store = opened(home)
    yield store
    store.close()


def test_the_state_folder_is_for_its_owner_alone(home, store):
    store.create_run(RUN, "a", "m", 1)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "rustchain.db").stat().st_mode & 0o777 == 0o600
    assert {entry.name for entry in home.iterdir() if entry.is_dir()} == {
        "blobs",
        "logs",
        "locks",
        "trash",
        "keys",
    }


def test_what_is_durable_can_be_read_by_another_connection(home, store):
    lease = store.create_run(RUN, "a", "m", 1)
    rows = sealed(lease, *steps(3))
    write(store, lease, *rows)
    other = opened(home)
    assert list(other.rows(RUN)) == rows
    other.close()


def test_many_waiters_share_few_commits(home):
    passes = []
    store = SqliteStore.open(home, "full", passes.append)
    lease = store.create_run(RUN, "a", "m", 1)

    async def step(row):
        store.append(row)
        await store.durable(lease)

    async def go():
        await asyncio.gather(*(step(row) for row in sealed(lease, *steps(200))))

    asyncio.run(go())
    store.close()
    assert passes.count("journal.after-commit") < 20


def test_another_store_sees_that_a_run_is_driven_and_by_whom(home, store):
    lease = store.create_run(RUN, "a", "m", 1)
    write(store, lease, *sealed(lease, STARTED))
    other = opened(home)
    assert [record.driven for record in other.runs()] == [True]
    with pytest.raises(StorageFailed, match=f"driven by process {os.getpid()} on {os.uname().nodename}"):
        other.take_lease(RUN)
    lease.release()
    assert [record.driven for record in other.runs()] == [False]
    other.take_lease(RUN)
    other.close()


def test_looking_at_a_lock_does_not_keep_it_from_being_taken(home, store):
    finished(store, RUN)
    lease = store.take_lease(RUN)
    write(store, lease, *sealed(lease, STARTED))
    lease.release()
    over = threading.Event()

    def look():
        other = opened(home)
        while not over.is_set():
            other.runs()
        other.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(50):
            store.take_lease(RUN).release()
    finally:
        over.set()
        watcher.join()


def test_a_holder_whose_lock_was_taken_behind_its_back_is_fenced(home, store):
    lease = store.create_run(RUN, "a", "m", 1)
    one, two = sealed(lease, *steps(2))
    write(store, lease, one)
    (home / "locks" / RUN).unlink()
    other = opened(home)
    assert other.take_lease(RUN).epoch == 2
    with pytest.raises(StorageFailed, match="no longer drives"):
        write(store, lease, two)
    assert len(list(other.rows(RUN))) == 1
    other.close()


def test_a_request_of_another_process_is_seen(home, store):
    store.create_run(RUN, "a", "m", 1)
    other = opened(home)
    request = other.ask(RUN, "cancel", {"actor": "me"})
    other.close()
    assert [(r.id, r.body) for r in store.requests(RUN)] == [(request, {"actor": "me"})]


def test_a_newer_journal_is_refused_by_its_version(home):
    finished(store := opened(home), RUN)
    store.close()
    sql(home, "PRAGMA user_version = 2")
    store = opened(home)
    with pytest.raises(StorageFailed, match="written by a newer RustChain: its format is 2, not 1"):
        store.take_lease(RUN)
    store.close()


def test_a_state_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="the state folder cannot be used") as caught:
        opened(tmp_path / "file" / "home")
    assert "RUSTCHAIN_HOME" in caught.value.help


def test_the_list_of_runs_can_be_made_anew(home, store):
    finished(store, "one", "a", Status.FAILED)
    lease = store.create_run("two", "b", "m", 1)
    write(store, lease, *sealed(lease, STARTED))
    before = store.runs()
    sql(home, "DELETE FROM runs")
    assert store.runs() == []
    store.rebuild_runs()
    assert store.runs() == before


def test_a_run_whose_key_was_erased_can_be_read_but_not_driven(home, store):
    finished(store, RUN)
    sql(home, "DELETE FROM keys")
    for call in (store.key, store.take_lease):
        with pytest.raises(StorageFailed, match="was erased"):
            call(RUN)
    assert len(list(store.rows(RUN))) == 2
    assert not any(verify_store(store).values())


def test_kinds_have_their_names_beside_their_numbers(home, store):
    store.create_run(RUN, "a", "m", 1)
    assert sql(home, "SELECT name FROM kinds WHERE id = 1") == [("RunStarted",)]


def sql(home: Path, statement: str) -> list[tuple[object, ...]]:
    """What somebody does behind the store's back."""
    with closing(sqlite3.connect(home / "rustchain.db")) as db, db:
        return db.execute(statement).fetchall()
