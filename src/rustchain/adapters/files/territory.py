"""Where a mission may reach: names are judged first, then the place itself is opened beneath its root."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rustchain.adapters.files.beneath import FOLDER, check_link, link_target, open_folder
from rustchain.adapters.files.failing import PlaceClosed
from rustchain.adapters.files.spot import Spot, sync_folder
from rustchain.logic.guards.places import judge

_Identity = tuple[int, int]
"""Device and inode: what a place is, whatever it is called."""
_CLOSED = "it lies in RustChain's own state or configuration, which is closed to steps"


class _Forbidden(NamedTuple):
    """Forbidden roots by identity, and the folders above them."""

    there: tuple[bool, ...] = ()
    """Which of the roots, and of the folders that they are in, were there when they were looked at."""
    roots: frozenset[_Identity] = frozenset()
    above: frozenset[_Identity] = frozenset()
    absent: frozenset[tuple[_Identity, str]] = frozenset()
    """Roots that are not there yet: the folder that each would be in, and its name."""
    around: frozenset[_Identity] = frozenset()
    """The folders above any root, there or not."""


class Territory:
    """A workspace, other allowed roots, and forbidden roots, which are closed by whatever way they are reached."""

    def __init__(self, workspace: Path, allowed: Sequence[Path], forbidden: Sequence[Path]) -> None:
        self._workspace = os.path.abspath(workspace)
        self._allowed = tuple(map(os.path.abspath, allowed))
        self._closed = tuple(map(os.path.abspath, forbidden))
        self._watched = tuple(place for root in self._closed for place in (root, os.path.dirname(root)))
        self._seen = _Forbidden()

    def judge(self, path: str) -> tuple[str, str]:
        """The root of a path and its way from there; PlaceRefused where its text alone leads where it must not."""
        return judge(path, workspace=self._workspace, allowed=self._allowed, forbidden=self._closed)

    def full(self, path: str) -> str:
        """The absolute path."""
        return os.path.normpath(os.path.join(self._workspace, path))

    def shown(self, path: str) -> str:
        """A path as steps show it: relative to the workspace, absolute elsewhere."""
        full = self.full(path)
        inner = os.path.relpath(full, self._workspace)
        return full if inner == ".." or inner.startswith("../") else inner

    def reach(self, path: str, *, follow: bool, make: bool = False, whole: bool = False) -> Spot:
        """
        Open the folder that `path` is in; the caller closes it.

        `follow`: if the last name is a link, go where it points. `make`: make missing folders on the way. `whole`:
        the operation takes in everything beneath, so what holds a forbidden root is refused as well.
        Raises PlaceRefused, PlaceClosed and OSError.
        """
        base, inner = self.judge(path)
        root = os.open(base, FOLDER)
        try:
            return self._resolve(root, inner, follow=follow, make=make, whole=whole)
        finally:
            os.close(root)

    def hides(self, status: os.stat_result) -> bool:
        """Whether something is a forbidden root itself."""
        return _identity(status) in self._forbidden().roots

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

    def _forbidden(self) -> _Forbidden:
        """The forbidden roots; looked at again as long as one is not there."""
        if not self._seen.there or not all(self._seen.there):
            there = tuple(map(os.path.exists, self._watched))
            if there != self._seen.there:
                self._seen = _look(self._closed, there)
        return self._seen

    def _keep_out(self, root: int, spot: Spot, *, whole: bool = False) -> None:
        """Refuse a place within a forbidden root, by whatever name or link it was reached."""
        forbidden = self._forbidden()
        if _identity(os.fstat(root)) not in forbidden.around:
            return
        if (status := spot.status()) is not None:
            if self.hides(status):
                raise PlaceClosed(_CLOSED)
            if whole and _identity(status) in forbidden.above:
                raise PlaceClosed(
                    "RustChain's own state or configuration lies in it, which is closed to steps"
                )
        elif (_identity(os.fstat(spot.folder)), spot.name) in forbidden.absent:
            raise PlaceClosed(_CLOSED)
        if any(identity in forbidden.roots for identity in _upwards(spot.folder, root)):
            raise PlaceClosed(_CLOSED)


def _look(closed: Sequence[str], there: tuple[bool, ...]) -> _Forbidden:
    """See what forbidden roots are."""
    roots, above, absent, around = set(), set(), set(), set()
    for root in map(os.path.realpath, closed):
        identity, *parents = [_identity_of(path) for path in (Path(root), *Path(root).parents)]
        upper = {parent for parent in parents if parent is not None}
        around |= upper
        if identity is not None:
            roots.add(identity)
            above |= upper
        elif parents and parents[0] is not None:
            absent.add((parents[0], os.path.basename(root)))
    return _Forbidden(there, frozenset(roots), frozenset(above), frozenset(absent), frozenset(around))


def _identity_of(path: Path) -> _Identity | None:
    try:
        return _identity(os.stat(path))
    except OSError:
        return None


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino


def _upwards(folder: int, root: int) -> Iterator[_Identity]:
    """The identities of a folder and of those above it, up to `root`; EXDEV where it was moved out meanwhile."""
    top = _identity(os.fstat(root))
    here, below = os.dup(folder), None
    try:
        while (identity := _identity(os.fstat(here))) != top:
            if identity == below:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            yield identity
            above = os.open("..", FOLDER, dir_fd=here)
            os.close(here)
            here, below = above, identity
        yield top
    finally:
        os.close(here)
