"""Signals to a run with a hundred running steps: nothing new starts, nothing is left, and it can go on."""

import re
import signal
from pathlib import Path

from harness import small, warm
from harness.program import Done
from harness.torture import read
from rustchain.model import events as ev
from rustchain.model.failures import FAILED, INTERRUPTED, TERMINATED, WAITING

AT_ONCE = 100
WAITING_STEPS = 30
LIMIT = {"max_concurrent_steps": AT_ONCE, "fail_fast": False}
FORKING = small.BEGIN + "[ -e gate ] || { setsid sleep 300 & exec sleep 300; }"
ONCE = [f"s{n}" for n in range(0, AT_ONCE, 2)]


def crowd(folder: Path) -> None:
    """More steps than may run at once; every second one must not be repeated, every third starts a process of its own."""
    scripts = [FORKING if n % 3 == 0 else small.HELD for n in range(AT_ONCE + WAITING_STEPS)]
    steps = [
        small.command(f"s{n}", script, idempotent=f"s{n}" not in ONCE) for n, script in enumerate(scripts)
    ]
    small.write(folder, steps, config=LIMIT)


def decide(folder: Path, *decisions: str) -> Done:
    args = [arg for decision in decisions for arg in ("--decide", decision)]
    return warm.call(folder, "resume", "@last", "--json", *args)


def test_sigterm_leaves_a_hundred_running_steps_for_resume(tmp_path: Path) -> None:
    crowd(tmp_path)
    call = warm.start(tmp_path, "run", "m.json", warm=False)
    assert small.all_begun(tmp_path, AT_ONCE)
    run_id = read(tmp_path).run_id
    assert len(small.marked(run_id)) >= AT_ONCE
    call.send(signal.SIGTERM)
    done = call.wait()
    assert small.marked(run_id) == []
    assert done.code == TERMINATED.code
    assert re.search(rf"next: rustchain resume {run_id}\n", done.err)
    first = small.begun(tmp_path)
    assert first == {f"s{n}": 1 for n in range(AT_ONCE)}
    assert isinstance(read(tmp_path).events[-1], ev.RunInterrupted)

    small.open_gate(tmp_path)
    done = warm.call(tmp_path, "resume", "@last", "--json")
    assert done.code == WAITING.code
    assert [one["path"] for one in done.json["waiting_for"]] == ONCE
    repeated = small.begun(tmp_path)
    assert all(repeated[f"s{n}"] == 1 + (n % 2 if n < AT_ONCE else 0) for n in range(AT_ONCE + WAITING_STEPS))

    done = decide(tmp_path, f"{ONCE[0]}=done", f"{ONCE[1]}=again", f"{ONCE[2]}=failed")
    assert done.code == WAITING.code
    assert [one["path"] for one in done.json["waiting_for"]] == ONCE[3:]
    done = decide(tmp_path, *(f"{path}=done" for path in ONCE[3:]))
    results = done.json["step_results"]
    assert (done.code, done.json["status"]) == (FAILED.code, "Failed")
    assert [results[path]["status"] for path in ONCE[:4]] == ["Success", "Success", "Failed", "Success"]
    assert results[ONCE[2]]["error_kind"] == "unknown_outcome"
    assert small.begun(tmp_path) - repeated == {ONCE[1]: 1}
    read(tmp_path)


def test_ctrl_c_cancels_a_hundred_running_steps(tmp_path: Path) -> None:
    crowd(tmp_path)
    small.write(
        tmp_path,
        [small.command(f"s{n}", FORKING) for n in range(AT_ONCE + 10)],
        config=LIMIT,
        **{"finally": [small.command("tidy", "echo tidy > tidy")]},
    )
    call = warm.start(tmp_path, "run", "m.json")
    assert small.all_begun(tmp_path, AT_ONCE)
    call.send(signal.SIGINT)
    done = call.wait()
    assert small.marked(read(tmp_path).run_id) == []
    assert done.code == FAILED.code
    assert "Cancelled" in done.err
    assert (tmp_path / "tidy").exists()
    assert small.begun(tmp_path).total() == AT_ONCE


def test_ctrl_c_twice_leaves_the_run_as_it_stands(tmp_path: Path) -> None:
    stubborn = small.BEGIN + "[ -e gate ] || { trap '' TERM; sleep 300; }"
    small.write(
        tmp_path,
        [small.command(f"s{n}", stubborn) for n in range(3)],
        **{"finally": [small.command("tidy", "echo tidy > tidy")]},
    )
    call = warm.start(tmp_path, "run", "m.json")
    assert small.all_begun(tmp_path, 3)
    run_id = read(tmp_path).run_id
    call.send(signal.SIGINT)
    assert small.eventually(lambda: "cancelling" in call.err)
    call.send(signal.SIGINT)
    done = call.wait()
    assert done.code == INTERRUPTED.code
    assert small.marked(run_id) == []
    assert re.search(rf"next: rustchain resume {run_id}\n", done.err)
    assert not (tmp_path / "tidy").exists()
    small.open_gate(tmp_path)
    done = warm.call(tmp_path, "resume", "@last")
    assert done.code == FAILED.code, done
    assert "Cancelled" in done.err
    assert (tmp_path / "tidy").exists()
