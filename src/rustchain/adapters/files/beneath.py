"""
Folders opened beneath a root, so that neither a link nor `..` on the way can lead out of it.

On Linux by openat2(2) with RESOLVE_BENEATH; elsewhere by a walk that takes one component at a time and follows
links itself. Both raise OSError: EXDEV where the way leads out, ELOOP for links in a circle, ENOENT, ENOTDIR.
"""

import ctypes
import errno
import os
import sys
from contextlib import suppress
from functools import cache

FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags of a descriptor that stands for a folder."""
MOST_LINKS = 40
"""Links followed on one way before it counts as a circle: the limit of path_resolution(7)."""

_LONGEST_PATH = 4096
"""Bytes: the kernel's limit, which the walk would not notice."""
_SYS_OPENAT2 = 437
_BENEATH_NO_MAGIC_LINKS = 0x08 | 0x02
_MOST_RACES = 100
_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    """`struct open_how` of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_folder(root: int, path: str) -> int:
    """A descriptor of the folder at a relative path beneath the folder `root`; links that stay beneath are followed."""
    return open_by_kernel(root, path) if kernel_resolves() else open_by_walk(root, path)


@cache
def kernel_resolves() -> bool:
    """Whether openat2 is to be had: Linux 5.6, and no container filter that answers EPERM to what it does not know."""
    if sys.platform != "linux":
        return False
    root = os.open("/", FOLDER)
    try:
        os.close(open_by_kernel(root, "."))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


def open_by_kernel(root: int, path: str) -> int:
    """`open_folder` by openat2."""
    how = _OpenHow(FOLDER, 0, _BENEATH_NO_MAGIC_LINKS)
    code = errno.EAGAIN
    for _ in range(_MOST_RACES):
        found: int = _libc.syscall(
            _SYS_OPENAT2, root, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how)
        )
        if found >= 0:
            return found
        code = ctypes.get_errno()
        if code != errno.EAGAIN:  # EAGAIN: something was renamed while the kernel resolved a `..`
            break
    raise OSError(code, os.strerror(code), path)


def open_by_walk(root: int, path: str) -> int:
    """`open_folder` by opening one component at a time."""
    if len(os.fsencode(path)) >= _LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
    trail = [os.dup(root)]
    ahead = path.split("/")[::-1]
    links = 0
    try:
        while ahead:
            part = ahead.pop()
            if part in ("", "."):
                continue
            if part == "..":
                _step_back(trail)
            elif (target := link_target(trail[-1], part)) is None:
                trail.append(os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=trail[-1]))
            else:
                links += 1
                check_link(target, links)
                ahead += target.split("/")[::-1]
        return trail.pop()
    finally:
        for folder in trail:
            os.close(folder)


def check_link(target: str, links: int) -> None:
    """Refuse to follow an absolute link, and more than `MOST_LINKS` on one way."""
    if target.startswith("/"):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), target)
    if links > MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), target)


def link_target(folder: int, name: str) -> str | None:
    """Where the link `name` in a folder points; None where there is no link of that name."""
    with suppress(FileNotFoundError):
        try:
            return os.readlink(name, dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
    return None


def _step_back(trail: list[int]) -> None:
    if len(trail) == 1:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), "..")
    os.close(trail.pop())
