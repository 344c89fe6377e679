"""
The program as a process, started quickly: forked off a parent that has imported everything already.

Killing such a process is as good as killing any other; what is saved is the half second in which Python starts.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import count
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Protocol

import pytest

from harness.program import PROGRAM, Done, surroundings

PATIENCE = 60
"""Seconds after which a call counts as hanging."""
_IMPORTED = [
    "__main__", "harness.program", "rustchain.cli.boundary", "rustchain.cli.display.lines", "rustchain.cli.commands.run",
    "rustchain.cli.commands.resume", "rustchain.cli.commands.cancel", "rustchain.steps.system.command",
    "rustchain.steps.flow.mission", "rustchain.steps.flow.noop", "rustchain.steps.flow.wait",
]  # fmt: skip
_NUMBERS = count()


class _Process(Protocol):
    """What `Popen` and multiprocessing's processes have in common."""

    @property
    def pid(self) -> int | None: ...


class Call:
    """A call of the program that goes on; what it writes is in files, so that no pipe can hold it up."""

    def __init__(self, process: _Process, wait: Callable[[], int], said: tuple[Path, Path]) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self._wait = wait
        self._said = said

    @property
    def err(self) -> str:
        """What it has told so far."""
        return self._said[1].read_text("utf-8")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> Done:
        """Wait for its end. It is killed, and the test fails, where it hangs."""
        return Done(self._wait(), self._said[0].read_text("utf-8"), self.err)


def start(folder: Path, *args: str, warm: bool = True, **more: str) -> Call:
    """Start the program in a folder; `warm`: by forking, else as users do."""
    number = next(_NUMBERS)
    said = folder / f".out-{number}", folder / f".err-{number}"
    for file in said:
        file.touch()
    env = surroundings(folder, **more)
    if warm:
        process = _server().Process(target=_call, args=(args, folder, env, said), daemon=True)
        process.start()
        return Call(process, lambda: _joined(process), said)
    with said[0].open("wb") as out, said[1].open("wb") as err:
        popen = subprocess.Popen(
            [PROGRAM, *args], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
    return Call(popen, lambda: _waited(popen), said)


def call(folder: Path, *args: str, warm: bool = True, **more: str) -> Done:
    """Call the program in a folder and wait for its end."""
    return start(folder, *args, warm=warm, **more).wait()


def _joined(process: ForkServerProcess) -> int:
    process.join(PATIENCE)
    code = process.exitcode
    if code is None:
        process.kill()
        raise TimeoutError("the program hangs")
    return code


def _waited(process: "subprocess.Popen[bytes]") -> int:
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


@cache
def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # before Python 3.13 it is not told
        forkserver.ensure_running()
    return context


def _call(args: tuple[str, ...], folder: Path, env: dict[str, str], said: tuple[Path, Path]) -> None:
    """What the forked process does: become a process such as a shell starts, and run the program."""
    from rustchain.cli.main import main  # here it is imported already

    for number, path in ((1, said[0]), (2, said[1])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [str(PROGRAM), *args]
    sys.exit(main())
