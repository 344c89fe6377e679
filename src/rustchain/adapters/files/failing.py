"""What the operating system says, as failures of a step: a kind, and a sentence with the path as it was written."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from rustchain.logic.guards.places import PlaceRefused
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

_FULL = (Failure.STORAGE, "the disk is full")
_FORBIDDEN = (Failure.AUTHENTICATION, "the operating system does not permit it to this user")
_BAD_NAME = (Failure.INVALID_PARAMETERS, "it is not a usable file name")
_REASONS: dict[int | None, tuple[Failure, str]] = {
    errno.ENOENT: (Failure.NOT_FOUND, "it does not exist"),
    errno.ENOTDIR: (Failure.CONFLICT, "a part of it is a file where a folder should be"),
    errno.EISDIR: (Failure.CONFLICT, "it is a folder, not a file"),
    errno.EEXIST: (Failure.CONFLICT, "it exists already"),
    errno.ENOTEMPTY: (Failure.CONFLICT, "it is a folder that is not empty"),
    errno.EXDEV: (Failure.POLICY_DENIED, "a symbolic link on the way is absolute or leaves the workspace"),
    errno.ELOOP: (Failure.INVALID_DATA, "symbolic links on the way lead in a circle"),
    errno.ENXIO: (Failure.INVALID_DATA, "it is not a regular file"),
    errno.ENAMETOOLONG: (Failure.INVALID_PARAMETERS, "the name is too long"),
    errno.EINVAL: (Failure.CONFLICT, "it is not a link, or a folder would come to lie in itself"),
    errno.EILSEQ: _BAD_NAME,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: (Failure.AUTHENTICATION, "it is on a read-only file system"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: (Failure.STORAGE, "the disk quota is used up"),
    errno.EFBIG: (Failure.LIMIT, "the file would be larger than the system allows"),
    errno.EMFILE: (Failure.LIMIT, "too many files are open"),
    errno.ENFILE: (Failure.LIMIT, "too many files are open"),
    errno.EAGAIN: (Failure.CONFLICT, "folders on the way are being moved all the time"),
}


class PlaceClosed(Exception):
    """A place is closed to steps, by whatever name or link it was reached."""


@contextmanager
def failing(path: str) -> Iterator[None]:
    """Turn a refusal and an error of the operating system into StepFailed; `path` is as the user wrote it."""
    try:
        yield
    except PlaceRefused as refusal:
        raise StepFailed(Failure.POLICY_DENIED, refusal.reason) from refusal
    except PlaceClosed as refusal:
        raise StepFailed(Failure.POLICY_DENIED, f"{_short(path)}: {refusal}") from refusal
    except RecursionError as error:
        raise StepFailed(Failure.LIMIT, f"{_short(path)}: folders are nested too deep") from error
    except ValueError as error:  # a NUL, or half a character: the operating system has no such name
        raise StepFailed(Failure.INVALID_PARAMETERS, f"{_short(path)}: {_BAD_NAME[1]}") from error
    except OSError as error:
        kind, reason = _REASONS.get(error.errno, (Failure.STORAGE, str(error.strerror or error)))
        raise StepFailed(kind, f"{_short(path)}: {reason}") from error


def _short(path: str) -> str:
    return repr(path if len(path) <= 200 else path[:200] + "…")
