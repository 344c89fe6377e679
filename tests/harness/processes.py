"""Real processes for tests: run through a shell of ours, and looked for from outside."""

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from rustchain.adapters.shell import LocalShell
from rustchain.ports import Confinement, Process, ProcessEnded, Stream

PATH = "/usr/bin:/bin"
T = TypeVar("T")


def with_shell(use: Callable[[LocalShell], Awaitable[T]]) -> T:
    """What `use` returns, with a shell that is closed afterwards."""

    async def main() -> T:
        shell = LocalShell()
        try:
            return await use(shell)
        finally:
            await shell.close()

    return asyncio.run(main())


async def start(
    shell: LocalShell,
    *argv: str,
    mark: str = "run:step",
    on_output: Callable[[Stream, bytes], None] = lambda stream, data: None,
    grace: float | Callable[[], float] = 0.3,
    **more: object,
) -> ProcessEnded:
    """Run a program with plain settings."""
    asked = grace if callable(grace) else lambda: grace
    process = Process(argv, grace=asked, **{"cwd": "/", "env": {"PATH": PATH}, **more})
    return await shell.run(process, mark, Confinement(), on_output)


def run(*argv: str, **more: object) -> ProcessEnded:
    """Run one program in a shell of its own."""
    return with_shell(lambda shell: start(shell, *argv, **more))


def python(program: str) -> tuple[str, ...]:
    """A bare interpreter that runs a program."""
    return (sys.executable, "-I", "-S", "-c", program)


def held(folder: Path) -> Path:
    """A new file for `HOLD`."""
    path = folder / f"hold-{uuid.uuid4().hex}"
    path.touch()
    return path


HOLD = 'tail -f "$HOLD"'
"""A shell command that lasts; in its environment `HOLD` names a file, by which `alive` finds it."""


def alive(word: object) -> list[int]:
    """The living processes whose command line holds a word, seen from outside."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(word).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def children() -> set[int]:
    """The processes that this one has started, those that ended and nobody waited for among them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text("latin-1").rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def eventually(fact: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


async def soon(fact: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something becomes true in time, while the event loop runs."""
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True
