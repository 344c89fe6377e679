"""Copies of files and folders through the port `Files`."""

import hashlib
import os
from typing import BinaryIO, NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Files
from rustchain.steps.file._walk import walk

_PIECE = 1 << 20


class Copied(NamedTuple):
    """Bytes that were copied, and their SHA-256; for a folder that of the lines `<digest>  <path>` of its files."""

    size: int
    sha256: str


def check_apart(source: str, destination: str) -> None:
    """Refuse a destination that is the source, or lies in it."""
    old, new = os.path.normpath(source), os.path.normpath(destination)
    if old == new:
        raise StepFailed(Failure.INVALID_PARAMETERS, f"source and destination are both {source!r}")
    if new.startswith(old + os.sep) or (old == "." and not os.path.isabs(new)):
        raise StepFailed(Failure.INVALID_PARAMETERS, f"{destination!r} lies in the source {source!r}")


def copy_file_to(files: Files, source: str, destination: str, *, mode: int, verify: bool) -> Copied:
    """Copy one file; `verify` reads the copy again and compares. StepFailed(invalid_data) where it differs."""
    with files.open(source) as reader, files.create(destination, mode=mode) as writer:
        copied = _pump(reader, writer)
    if verify:
        with files.open(destination) as reader:
            if _pump(reader) != copied:
                message = f"the copy {destination!r} differs from {source!r}; the disk may be failing"
                raise StepFailed(Failure.INVALID_DATA, message)
    return copied


def copy_folder_to(files: Files, source: str, destination: str, *, verify: bool) -> Copied:
    """Copy a folder into another, whose other entries stay; links are copied as links."""
    size, digest = 0, hashlib.sha256()
    folders = ["", *(inner for inner, entry in walk(files, source) if entry.kind == "folder")]
    for folder in folders:  # all known before the first is made: a copy into the source does not copy itself
        files.make_folder(os.path.join(destination, folder))
        for entry in files.list(os.path.join(source, folder)):
            inner = os.path.join(folder, os.path.basename(entry.path))
            old, new = os.path.join(source, inner), os.path.join(destination, inner)
            if entry.kind == "link":
                _copy_link(files, old, new)
            elif entry.kind == "file":
                copied = copy_file_to(files, old, new, mode=entry.mode, verify=verify)
                digest.update(f"{copied.sha256}  {inner}\n".encode("utf-8", "surrogateescape"))
                size += copied.size
    return Copied(size, digest.hexdigest())


def _copy_link(files: Files, source: str, destination: str) -> None:
    if (there := files.stat(destination)) is not None and there.kind != "folder":
        files.remove(destination)
    files.make_link(destination, files.link_target(source))


def _pump(reader: BinaryIO, writer: BinaryIO | None = None) -> Copied:
    size, digest = 0, hashlib.sha256()
    while piece := reader.read(_PIECE):
        digest.update(piece)
        size += len(piece)
        if writer is not None:
            writer.write(piece)
    return Copied(size, digest.hexdigest())
