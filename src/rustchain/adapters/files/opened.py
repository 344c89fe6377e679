"""Files that steps read and write: each read and write first asks whether the step must stop."""

import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from rustchain.adapters.files.failing import failing
from rustchain.adapters.files.spot import Spot, sync_folder, take_after

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_PIECE = 1 << 20


class _Checked(io.FileIO):
    """A file whose reads and writes call `check` and fail as StepFailed."""

    def __init__(
        self, descriptor: int, mode: str, path: str, check: Callable[[], None], *, own: bool
    ) -> None:
        super().__init__(descriptor, mode, closefd=own)
        self._path = path
        self._check = check
        self.abandoned = False

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        self._check()
        with failing(self._path):
            return super().readinto(buffer) or 0

    def readall(self) -> bytes:
        pieces = io.BytesIO()
        piece = memoryview(bytearray(_PIECE))
        while size := self.readinto(piece):
            pieces.write(piece[:size])
        return pieces.getvalue()

    def write(self, data: "ReadableBuffer", /) -> int:
        if self.abandoned:
            return memoryview(data).nbytes
        self._check()
        with failing(self._path):
            return super().write(data) or 0


def reading(spot: Spot, path: str, check: Callable[[], None]) -> BinaryIO:
    """Open a regular file for reading; anything else (a pipe would block) fails."""
    with failing(path):
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(spot.name, flags, dir_fd=spot.folder)
        try:
            _require_file(os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
    return io.BufferedReader(_Checked(descriptor, "rb", path, check, own=True), 1 << 16)


@contextmanager
def writing(
    spot: Spot, path: str, check: Callable[[], None], *, mode: int | None, overwrite: bool
) -> Iterator[BinaryIO]:
    """
    A file that appears whole when the block ends well, and not at all otherwise.

    It is written under another name in the same folder, synced, and renamed. Mode and owner of a file that was there
    stay; `mode` overrides.
    """
    with failing(path):
        old = _replaceable(spot, overwrite=overwrite)
        draft = spot.draft()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        private = 0o600 if old is not None or mode is not None else 0o666  # nobody may read it too early
        descriptor = os.open(draft.name, flags, private, dir_fd=draft.folder)
    raw = _Checked(descriptor, "wb", path, check, own=False)
    file = io.BufferedWriter(raw, 1 << 16)
    try:
        yield file
        file.close()
        with failing(path):
            if old is not None:
                take_after(descriptor, old, mode)
            elif mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
            _publish(draft, spot, overwrite=overwrite)
    except BaseException:
        raw.abandoned = True  # what is buffered still must not be written, least of all to a full disk
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    finally:
        file.close()
        os.close(descriptor)


def _replaceable(spot: Spot, *, overwrite: bool) -> os.stat_result | None:
    old = spot.status()
    if old is not None:
        _require_file(old)
        if not overwrite:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return old


def _require_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.ENXIO
        raise OSError(code, os.strerror(code))


def _publish(draft: Spot, spot: Spot, *, overwrite: bool) -> None:
    if overwrite:
        draft.rename(spot)
    else:
        draft.link(spot)
        draft.unlink()
    sync_folder(spot.folder)
