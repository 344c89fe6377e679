"""A name in an opened folder: where operations happen, so that nothing on the way can be exchanged in between."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import NamedTuple


class Spot(NamedTuple):
    """A descriptor of a folder, and a name in it."""

    folder: int
    name: str

    def status(self) -> os.stat_result | None:
        """What is there, links not followed; None where nothing is."""
        with suppress(FileNotFoundError):
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        return None

    @contextmanager
    def opened(self, flags: int, mode: int = 0o600) -> Iterator[int]:
        """A descriptor of what is there, links not followed, for as long as the block lasts."""
        descriptor = os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self.folder)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def rename(self, to: "Spot") -> None:
        """Move what is here to another name on the same device, replacing what a rename may replace."""
        os.rename(self.name, to.name, src_dir_fd=self.folder, dst_dir_fd=to.folder)

    def link(self, to: "Spot") -> None:
        """Give the file here another name; unlike a rename it fails where that is taken."""
        os.link(self.name, to.name, src_dir_fd=self.folder, dst_dir_fd=to.folder, follow_symlinks=False)

    def unlink(self) -> None:
        """Remove a name that is not a folder's."""
        os.unlink(self.name, dir_fd=self.folder)

    def draft(self) -> "Spot":
        """A fresh name beside this one."""
        return Spot(self.folder, f".rustchain-{token_hex(8)}")


def sync_folder(folder: int) -> None:
    """Make names in a folder durable."""
    with Spot(folder, ".").opened(os.O_RDONLY | os.O_DIRECTORY) as readable:
        os.fsync(readable)


def is_folder(status: os.stat_result | None) -> bool:
    """Whether a status is a folder's."""
    return status is not None and stat.S_ISDIR(status.st_mode)


def take_after(descriptor: int, status: os.stat_result, mode: int | None = None) -> None:
    """Give a file the owner and the permissions of another, or the permissions `mode`."""
    with suppress(PermissionError):  # only root may give files away
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode) if mode is None else mode)
