"""Where a data step's document comes from: a text among the parameters, or a file read whole."""

from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Files

MAX_BYTES = 64 << 20
"""The largest document that is read whole, in bytes."""


class Document(NamedTuple):
    """A text and what messages call it: its path, or the parameter it was written in."""

    text: str
    name: str


def exactly_one(parameters: Struct, *names: str) -> None:
    """Check that just one of these parameters is given; ValueError otherwise."""
    given = [n for n in names if getattr(parameters, n) is not UNSET]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} is needed, given: {', '.join(given) or 'none'}")


def read_document(
    files: Files, text: str | UnsetType, path: str | UnsetType, name: str = "content"
) -> Document:
    """The text as given, or the file's, without a byte order mark; StepFailed (limit, invalid_data, not_found …)."""
    if path is UNSET:
        return Document(str(text).removeprefix("\ufeff"), name)
    return Document(decode(read_bytes(files, path), path), path)


def read_bytes(files: Files, path: str, limit: int = MAX_BYTES) -> bytes:
    """A whole file; StepFailed (limit) where it is larger than `limit` bytes."""
    with files.open(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise StepFailed(Failure.LIMIT, f"{path} is larger than {limit:,} bytes")
    return data


def decode(data: bytes, name: str) -> str:
    """UTF-8 with or without a byte order mark; StepFailed (invalid_data) with the line of the first wrong byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise invalid(
            name, f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}", line
        ) from error


def invalid(name: str, message: str, line: int, column: int | None = None) -> StepFailed:
    """The failure of a document that is wrong at a place; lines and columns count from 1."""
    where = f"line {line}" if column is None else f"line {line}, column {column}"
    detail = {"line": line} if column is None else {"line": line, "column": column}
    return StepFailed(Failure.INVALID_DATA, f"{name}: {where}: {message}", detail=detail)
