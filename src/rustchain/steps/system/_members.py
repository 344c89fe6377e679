"""The members of an archive, one after the other."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.system._archive import Format, Member, forget

_HEADERS = 1 << 20
"""Bytes that may lie between the contents of a tar: an extended header is read into memory as a whole."""
_LONGEST_TARGET = 4096
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Others may ask for gigabytes of memory."""
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,  # gzip's: those of the file system come as StepFailed
    NotImplementedError,
    OverflowError,
    ValueError,
)


@contextmanager
def reading() -> Iterator[None]:
    """Turn what a damaged archive raises into StepFailed(invalid_data)."""
    try:
        yield
    except _BROKEN as error:
        message = f"it is damaged, or not of this format: {str(error) or type(error).__name__}"
        raise StepFailed(Failure.INVALID_DATA, message) from error


def members(archive: BinaryIO, format: Format) -> Iterator[Member]:
    """The members; the content of each is to be read before the next is asked for."""
    return _in_zip(archive) if format == "zip" else _in_tar(archive)


def _in_tar(stream: BinaryIO) -> Iterator[Member]:
    source = _Source(stream)
    with tarfile.open(fileobj=cast(BinaryIO, source), mode="r|") as tar:
        while (info := tar.next()) is not None:
            if info.isdir():
                yield Member(info.name, "folder")
            elif info.issym():
                yield Member(info.name, "link", target=info.linkname)
            else:
                source.in_content = True
                yield _file(info, tar)
                source.in_content = False
            forget(tar)
    while source.read(1 << 16):  # to the end, where compressed data has its checksum
        pass


def _file(info: tarfile.TarInfo, tar: tarfile.TarFile) -> Member:
    plain = info.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not info.issparse()
    content = tar.extractfile(info) if plain else None
    if content is None:
        raise StepFailed(Failure.POLICY_DENIED, f"{info.name!r} is no plain file, folder or symbolic link")
    return Member(info.name, "file", info.mode, content)


class _Source:
    """A stream that a tar is read from; what is read outside of contents has a limit."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._headers = 0
        self.in_content = False

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._headers = 0 if self.in_content else self._headers + len(data)
        if self._headers > _HEADERS:
            raise StepFailed(Failure.LIMIT, f"more than {_HEADERS >> 20} MiB of it hold no file")
        return data


def _in_zip(file: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            if info.is_dir():
                yield Member(info.filename, "folder")
                continue
            _check(info, stat.S_IFMT(mode))
            with archive.open(info) as content:
                if stat.S_ISLNK(mode):
                    target = content.read(_LONGEST_TARGET).decode()
                    yield Member(info.filename, "link", target=target)
                else:
                    yield Member(info.filename, "file", stat.S_IMODE(mode) if mode else None, content)


def _check(info: zipfile.ZipInfo, kind: int) -> None:
    if kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
        raise StepFailed(
            Failure.POLICY_DENIED, f"{info.filename!r} is no plain file, folder or symbolic link"
        )
    if info.flag_bits & _ENCRYPTED:
        raise StepFailed(Failure.INVALID_DATA, f"{info.filename!r} is encrypted, which is not supported")
    if info.compress_type not in _METHODS:
        message = f"{info.filename!r} is compressed by method {info.compress_type}; only stored and deflated are read"
        raise StepFailed(Failure.INVALID_DATA, message)
