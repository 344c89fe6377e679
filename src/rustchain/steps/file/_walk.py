"""Folders with all that is in them, and the shell patterns that choose from it."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Entry, Files

PASSED_OVER = {Failure.NOT_FOUND, Failure.POLICY_DENIED}
"""Kinds of failure that a walk bears: something vanished meanwhile, or has a name that the guard refuses."""
_ANY_DEPTH = "**"


def walk(
    files: Files, root: str, *, hidden: bool = True, recursive: bool = True
) -> Iterator[tuple[str, Entry]]:
    """
    Entries beneath `root`, each with its path from there, a folder before what is in it, sorted by name.

    Links are not followed. Folders that vanish meanwhile, or whose name is refused, are passed over.
    """
    ahead = [("", entry) for entry in reversed(files.list(root))]
    while ahead:
        folder, entry = ahead.pop()
        name = os.path.basename(entry.path)
        if name.startswith(".") and not hidden:
            continue
        inner = os.path.join(folder, name)
        yield inner, entry
        if recursive and entry.kind == "folder":
            ahead += [(inner, below) for below in reversed(_list_if_open(files, os.path.join(root, inner)))]


def printable(path: str) -> str:
    """A path as outputs hold it: bytes that are no UTF-8 are replaced, as JSON cannot hold them."""
    return os.fsencode(path).decode("utf-8", "replace")


def chosen(path: str, pattern: str) -> bool:
    """
    Whether a path is chosen by a shell pattern: `*`, `?` and `[a-z]` within a name, `**` for any folders.

    A pattern without a slash is compared with the name alone, at any depth.
    """
    if "/" not in pattern:
        return fnmatchcase(os.path.basename(path), pattern)
    return _chosen(path.split("/"), pattern.removeprefix("./").split("/"))


def _chosen(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Match from the left; on a mismatch let the last `**` take one name more, which is all that need be tried."""
    at, wanted = 0, 0
    last, taken = -1, 0
    while at < len(names):
        if wanted < len(patterns) and patterns[wanted] == _ANY_DEPTH:
            last, taken = wanted, at
            wanted += 1
        elif wanted < len(patterns) and fnmatchcase(names[at], patterns[wanted]):
            at, wanted = at + 1, wanted + 1
        elif last >= 0:
            taken += 1
            at, wanted = taken, last + 1
        else:
            return False
    return all(pattern == _ANY_DEPTH for pattern in patterns[wanted:])


def _list_if_open(files: Files, folder: str) -> list[Entry]:
    try:
        return files.list(folder)
    except StepFailed as failed:
        if failed.kind not in PASSED_OVER:
            raise
        return []
