"""
Zstandard (RFC 8878), through the package of that name.

Importing this fails a step where it, an extra, is missing: import it where it is used.
"""

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

try:
    import zstandard
except ImportError as error:
    message = "needs zstandard: pip install 'rustchain[compress]'"
    raise StepFailed(Failure.MISSING_DEPENDENCY, message) from error

_WINDOW = 1 << 27
"""Bytes that a frame may look back: what zstd's own program allows."""
_INPUT = 1 << 10
"""Bytes decompressed at once: they can become 32 MiB, no more."""


def writer(file: BinaryIO, level: int) -> BinaryIO:
    """What is written goes to a file as one frame with a checksum; the file stays open."""
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return cast(BinaryIO, compressor.stream_writer(file, closefd=False))


def reader(file: BinaryIO) -> BinaryIO:
    """What a file's frames hold; EOFError where it was cut short, ValueError where it is damaged."""
    return io.BufferedReader(_Frames(file), 1 << 16)


class _Frames(io.RawIOBase):
    """The package's own reader takes a file that was cut short for a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ready = memoryview(b"")
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        space = memoryview(buffer)
        while not self._ready:
            self._packed = self._packed or self._file.read(_INPUT)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("it was cut short")
                return 0
            self._ready = memoryview(self._decompressed())
        size = min(len(space), len(self._ready))
        space[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _decompressed(self) -> bytes:
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        try:
            content = self._frame.decompress(self._packed)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        self._packed = b""
        if self._frame.eof:
            self._packed, self._frame = self._frame.unused_data, None
        return content
