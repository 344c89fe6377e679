"""The guardian: ends what an engine leaves behind when it dies, however it dies."""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import NamedTuple

from rustchain.adapters.processes import tree
from rustchain.adapters.processes.exits import watch
from rustchain.adapters.processes.launch import Descriptors, spawn

_SHELL = "/bin/sh"
_WAIT = "trap '' INT TERM HUP; read -r _ || exec \"$@\""
"""A line means all is well; the end of the pipe without one, that the engine is dead."""


class _Started(NamedTuple):
    pid: int
    alarm: int
    """Our end of the pipe: the kernel closes it when we die."""
    registry: int
    """The list of groups, in a file that the guardian has open too."""


class Guardian:
    """
    A small shell that waits on a pipe to this process, in a session of its own so that no terminal's signal ends it.

    When the pipe breaks it becomes `tree`'s program, which ends the groups noted here and whatever carries the
    engine's mark. Until then it costs 1 ms and no further attention.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._groups: set[int] = set()
        self._started: _Started | None = None

    def start(self) -> None:
        """Start it, unless it is there."""
        if self._started is None:
            self._started = _start(self._engine)

    def add(self, group: int) -> None:
        """Note a process group as ours to end."""
        self._groups.add(group)
        self._note()

    def remove(self, group: int) -> None:
        """A group has ended."""
        self._groups.discard(group)
        self._note()

    def _note(self) -> None:
        if self._started:
            os.pwrite(self._started.registry, (" ".join(map(str, self._groups)) + "\n").encode(), 0)

    async def close(self) -> None:
        """Let it go; groups that are still noted are ended by it first."""
        if self._started is None:
            return
        pid, alarm, registry = self._started
        self._started = None
        if not self._groups:
            with suppress(BrokenPipeError):  # somebody ended it
                os.write(alarm, b"\n")
        os.close(alarm)
        os.close(registry)
        await watch(pid)


def _start(engine: str) -> _Started:
    registry = _unnamed_file()
    wait, alarm = os.pipe()
    program = (sys.executable, "-I", "-S", tree.__file__, str(registry), engine)
    streams = Descriptors(wait, subprocess.DEVNULL, subprocess.DEVNULL)
    argv = ("rustchain-guardian", "-c", _WAIT, "rustchain-guardian", *program)
    try:
        pid = spawn(argv, streams, executable=_SHELL, cwd="/", env={}, pass_fds=(registry,))
    except OSError:
        os.close(alarm)
        os.close(registry)
        raise
    finally:
        os.close(wait)
    return _Started(pid, alarm, registry)


def _unnamed_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("rustchain-groups")
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
