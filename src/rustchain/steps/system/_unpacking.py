"""Unpack archives of strangers: nothing leaves the folder, and nothing grows without limit."""

import posixpath
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, BinaryIO, NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Files
from rustchain.steps.system import _members
from rustchain.steps.system._archive import PIECE, Format, Member, decompressing

_PERMISSIONS = 0o777
"""Set-user-id and its like are not taken from strangers."""


class Limits(NamedTuple):
    """How much may come out: bytes, entries, and times the archive's own size; `free` bytes always may."""

    size: int = 16 << 30
    entries: int = 1_000_000
    ratio: int = 200
    free: int = 64 << 20


class Unpacked(NamedTuple):
    """How many files and links came out, and the bytes that were in them."""

    files: int
    size: int


class Unpacking:
    """One archive of `packed` bytes, unpacked. What is counted are bytes that come out, not what headers promise."""

    def __init__(self, files: Files, packed: int, limits: Limits | None = None) -> None:
        self._files = files
        self._limits = limits or Limits()
        self._most = min(self._limits.size, max(self._limits.free, self._limits.ratio * packed))
        self._size = 0
        self._kinds: dict[str, str] = {}
        """What each name stands for that was seen so far, folders on the way included."""

    def unpack(self, archive: BinaryIO, format: Format, destination: str) -> Unpacked:
        """
        Unpack a gz into a file, anything else into a folder, whose other entries stay.

        StepFailed: policy_denied for what would leave it, invalid_data, limit, conflict, and what `Files` raises.
        """
        with _members.reading(), decompressing(archive, format) as stream:
            if format == "gz":
                self._write(stream, destination, None)
                return Unpacked(1, self._size)
            return self._folder(_members.members(stream, format), destination)

    def _folder(self, members: Iterable[Member], destination: str) -> Unpacked:
        count, links = 0, {}
        self._files.make_folder(destination)
        for member in members:
            name = self._admit(member, destination)
            path = posixpath.join(destination, name)
            if member.kind == "folder":
                self._files.make_folder(path)
                continue
            count += 1
            if member.content is None:
                links[path] = _staying(name, member.target)
            else:
                self._write(member.content, path, member.mode)
        for path, target in links.items():  # last, so that nothing is written through one
            self._link(path, target)
        return Unpacked(count, self._size)

    def _write(self, content: IO[bytes], path: str, mode: int | None) -> None:
        permissions = None if mode is None else mode & _PERMISSIONS
        with self._files.create(path, mode=permissions) as file:
            while piece := content.read(PIECE):
                self._size += len(piece)
                if self._size > self._most:
                    message = (
                        f"more than {self._most >> 20} MiB come out of it, which is too much for its size"
                    )
                    raise StepFailed(Failure.LIMIT, message)
                file.write(piece)

    def _link(self, path: str, target: str) -> None:
        there = self._files.stat(path)
        if there is not None and there.kind != "folder":
            self._files.remove(path)
        self._files.make_link(path, target)

    def _admit(self, member: Member, destination: str) -> str:
        """The name of a member from the folder on; StepFailed where it may not come out."""
        name = _inner(member.name)
        *folders, own = _ways(name)
        for way in folders:
            self._note(way, "folder", destination)
        if own in self._kinds and (member.kind != "folder" or self._kinds[own] != "folder"):
            raise StepFailed(Failure.INVALID_DATA, f"{member.name!r} is in it twice")
        self._note(own, member.kind, destination)
        return name

    def _note(self, name: str, kind: str, destination: str) -> None:
        known = self._kinds.get(name)
        if known is None:
            there = self._files.stat(posixpath.join(destination, name))
            if there is not None and there.kind == "link" and kind != "link" and name != ".":
                message = f"{there.path!r} is a link, and nothing is unpacked through links"
                raise StepFailed(Failure.CONFLICT, message)
            self._kinds[name] = kind
        elif known != kind:
            raise StepFailed(Failure.INVALID_DATA, f"{name!r} is a {known} in it, and a {kind} as well")
        if len(self._kinds) > self._limits.entries:
            message = f"there are more than {self._limits.entries:,} entries in it"
            raise StepFailed(Failure.LIMIT, message)


def _inner(name: str) -> str:
    if name.startswith("/") or ".." in name.split("/"):
        raise StepFailed(Failure.POLICY_DENIED, f"{name!r} would leave the folder")
    return posixpath.normpath(name)


def _ways(name: str) -> list[str]:
    """The folders on the way to a name, and the name."""
    parts = name.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _staying(name: str, target: str) -> str:
    """
    The target of a link that stays in the folder.

    `..` may stand at its beginning only: after a name, which may be a link, nobody knows where it leads.
    """
    parts = [part for part in target.split("/") if part not in {"", "."}]
    ups = 0
    with suppress(IndexError):
        while parts[ups] == "..":
            ups += 1
    if target.startswith("/") or ups > name.count("/") or ".." in parts[ups:]:
        raise StepFailed(Failure.POLICY_DENIED, f"the link {name!r} to {target!r} would leave the folder")
    return target
