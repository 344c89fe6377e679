"""What archives hold, whatever their format, and the streams that they are packed in."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Literal, NamedTuple, cast

Format = Literal["tar", "tar.gz", "tar.zst", "zip", "gz"]
_ENDINGS: dict[str, Format] = {
    ".tar": "tar",
    ".tar.gz": "tar.gz",
    ".tgz": "tar.gz",
    ".tar.zst": "tar.zst",
    ".tzst": "tar.zst",
    ".zip": "zip",
    ".gz": "gz",
}
_ZLIB = range(10)
LEVELS: dict[Format, range] = {
    "tar": range(0),
    "tar.gz": _ZLIB,
    "tar.zst": range(1, 23),
    "zip": _ZLIB,
    "gz": _ZLIB,
}
"""From fast to small."""
USUAL_LEVEL: dict[Format, int] = {"tar": 0, "tar.gz": 6, "tar.zst": 3, "zip": 6, "gz": 6}
PIECE = 1 << 20
"""Bytes that are worth a read."""


class Member(NamedTuple):
    """Something in an archive, by its name there; `mode` is None where the archive does not say."""

    name: str
    kind: Literal["file", "folder", "link"]
    mode: int | None = None
    content: IO[bytes] | None = None
    target: str = ""


def format_of(name: str) -> Format | None:
    """The format that a file's name tells; None where it tells none."""
    fitting = [ending for ending in _ENDINGS if name.lower().endswith(ending)]
    return _ENDINGS[max(fitting, key=len)] if fitting else None


@contextmanager
def compressing(file: BinaryIO, format: Format, level: int) -> Iterator[BinaryIO]:
    """What is written goes to a file, compressed; nothing but the content decides its bytes."""
    if format in {"gz", "tar.gz"}:
        with gzip.GzipFile("", "wb", compresslevel=level, fileobj=file, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif format == "tar.zst":
        from rustchain.steps.system import _zstd  # imported where it is used: zstandard is an extra

        with _zstd.writer(file, level) as frame:
            yield frame
    else:
        yield file


@contextmanager
def decompressing(file: BinaryIO, format: Format) -> Iterator[BinaryIO]:
    """What a file holds; reading it raises EOFError, OSError, ValueError or zlib.error where it is damaged."""
    if format in {"gz", "tar.gz"}:
        with gzip.GzipFile(fileobj=file, mode="rb") as content:
            yield cast(BinaryIO, content)
    elif format == "tar.zst":
        from rustchain.steps.system import _zstd  # imported where it is used: zstandard is an extra

        yield _zstd.reader(file)
    else:
        yield file


def forget(tar: Any) -> None:
    """Drop what an open tar remembers of its members, as it is all of them; its type stubs do not know of it."""
    tar.members.clear()
