"""Copy and remove whatever a name stands for: a file, a link, or a folder with all that is in it."""

import os
import stat
from collections.abc import Callable

from rustchain.adapters.files.spot import Spot, is_folder, take_after

_PIECE = 1 << 20
_READ = os.O_RDONLY | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_LIST = os.O_RDONLY | os.O_DIRECTORY


def copy(source: Spot, target: Spot, check: Callable[[], None]) -> None:
    """Copy, permissions and times with it; links stay links, pipes and devices are left out. `target` must be free."""
    check()
    status = os.stat(source.name, dir_fd=source.folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source.name, dir_fd=source.folder), target.name, dir_fd=target.folder)
    elif stat.S_ISDIR(status.st_mode):
        _copy_folder(source, target, status, check)
    elif stat.S_ISREG(status.st_mode):
        _copy_file(source, target, status, check)


def remove(spot: Spot, check: Callable[[], None]) -> None:
    """Remove; a folder is emptied first, and no link is followed."""
    check()
    if not is_folder(spot.status()):
        spot.unlink()
        return
    with spot.opened(_LIST) as folder:
        for name in os.listdir(folder):
            remove(Spot(folder, name), check)
    os.rmdir(spot.name, dir_fd=spot.folder)


def _copy_folder(source: Spot, target: Spot, status: os.stat_result, check: Callable[[], None]) -> None:
    os.mkdir(target.name, 0o700, dir_fd=target.folder)
    with source.opened(_LIST) as inside, target.opened(_LIST) as outside:
        for name in os.listdir(inside):
            copy(Spot(inside, name), Spot(outside, name), check)
        _dress(outside, status)


def _copy_file(source: Spot, target: Spot, status: os.stat_result, check: Callable[[], None]) -> None:
    with (
        source.opened(_READ) as reader,
        target.opened(_WRITE) as made,
        open(made, "wb", closefd=False) as writer,
    ):
        while piece := os.read(reader, _PIECE):
            check()
            writer.write(piece)
        writer.flush()
        _dress(made, status)
        os.fsync(made)


def _dress(descriptor: int, status: os.stat_result) -> None:
    take_after(descriptor, status)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
