"""A child's standard streams, as the event loop sees them."""

import asyncio
import os
from collections.abc import Callable

_CHUNK = 1 << 16
_LAST_READS = 16
"""A pipe holds at most 1 MiB, unless root says otherwise."""


class Output:
    """
    The reading end of a child's output: handed on as it comes, and its beginning kept, up to `limit` bytes.

    `theirs` is the child's end, to be closed here once the child has it.
    """

    def __init__(self, limit: int, on_data: Callable[[bytes], None]) -> None:
        self._descriptor, self.theirs = os.pipe()
        os.set_blocking(self._descriptor, False)
        self._limit = limit
        self._on_data = on_data
        self._kept = bytearray()
        self.truncated = False
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self.close()
            return
        room = self._limit - len(self._kept)
        self.truncated |= len(data) > room
        self._kept += data[:room]
        self._on_data(data)

    def finish(self) -> bytes:
        """Read what is there, even where somebody still holds the other end, and stop; what was kept."""
        for _ in range(_LAST_READS):
            if not self.ended.done():
                self._read()
        self.close()
        return bytes(self._kept)

    def close(self) -> None:
        """Stop reading."""
        if not self.ended.done():
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.ended.set_result(None)


class Input:
    """
    The writing end of a child's input: filled as fast as the child reads, then closed.

    `theirs` is the child's end, to be closed here once the child has it.
    """

    def __init__(self, data: bytes) -> None:
        self.theirs, self._descriptor = os.pipe()
        os.set_blocking(self._descriptor, False)
        self._rest = memoryview(data)
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_writer(self._descriptor, self._write)

    def _write(self) -> None:
        try:
            self._rest = self._rest[os.write(self._descriptor, self._rest[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # the child reads no more: its right
            self.close()
            return
        if not self._rest:
            self.close()

    def close(self) -> None:
        """Stop writing."""
        if self._open:
            self._open = False
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)


class NoInput:
    """An input that is empty."""

    def __init__(self) -> None:
        self.theirs = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        """Nothing to stop."""
