"""Make archives that depend on what is packed alone: sorted, without owners, with permissions and whole seconds."""

import os
import shutil
import stat
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Entry, Files
from rustchain.steps.system._archive import PIECE, Format, compressing, forget

_ZIP_YEARS = range(1980, 2108)
"""What the four bytes of a zip's date can say."""
_MADE_ON_UNIX = 3
_LEVEL = "compress_level" if sys.version_info >= (3, 13) else "_compresslevel"
"""`ZipFile.open` takes no level: it is this attribute of the entry, named in public since Python 3.13."""
_TYPES = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}


class Packed(NamedTuple):
    """How many files and links went in, and the bytes that were in them."""

    files: int
    size: int


class Found(NamedTuple):
    """Something to pack, by its name in the archive."""

    name: str
    entry: Entry


def contents(files: Files, source: Entry) -> Iterator[Found]:
    """A file; or what is in a folder, named from there, sorted; pipes and devices are left out."""
    if source.kind == "file":
        yield Found(os.path.basename(source.path), source)
    else:
        yield from _beneath(files, source.path, "")


def _beneath(files: Files, folder: str, prefix: str) -> Iterator[Found]:
    for entry in files.list(folder):
        name = prefix + os.path.basename(entry.path)
        if entry.kind != "other":
            yield Found(name, entry)
        if entry.kind == "folder":
            yield from _beneath(files, entry.path, f"{name}/")


def pack(files: Files, found: Iterable[Found], archive: BinaryIO, format: Format, level: int) -> Packed:
    """
    Write an archive.

    StepFailed: conflict where a file shrinks meanwhile, invalid_data where a zip cannot hold a name.
    """
    pack_all = {"zip": _zip, "gz": _one}.get(format, _tar)
    with compressing(archive, format, level) as stream:
        return _sum(pack_all(files, found, stream, level))


def _sum(sizes: Iterable[int]) -> Packed:
    each = list(sizes)
    return Packed(len(each), sum(each))


def _one(files: Files, found: Iterable[Found], stream: BinaryIO, level: int) -> Iterator[int]:
    for _, entry in found:
        with files.open(entry.path) as reader:
            shutil.copyfileobj(reader, stream, PIECE)
            yield reader.tell()


def _tar(files: Files, found: Iterable[Found], stream: BinaryIO, level: int) -> Iterator[int]:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, entry in found:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = entry.mode, int(entry.modified)
            if entry.kind == "file":
                yield _add_file(files, entry, info, tar)
            elif entry.kind == "folder":
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.type, info.linkname = tarfile.SYMTYPE, files.link_target(entry.path)
                tar.addfile(info)
                yield 0
            forget(tar)


def _add_file(files: Files, entry: Entry, info: tarfile.TarInfo, tar: tarfile.TarFile) -> int:
    with files.open(entry.path) as reader:
        info.size = os.fstat(reader.fileno()).st_size
        try:
            tar.addfile(info, reader)
        except OSError as error:  # the file system's own come as StepFailed
            message = f"{entry.path!r}: it became shorter while it was read"
            raise StepFailed(Failure.CONFLICT, message) from error
    return info.size


def _zip(files: Files, found: Iterable[Found], stream: BinaryIO, level: int) -> Iterator[int]:
    with zipfile.ZipFile(stream, "w") as archive:
        for name, entry in found:
            try:
                size = _add(files, name, entry, archive, level)
            except UnicodeEncodeError as error:
                message = f"{entry.path!r}: its name is no UTF-8, which a zip cannot hold; a tar can"
                raise StepFailed(Failure.INVALID_DATA, message) from error
            if entry.kind != "folder":
                yield size


def _add(files: Files, name: str, entry: Entry, archive: zipfile.ZipFile, level: int) -> int:
    info = zipfile.ZipInfo(f"{name}/" if entry.kind == "folder" else name, _zip_date(entry.modified))
    info.create_system = _MADE_ON_UNIX
    info.external_attr = (_TYPES[entry.kind] | entry.mode) << 16
    if entry.kind != "file":
        archive.writestr(info, files.link_target(entry.path) if entry.kind == "link" else b"")
        return 0
    info.compress_type = zipfile.ZIP_DEFLATED
    setattr(info, _LEVEL, level)
    with files.open(entry.path) as reader, archive.open(info, "w", force_zip64=True) as writer:
        shutil.copyfileobj(reader, writer, PIECE)
        return reader.tell()


def _zip_date(seconds: float) -> tuple[int, int, int, int, int, int]:
    """A zip's date, in UTC for want of a time zone; the nearest that it can say."""
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    if year < _ZIP_YEARS[0]:
        return _ZIP_YEARS[0], 1, 1, 0, 0, 0
    return min(year, _ZIP_YEARS[-1]), month, day, hour, minute, second
