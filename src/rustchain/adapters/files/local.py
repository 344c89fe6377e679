"""The port `Files` on the file system of this machine."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from rustchain.adapters.files import tree
from rustchain.adapters.files.failing import PlaceClosed, failing
from rustchain.adapters.files.opened import reading, writing
from rustchain.adapters.files.spot import Spot, is_folder, sync_folder
from rustchain.adapters.files.territory import Territory
from rustchain.adapters.files.trash import Trash
from rustchain.ports import Entry

_LISTED = os.O_RDONLY | os.O_DIRECTORY
_KINDS: dict[int, Literal["file", "folder", "link"]] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
}


class LocalFiles:
    """
    The guarded file system of one step.

    `allowed` are roots beside the workspace, `forbidden` those that no step reaches, `trash` is the step's own
    folder of things kept for its undo, and `check` raises Stopped when the step must end.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        allowed: Sequence[Path],
        forbidden: Sequence[Path],
        trash: Path,
        check: Callable[[], None],
    ) -> None:
        self._territory = Territory(workspace, allowed, forbidden)
        self._trash = Trash(trash)
        self._check = check

    def open(self, path: str) -> BinaryIO:
        """Open a regular file for reading."""
        with self._at(path, follow=True) as spot:
            return reading(spot, path, self._check)

    @contextmanager
    def create(self, path: str, *, mode: int | None = None, overwrite: bool = True) -> Iterator[BinaryIO]:
        """Write a file atomically; where `path` is a link, the file it points to."""
        with (
            self._at(path, follow=True, make=True) as spot,
            writing(spot, path, self._check, mode=mode, overwrite=overwrite) as file,
        ):
            yield file

    def stat(self, path: str, *, follow: bool = False) -> Entry | None:
        """What is at a path; None where nothing is."""
        self._check()
        with failing(path), self._perhaps(path, follow=follow) as spot:
            status = None if spot is None else spot.status()
        return None if status is None else _entry(self._territory.shown(path), status)

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name; forbidden roots are left out."""
        with self._at(path, follow=True) as spot, failing(path), spot.opened(_LISTED) as folder:
            found = [(name, Spot(folder, name).status()) for name in sorted(os.listdir(folder))]
        shown = self._territory.shown(path)
        return [
            _entry(os.path.normpath(os.path.join(shown, name)), status)
            for name, status in found
            if status is not None and not self._territory.hides(status)
        ]

    def folder(self, path: str) -> str:
        """The absolute path of a folder, for a process to start in."""
        with self._at(path, follow=True) as spot, failing(path), spot.opened(_LISTED):
            return self._territory.full(path)

    def make_folder(self, path: str) -> None:
        """Make a folder and its parents; one that is there is fine."""
        with self._at(path, follow=True, make=True) as spot, failing(path):
            try:
                os.mkdir(spot.name, dir_fd=spot.folder)
            except FileExistsError:
                if not is_folder(spot.status()):
                    raise
            else:
                sync_folder(spot.folder)

    def remove(self, path: str) -> None:
        """Remove a file, a link, or a folder with all that is in it."""
        with self._movable(path) as spot, failing(path):
            tree.remove(spot, self._check)

    def rename(self, source: str, destination: str) -> bool:
        """Move within one device, replacing a file; False where the two are on different devices."""
        with self._movable(source) as old, self._movable(destination, make=True) as new, failing(destination):
            try:
                old.rename(new)
            except OSError as error:
                if error.errno == errno.EXDEV:
                    return False
                raise
            sync_folder(new.folder)
            sync_folder(old.folder)
        return True

    def link_target(self, path: str) -> str:
        """Where a symbolic link points."""
        with self._at(path, follow=False) as spot, failing(path):
            return os.readlink(spot.name, dir_fd=spot.folder)

    def make_link(self, path: str, target: str) -> None:
        """Make a symbolic link; one that leaves the workspace is refused."""
        with failing(path):
            if os.path.isabs(target):
                raise PlaceClosed(f"a link to the absolute path {target!r} could lead out of the workspace")
            self._territory.judge(os.path.join(os.path.dirname(path), target))
        with self._at(path, follow=False, make=True) as spot, failing(path):
            os.symlink(target, spot.name, dir_fd=spot.folder)

    @contextmanager
    def changing(self, path: str, *, follow: bool = True) -> Iterator[None]:
        """Keep what is at a path while the block changes it; where the block fails, put it back at once."""
        self._check()
        with failing(path), self._perhaps(path, follow=follow, whole=True) as spot:
            record = self._trash.keep(spot, self._territory.shown(path), self._check)
        try:
            yield
        except BaseException:
            with failing(path), self._perhaps(path, follow=follow, whole=True) as spot:
                self._trash.put_back(spot, record)
            raise
        self._trash.settle(record)

    def discard(self, path: str) -> None:
        """Remove what is at a path into the trash."""
        with self._movable(path) as spot, failing(path):
            self._trash.discard(spot, self._territory.shown(path), self._check)

    def restore(self, path: str) -> None:
        """Put back what `changing` or `discard` kept of a path, replacing what is there now."""
        with self._movable(path, follow=True, make=True) as spot, failing(path):
            self._trash.restore(spot, self._territory.shown(path), self._check)

    @contextmanager
    def _at(self, path: str, *, follow: bool, make: bool = False, whole: bool = False) -> Iterator[Spot]:
        """The spot of a path, for as long as the block lasts; what the block raises is its own."""
        self._check()
        with failing(path):
            spot = self._territory.reach(path, follow=follow, make=make, whole=whole)
        try:
            yield spot
        finally:
            os.close(spot.folder)

    @contextmanager
    def _movable(self, path: str, *, follow: bool = False, make: bool = False) -> Iterator[Spot]:
        """A spot that is operated on with all that is beneath it: never a root, nor what holds a forbidden one."""
        with self._at(path, follow=follow, make=make, whole=True) as spot:
            with failing(path):
                if spot.name == ".":
                    raise PlaceClosed("it is the workspace itself, or a folder that contains it")
            yield spot

    @contextmanager
    def _perhaps(self, path: str, *, follow: bool, whole: bool = False) -> Iterator[Spot | None]:
        """The spot of a path; None where not even its folder is there."""
        try:
            spot = self._territory.reach(path, follow=follow, whole=whole)
        except (FileNotFoundError, NotADirectoryError):
            yield None
            return
        try:
            yield spot
        finally:
            os.close(spot.folder)


def _entry(path: str, status: os.stat_result) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    return Entry(path, kind or "other", status.st_size, status.st_mtime, stat.S_IMODE(status.st_mode))
