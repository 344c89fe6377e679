"""Read a file."""

import hashlib
from typing import Annotated, BinaryIO, NamedTuple

from msgspec import Meta

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, UnsetType, doc, step
from rustchain.steps.file._encoding import check_encoding, decode

LARGEST = 64 << 20
"""Bytes that are read where no `max_bytes` is given; a larger file fails."""
_PIECE = 1 << 20


class ReadFile(Parameters):
    """
    Read a file as text, or with `encoding: base64` as bytes.

    Without `max_bytes` a file of more than 64 MiB fails.

    Given:
        notes.txt: "remember the milk\\n"
    Example:
        step_type: read_file
        parameters:
          path: notes.txt
    """

    path: Annotated[ReadPath, doc("The file.")]
    encoding: Annotated[str, doc("How its bytes are text; `base64`: any bytes, given as base64.")] = "utf-8"
    max_bytes: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType, doc("Read only this many bytes from the beginning.")
    ] = UNSET

    def __post_init__(self) -> None:
        check_encoding(self.encoding)


class ReadFileOutput(Output):
    """What is in the file."""

    path: Annotated[str, doc("The file.")]
    content: Annotated[str, doc("Its text, or its bytes as base64.")]
    size: Annotated[int, doc("Size of the whole file in bytes.")]
    sha256: Annotated[str, doc("SHA-256 of the whole file, in hexadecimal.")]
    truncated: Annotated[bool, doc("Whether `content` is only the beginning.")]


class _Read(NamedTuple):
    beginning: bytes
    size: int
    sha256: str


@step(idempotent=True)
def read_file(p: ReadFile, ctx: Context) -> ReadFileOutput:
    """Hash the whole file and decode its beginning."""
    most = LARGEST if isinstance(p.max_bytes, UnsetType) else p.max_bytes
    with ctx.files.open(p.path) as file:
        read = _read(file, most)
    truncated = read.size > most
    if truncated and isinstance(p.max_bytes, UnsetType):
        message = f"{p.path!r} has {read.size:,} bytes; more than {LARGEST:,} are only read with `max_bytes`"
        raise StepFailed(Failure.LIMIT, message)
    content = decode(read.beginning, p.encoding, p.path, whole=not truncated)
    return ReadFileOutput(
        path=p.path, content=content, size=read.size, sha256=read.sha256, truncated=truncated
    )


def _read(file: BinaryIO, most: int) -> _Read:
    beginning, size, digest = bytearray(), 0, hashlib.sha256()
    while piece := file.read(_PIECE):
        beginning += piece[: most - len(beginning)]
        size += len(piece)
        digest.update(piece)
    return _Read(bytes(beginning), size, digest.hexdigest())
