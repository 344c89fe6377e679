"""The guardian ends what a dead engine leaves behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.processes import HOLD, PATH, alive, eventually, held, soon, start, with_shell
from rustchain.adapters.shell import LocalShell

ENGINE = """
import asyncio, os, sys
from rustchain.adapters.shell import LocalShell
from rustchain.ports import Confinement, Process

async def main():
    shell = LocalShell()
    env = {"PATH": os.environ["PATH"], "HOLD": os.environ["HOLD"]}
    processes = (Process(("sh", "-c", script), cwd="/", env=env) for script in sys.argv[1:])
    runs = (shell.run(p, f"run:s{n}", Confinement(), lambda *_: None) for n, p in enumerate(processes))
    await asyncio.gather(*runs)

asyncio.run(main())
"""


def guardians(engine: int | None = None) -> list[int]:
    """The guardians of an engine by its process id; of this process where none is given."""
    return [pid for pid in alive("rustchain-guardian") if _guards(pid, engine or os.getpid())]


def _guards(pid: int, engine: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:  # it ended meanwhile
        return False
    return any(word.startswith(f"{engine}-".encode()) for word in words)


def ignored(pid: int) -> set[int]:
    """The signals that a process ignores."""
    mask = int(Path(f"/proc/{pid}/status").read_text().partition("SigIgn:")[2].split()[0], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def engine(hold: Path, *scripts: str) -> subprocess.Popen[bytes]:
    env = {"PATH": PATH, "HOLD": str(hold)}
    argv = [sys.executable, "-c", ENGINE, *scripts]
    return subprocess.Popen(argv, env=env, start_new_session=True, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_an_engine_that_dies(tmp_path: Path, blow: signal.Signals) -> None:
    hold = held(tmp_path)
    started = engine(
        hold, f"{HOLD} & setsid {HOLD} & wait", f"setsid -f {HOLD}; sleep 60", f"exec env -i {HOLD}"
    )
    assert eventually(lambda: len(alive(hold)) == 4)
    os.killpg(started.pid, blow)
    started.wait(30)
    assert eventually(lambda: alive(hold) == [])
    assert eventually(lambda: guardians(started.pid) == [])


def test_not_even_the_stubborn_outlive_it(tmp_path: Path) -> None:
    hold = held(tmp_path)
    started = engine(hold, f"trap '' TERM; setsid -f {HOLD}; {HOLD}")
    assert eventually(lambda: len(alive(hold)) == 2)
    started.kill()
    started.wait(30)
    assert eventually(lambda: alive(hold) == [], 20)


def test_the_processes_of_another_engine_of_the_same_run_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    holds = held(tmp_path), held(tmp_path / "2")
    engines = [engine(hold, HOLD) for hold in holds]
    try:
        assert eventually(lambda: all(alive(hold) for hold in holds))
        engines[0].kill()
        assert eventually(lambda: alive(holds[0]) == [])
        assert alive(holds[1])
    finally:
        for started in engines:
            started.kill()
            started.wait()
    assert eventually(lambda: alive(holds[1]) == [])


def test_it_starts_with_the_first_process_and_goes_with_the_shell() -> None:
    before = guardians()

    async def use(shell: LocalShell) -> None:
        assert guardians() == before
        await start(shell, "true")
        await start(shell, "true")
        assert len(guardians()) == len(before) + 1

    with_shell(use)
    assert guardians() == before


def test_it_survives_the_signals_of_a_terminal() -> None:
    async def use(shell: LocalShell) -> None:
        before = guardians()
        await start(shell, "true")
        [guardian] = set(guardians()) - set(before)
        assert os.getsid(guardian) == guardian
        assert await soon(lambda: ignored(guardian) >= {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        for blow in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(guardian, blow)
        await asyncio.sleep(0.05)
        assert guardian in guardians()

    with_shell(use)


def test_it_holds_nothing_of_the_engine_open() -> None:
    async def use(shell: LocalShell) -> None:
        before = guardians()
        await start(shell, "true")
        [guardian] = set(guardians()) - set(before)
        open_files = {
            os.readlink(f"/proc/{guardian}/fd/{number}") for number in os.listdir(f"/proc/{guardian}/fd")
        }
        assert {name.partition(":")[0] for name in open_files} <= {"pipe", "/dev/null", "/memfd"}
        assert os.readlink(f"/proc/{guardian}/cwd") == "/"

    with_shell(use)


def test_a_guardian_that_was_killed_does_not_break_the_shell() -> None:
    async def use(shell: LocalShell) -> None:
        before = guardians()
        await start(shell, "true")
        [guardian] = set(guardians()) - set(before)
        os.kill(guardian, signal.SIGKILL)
        assert (await start(shell, "true")).exit_code == 0

    with_shell(use)
