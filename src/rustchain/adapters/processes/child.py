"""One child process: its streams, its end, its output."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from rustchain.adapters.processes.exits import watch
from rustchain.adapters.processes.launch import Descriptors, launch
from rustchain.adapters.processes.streams import Input, NoInput, Output
from rustchain.ports import Process, ProcessEnded, Stream

_DRAIN = 0.25
"""Seconds that output may still come from strangers who hold a pipe of an ended process."""
S = TypeVar("S", Input | NoInput, Output)


class Child:
    """A started program, until `close`. StepFailed or OSError where it cannot be started."""

    def __init__(
        self, process: Process, env: Mapping[str, str], on_output: Callable[[Stream, bytes], None]
    ) -> None:
        self._began = time.monotonic()
        self._took = 0.0
        with ExitStack() as ours, ExitStack() as theirs:

            def opened(stream: S) -> S:
                ours.callback(stream.close)
                theirs.callback(os.close, stream.theirs)
                return stream

            stdin = opened(NoInput() if process.stdin is None else Input(process.stdin))
            self._stdout = opened(Output(process.max_output, partial(on_output, "stdout")))
            self._stderr = opened(Output(process.max_output, partial(on_output, "stderr")))
            streams = Descriptors(stdin.theirs, self._stdout.theirs, self._stderr.theirs)
            self.pid = launch(process, env, streams)
            self.close = ours.pop_all().close
        self._exit = watch(self.pid)

    async def end(self) -> float:
        """Wait for its end; the seconds that it took."""
        await asyncio.shield(self._exit)
        self._took = time.monotonic() - self._began
        return self._took

    async def reaped(self) -> None:
        """Wait until nothing is left of it; a process that the kernel holds fast is not waited for."""
        await asyncio.wait([self._exit], timeout=_DRAIN)

    async def outcome(self) -> ProcessEnded:
        """How it ended, with its output; to be asked once it and all that it started have ended."""
        exit = await asyncio.shield(self._exit)
        streams = (self._stdout, self._stderr)
        if open_ends := [stream.ended for stream in streams if not stream.ended.done()]:
            await asyncio.wait(open_ends, timeout=_DRAIN)
        stdout, stderr = (stream.finish() for stream in streams)
        return ProcessEnded(
            exit_code=exit.code,
            stdout=stdout,
            stderr=stderr,
            truncated=any(stream.truncated for stream in streams),
            ms=round(self._took * 1000),
            cpu_ms=exit.cpu_ms,
            max_rss_kb=exit.max_rss_kb,
        )
