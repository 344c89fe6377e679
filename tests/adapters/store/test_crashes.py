"""Deaths at the worst moment, full disks, damage: what was durable is there, and the journal is sound."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.journal import ENDED, RUN, STARTED, finished, sealed, steps, write
from rustchain.adapters.faults import Faults
from rustchain.adapters.store.audit import verify_store
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.model.errors import StorageFailed
from rustchain.model.events import RunResumed

PROGRAM = """
import asyncio, os, sys
from contextlib import closing
from pathlib import Path
from harness.journal import chain_of, steps
from rustchain.adapters.faults import Faults
from rustchain.adapters.store.sqlite import SqliteStore

async def main(home, run_id, count):
    store = SqliteStore.open(Path(home), "normal", Faults.from_env(os.environ))
    lease = store.create_run(run_id, "a", "m", 1)
    chain = chain_of(lease)
    for event in steps(int(count)):
        store.append(chain.seal(event, 1, b"x" * 500))
        await store.durable(lease)
        print(chain.seq, flush=True)
    store.close()

asyncio.run(main(*sys.argv[1:]))
"""


def start(home: Path, run_id: str, count: int, program: str = PROGRAM, **env: str) -> subprocess.Popen[str]:
    """A process that writes a run and says which events are durable."""
    tests = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home), run_id, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": tests, **env},
    )


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


def test_eight_processes_write_to_one_journal(home):
    processes = [start(home, f"run-{n}", 40) for n in range(8)]
    for process in processes:
        assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)
    store = opened(home)
    assert len(store.runs()) == 8
    findings = verify_store(store)
    assert len(findings) == 9
    assert not any(findings.values())
    store.close()


@pytest.mark.parametrize("point", ["journal.before-write", "journal.before-commit", "journal.after-commit"])
def test_a_process_killed_at_any_point_leaves_a_sound_journal(home, point):
    process = start(home, RUN, 50, RUSTCHAIN_FAULT=f"{point}:7:kill9")
    said = process.communicate(timeout=60)[0].split()
    assert process.returncode == -signal.SIGKILL
    assert said[-1] == "6"
    store = opened(home)
    assert not any(verify_store(store).values())
    lease = store.take_lease(RUN)
    assert (lease.epoch, lease.seq) == (2, 7 if point == "journal.after-commit" else 6)
    write(store, lease, *sealed(lease, ENDED))
    assert not any(verify_store(store).values())
    store.close()


def test_a_process_killed_at_random_loses_nothing_that_was_durable(home):
    process = start(home, RUN, 100_000)
    said = [process.stdout.readline() for _ in range(300)]
    process.kill()
    said += process.communicate(timeout=60)[0].splitlines(keepends=True)
    told = max(int(line) for line in said if line.endswith("\n"))
    store = opened(home)
    assert not any(verify_store(store).values())
    assert store.take_lease(RUN).seq >= told >= 300
    store.close()


def test_a_full_disk_fails_the_run_and_keeps_what_was_durable(home):
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n{PROGRAM}"
    process = start(home, RUN, 1000, program=limited)
    said, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "StorageFailed: the state folder cannot be used" in complaint
    store = opened(home)
    assert not any(verify_store(store).values())
    assert store.take_lease(RUN).seq >= int(said.split()[-1]) > 0
    store.close()


@pytest.mark.parametrize("point", ["journal.before-write", "journal.before-commit"])
def test_after_a_failure_every_later_append_and_wait_of_the_run_fails(home, point):
    store = SqliteStore.open(home, "normal", Faults.from_env({"RUSTCHAIN_FAULT": f"{point}:2:enospc"}))
    lease = store.create_run(RUN, "a", "m", 1)
    one, two, three = sealed(lease, *steps(3))
    write(store, lease, one)
    for rows in ((two,), (three,), ()):
        with pytest.raises(StorageFailed, match="the disk is full") as caught:
            write(store, lease, *rows)
        assert caught.value.help == "Free some space, then resume the run."
    assert len(list(store.rows(RUN))) == 1
    other = store.create_run("other", "b", "m", 1)
    write(store, other, *sealed(other, STARTED))
    lease.release()
    again = store.take_lease(RUN)
    write(store, again, *sealed(again, RunResumed(engine="1")))
    assert not any(verify_store(store).values())
    store.close()


def test_a_wait_for_everything_fails_when_any_run_failed(home):
    store = SqliteStore.open(
        home, "normal", Faults.from_env({"RUSTCHAIN_FAULT": "journal.before-write:1:raise"})
    )
    lease = store.create_run(RUN, "a", "m", 1)

    async def go():
        store.append(sealed(lease, STARTED)[0])
        await store.durable()

    with pytest.raises(StorageFailed):
        asyncio.run(go())
    store.close()


def test_a_damaged_journal_is_refused(home):
    finished(store := opened(home), RUN)
    store.close()
    (home / "rustchain.db").write_bytes(b"no database" * 1000)
    store = opened(home)
    with pytest.raises(StorageFailed, match="the journal is damaged") as caught:
        store.runs()
    assert "backup" in caught.value.help
    store.close()


def test_a_torn_end_of_the_log_costs_only_the_end(home, tmp_path):
    store = opened(home)
    lease = store.create_run(RUN, "a", "m", 1)
    rows = sealed(lease, *steps(30))
    for row in rows:
        write(store, lease, row)
    log = (home / "rustchain.db-wal").read_bytes()
    for number, size in enumerate(range(len(log), len(log) // 2, -3000)):
        copy = tmp_path / f"copy-{number}"
        copy.mkdir()
        shutil.copy(home / "rustchain.db", copy)
        (copy / "rustchain.db-wal").write_bytes(log[:size])
        torn = opened(copy)
        left = list(torn.rows(RUN))
        assert left == rows[: len(left)]
        assert len(left) >= 10
        assert not any(verify_store(torn).values())
        torn.close()
    store.close()


def test_a_request_cannot_be_recorded_where_a_fault_says_so(home):
    store = SqliteStore.open(home, "full", Faults.from_env({"RUSTCHAIN_FAULT": "request.recorded:1:raise"}))
    store.create_run(RUN, "a", "m", 1)
    with pytest.raises(StorageFailed):
        store.ask(RUN, "cancel", {})
    assert [r.kind for r in store.requests(RUN)] == ["cancel"]
    store.close()


def test_a_lease_that_a_fault_interrupts_is_let_go(home):
    store = SqliteStore.open(home, "full", Faults.from_env({"RUSTCHAIN_FAULT": "lease.taken:1:raise"}))
    with pytest.raises(StorageFailed):
        store.create_run(RUN, "a", "m", 1)
    assert store.take_lease(RUN).epoch == 2
    store.close()
