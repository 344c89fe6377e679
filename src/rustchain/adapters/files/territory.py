"""Where a mission may reach: names are judged first, then the place itself is opened beneath its root."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rustchain.adapters.files.beneath import FOLDER, check_link, link_target, open_folder
from rustchain.logic.guards.places import PlaceRefused, judge

_Identity = tuple[int, int]
"""Device and inode: what a place is, whatever it is called."""


class Spot(NamedTuple):
    """A name in an opened folder. Operations take both, so that nothing on the way can be exchanged in between."""

    folder: int
    name: str

    def status(self) -> os.stat_result | None:
        """What is there, links not followed; None where nothing is."""
        with suppress(FileNotFoundError):
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        return None

    @contextmanager
    def opened(self, flags: int) -> Iterator[int]:
        """A descriptor of what is there, links not followed, for as long as the block lasts."""
        descriptor = os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.folder)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class _Forbidden(NamedTuple):
    """Forbidden roots by identity, and the folders above them."""

    roots: frozenset[_Identity]
    above: frozenset[_Identity]


class Territory:
    """A workspace, other allowed roots, and forbidden roots, which stay forbidden wherever they lie."""

    def __init__(self, workspace: Path, allowed: Sequence[Path], forbidden: Sequence[Path]) -> None:
        self.workspace = Path(os.path.abspath(workspace))
        self._allowed = tuple(Path(os.path.abspath(p)) for p in allowed)
        self._given = tuple(Path(os.path.abspath(p)) for p in forbidden)

    def shown(self, path: str) -> str:
        """A path as steps show it: relative to the workspace, absolute elsewhere."""
        full = self._full(path)
        return str(full.relative_to(self.workspace)) if full.is_relative_to(self.workspace) else str(full)

    def judge(self, path: str) -> None:
        """Raise PlaceRefused where the path's text alone says that it leads where steps may not go."""
        judge(path, workspace=self.workspace, allowed=self._allowed, forbidden=self._given)

    def reach(self, path: str, *, follow: bool, make: bool = False, whole: bool = False) -> Spot:
        """
        Open the folder that `path` is in; the caller closes it.

        `follow`: if the last name is a link, go where it points. `make`: make missing folders on the way. `whole`:
        the operation takes in everything beneath, so what holds a forbidden root is refused as well.
        Raises PlaceRefused and OSError.
        """
        self.judge(path)
        full = self._full(path)
        base = next(r for r in (self.workspace, *self._allowed) if full.is_relative_to(r))
        root = os.open(base, FOLDER)
        try:
            return self._resolve(root, str(full.relative_to(base)), follow=follow, make=make, whole=whole)
        finally:
            os.close(root)

    def hides(self, status: os.stat_result) -> bool:
        """Whether something is a forbidden root itself."""
        return _identity(status) in self._forbidden.roots

    def _full(self, path: str) -> Path:
        return Path(os.path.normpath(self.workspace / path))

    def _resolve(self, root: int, path: str, *, follow: bool, make: bool, whole: bool) -> Spot:
        links = 0
        while True:
            head, name = os.path.split(path)
            if name in ("", ".", ".."):
                head, name = path, "."
            folder = self._make_folders(root, head) if make else open_folder(root, head or ".")
            try:
                target = link_target(folder, name) if follow else None
                if target is None:
                    self._keep_out(root, spot := Spot(folder, name), whole=whole)
                    return spot
                links += 1
                check_link(target, links)
            except BaseException:
                os.close(folder)
                raise
            os.close(folder)
            path = os.path.join(head, target)

    def _make_folders(self, root: int, path: str) -> int:
        with suppress(FileNotFoundError):
            return open_folder(root, path or ".")
        parts = path.split("/")
        for depth, part in enumerate(parts):
            parent = open_folder(root, "/".join(parts[:depth]) or ".")
            try:
                self._keep_out(root, Spot(parent, part))
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=parent)
                    sync_folder(parent)
            finally:
                os.close(parent)
        return open_folder(root, path)

    @cached_property
    def _forbidden(self) -> _Forbidden:
        present = [p.resolve() for p in self._given if p.exists()]
        return _Forbidden(
            frozenset(_identity(p.stat()) for p in present),
            frozenset(_identity(up.stat()) for p in present for up in p.parents),
        )

    def _keep_out(self, root: int, spot: Spot, *, whole: bool = False) -> None:
        """Refuse a place within a forbidden root, by whatever name or link it was reached."""
        if _identity(os.fstat(root)) not in self._forbidden.above:
            return
        if (status := spot.status()) is not None:
            if self.hides(status):
                raise PlaceRefused("steps may not reach RustChain's own state")
            if whole and _identity(status) in self._forbidden.above:
                raise PlaceRefused("RustChain's own state lies in it")
        if any(identity in self._forbidden.roots for identity in _upwards(spot.folder, root)):
            raise PlaceRefused("steps may not reach RustChain's own state")


def sync_folder(folder: int) -> None:
    """Make names in a folder durable."""
    readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(readable)
    finally:
        os.close(readable)


def is_folder(status: os.stat_result | None) -> bool:
    """Whether a status is a folder's."""
    return status is not None and stat.S_ISDIR(status.st_mode)


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino


def _upwards(folder: int, root: int) -> Iterator[_Identity]:
    """The identities of a folder and of those above it, up to `root`."""
    last = _identity(os.fstat(root))
    here = os.dup(folder)
    try:
        while (identity := _identity(os.fstat(here))) != last:
            yield identity
            above = os.open("..", FOLDER, dir_fd=here)
            os.close(here)
            here = above
        yield last
    finally:
        os.close(here)
