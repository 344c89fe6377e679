"""The output of a process, as lines."""

from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Protocol

from rustchain.ports import Stream

LONGEST_LINE = 64 * 1024
"""Bytes: what goes on without a line's end is handed on in pieces."""


class Masking(Protocol):
    """Masks secrets in a text that comes in pieces, also where they are cut; `finish` gives what was held back."""

    def feed(self, text: str) -> str: ...
    def finish(self) -> str: ...


class Plain:
    """Masks nothing."""

    def feed(self, text: str) -> str:
        return text

    def finish(self) -> str:
        return ""


class Lines:
    """
    Hands on each line of both streams once it is whole.

    A line too long to be kept comes in pieces, which alone are masked here: nobody after can see a secret that was cut.
    """

    def __init__(self, on_line: Callable[[str], None], masking: Callable[[], Masking] = Plain) -> None:
        self._on_line = on_line
        self._masking = masking
        self._tail: dict[Stream, bytes] = {}
        """The last line of each stream, as long as it has no end."""
        self._long: dict[Stream, _Long] = {}
        """Lines whose beginning was handed on."""

    def add(self, stream: Stream, data: bytes) -> None:
        """Take what came."""
        *lines, rest = (self._tail.get(stream, b"") + data).split(b"\n")
        self._tail[stream] = rest if len(rest) <= LONGEST_LINE else b""
        for line in lines:
            self._on_line(self._whole(stream, line))
        if len(rest) > LONGEST_LINE:
            long = self._long.setdefault(stream, _Long(self._masking()))
            self._on_line(long.piece(rest))

    def flush(self) -> None:
        """Hand on lines that never ended."""
        for stream, rest in self._tail.items():
            self._tail[stream] = b""
            if text := self._whole(stream, rest):
                self._on_line(text)

    def _whole(self, stream: Stream, end: bytes) -> str:
        """A line, or what is left of one that was too long."""
        long = self._long.pop(stream, None)
        return end.decode("utf-8", "replace") if long is None else long.end(end)


class _Long:
    """A line that is handed on in pieces."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def piece(self, data: bytes) -> str:
        return self._masking.feed(self._decoder.decode(data))

    def end(self, data: bytes) -> str:
        return self._masking.feed(self._decoder.decode(data, True)) + self._masking.finish()
