"""Nothing that a step started outlives it: the ways in which processes are ended, tried on stubborn ones."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.processes import HOLD, PATH, alive, children, eventually, held, python, soon, start, with_shell
from rustchain.adapters.processes import tree
from rustchain.adapters.shell import LocalShell
from rustchain.ports import ProcessEnded


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    return held(tmp_path)


async def sh(shell: LocalShell, script: str, hold: Path, **more: object) -> ProcessEnded:
    """Run a shell script with `HOLD` in its environment, in that file's folder."""
    env = {"PATH": PATH, "HOLD": str(hold)}
    return await start(shell, "sh", "-c", script, env=env, cwd=str(hold.parent), **more)


async def cancelled(
    shell: LocalShell, script: str, hold: Path, when: Callable[[], bool], **more: object
) -> float:
    """Start a script, cancel it once something holds; the seconds that the cancellation took."""
    running = asyncio.ensure_future(sh(shell, script, hold, **more))
    assert await soon(when)
    begin = time.monotonic()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    return time.monotonic() - begin


def test_cancelling_ends_children_and_those_that_left_the_group(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        script = f"{HOLD} & setsid {HOLD} & setsid -f setsid -f {HOLD}; env -i {HOLD}"
        await cancelled(shell, script, hold, lambda: len(alive(hold)) == 4)
        assert alive(hold) == []

    with_shell(use)


def test_the_polite_may_finish_within_the_grace(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        script = f"trap 'sleep 0.2; echo done > said; exit' TERM; {HOLD} & wait"
        await cancelled(shell, script, hold, lambda: bool(alive(hold)), grace=20.0)

    with_shell(use)
    assert (hold.parent / "said").read_text() == "done\n"


def test_who_ignores_the_polite_signal_is_killed_after_the_grace(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        script = f"trap '' TERM; {HOLD}"
        took = await cancelled(shell, script, hold, lambda: bool(alive(hold)), grace=0.3)
        assert 0.3 <= took < 5
        assert alive(hold) == []

    with_shell(use)


def test_a_grace_that_is_withdrawn_ends_at_once(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        left = [60.0]
        running = asyncio.ensure_future(sh(shell, f"trap '' TERM; {HOLD}", hold, grace=lambda: left[0]))
        assert await soon(lambda: bool(alive(hold)))
        running.cancel()
        await asyncio.sleep(0.1)
        assert alive(hold)
        left[0] = 0
        begin = time.monotonic()
        await asyncio.wait([running])
        assert time.monotonic() - begin < 5
        assert alive(hold) == []

    with_shell(use)


def test_cancelled_processes_leave_no_descriptor_or_zombie(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        await sh(shell, "true", hold)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            await cancelled(shell, HOLD, hold, lambda: bool(alive(hold)))
        assert len(os.listdir("/proc/self/fd")) == before

    others = children()
    with_shell(use)
    assert children() <= others


def test_an_ending_that_its_event_loop_cut_short_is_finished_by_the_guardian(hold: Path) -> None:
    shells = []

    async def main() -> None:
        shells.append(LocalShell())
        script = f": {hold}; trap 'trap - TERM' TERM; echo up; while :; do sleep 0.01; done"
        up: list[bytes] = []
        process = sh(shells[0], script, hold, grace=60.0, on_output=lambda stream, data: up.append(data))
        running = asyncio.ensure_future(process)
        assert await soon(lambda: bool(up))
        running.cancel()
        await asyncio.sleep(0.05)

    asyncio.run(main())  # cancels what is still pending: the ending
    assert alive(hold)
    asyncio.run(shells[0].close())
    assert alive(hold) == []


def test_a_stopped_process_is_ended(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        def stopped() -> bool:
            return any("T (stopped)" in Path(f"/proc/{pid}/status").read_text() for pid in alive(hold))

        script = "sh -c 'kill -STOP $$' $HOLD"
        assert await cancelled(shell, script, hold, stopped, grace=20.0) < 5

    with_shell(use)


def test_cancelling_again_does_not_cut_the_ending_short(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        running = asyncio.ensure_future(sh(shell, f"trap '' TERM; {HOLD}", hold, grace=0.3))
        assert await soon(lambda: bool(alive(hold)))
        while not running.done():
            running.cancel()
            await asyncio.sleep(0.02)
        assert running.cancelled()
        assert alive(hold) == []

    with_shell(use)


@pytest.mark.parametrize("quick", [1.0, 0.0])
def test_what_is_left_behind_at_a_normal_end_is_ended(
    hold: Path, quick: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rustchain.adapters.shell._QUICK", quick)

    async def use(shell: LocalShell) -> ProcessEnded:
        return await sh(shell, f"{HOLD} & setsid -f {HOLD}; echo ready; exit 3", hold)

    ended = with_shell(use)
    assert (ended.exit_code, ended.stdout) == (3, b"ready\n")
    assert alive(hold) == []


def test_a_stranger_who_holds_the_output_does_not_hang_the_step(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        begin = time.monotonic()
        ended = await sh(shell, f"echo hello > $HOLD; env -i setsid -f {HOLD}; sleep 0.3; echo bye", hold)
        assert 0.5 < time.monotonic() - begin < 5
        assert ended.stdout == b"hello\nbye\n"

    with_shell(use)
    assert eventually(lambda: alive(hold) == [])  # `tail` ends where nobody reads


def test_one_of_two_processes_of_a_step_ends_without_the_other(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        other = asyncio.ensure_future(sh(shell, HOLD, hold))
        assert await soon(lambda: bool(alive(hold)))
        await sh(shell, "sleep 60 &", hold)
        assert not other.done()
        other.cancel()
        await asyncio.wait([other])
        assert alive(hold) == []

    with_shell(use)


def test_processes_that_multiply_are_ended() -> None:
    program = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: os.fork())
os.write(1, b"up")
while True:
    time.sleep(0.01)
"""

    async def use(shell: LocalShell) -> None:
        up: list[bytes] = []
        process = start(shell, *python(program), on_output=lambda stream, data: up.append(data))
        running = asyncio.ensure_future(process)
        assert await soon(lambda: bool(up))
        running.cancel()
        await asyncio.wait([running])
        assert tree.find((), tree.mark(tree.STEP, "run:step")) == []

    with_shell(use)


def marked(script: str, mark: str, hold: Path) -> subprocess.Popen[bytes]:
    """A process that another engine left behind."""
    env = {"PATH": PATH, "HOLD": str(hold), tree.STEP: mark}
    return subprocess.Popen(["sh", "-c", script], env=env, start_new_session=True)


def test_end_run_ends_that_run_and_no_other(hold: Path) -> None:
    ours = [marked(f"exec {HOLD}", mark, hold) for mark in ("run-1:a", "run-1:b/c")]
    other = marked(f"exec {HOLD}", "run-10:a", hold)
    try:
        assert eventually(lambda: len(alive(hold)) == 3)
        assert with_shell(lambda shell: shell.end_run("run-1")) == 2
        assert [process.wait(5) for process in ours] == [-signal.SIGTERM] * 2
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_end_run_finds_what_dropped_the_mark_in_a_marked_group(hold: Path) -> None:
    started = marked(f"env -i {HOLD} & wait", "run-2:a", hold)
    assert eventually(lambda: bool(alive(hold)))
    assert with_shell(lambda shell: shell.end_run("run-2")) == 2
    started.wait(5)
    assert alive(hold) == []


def test_end_run_of_nothing_is_nothing() -> None:
    assert with_shell(lambda shell: shell.end_run("no-such-run")) == 0
