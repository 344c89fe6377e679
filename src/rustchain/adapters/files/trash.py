"""What a step was about to change, kept so that its undo can put it back. Only the first record of a place counts."""

import errno
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from rustchain.adapters.files import tree
from rustchain.adapters.files.beneath import FOLDER
from rustchain.adapters.files.territory import Spot, is_folder, sync_folder
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


class Trash:
    """
    A folder of one step. A place has an entry named by the hash of its path: the thing itself, or, where there was
    nothing, a file `<hash>.absent`. An entry appears by one rename, so that a crash leaves none or a whole one.
    """

    def __init__(self, folder: Path, check: Callable[[], None]) -> None:
        self._folder = folder
        self._check = check

    def keep(self, spot: Spot | None, path: str) -> None:
        """Record what is at a place; None: not even its folder is there."""
        with self._entry(path) as entry:
            if entry.recorded():
                return
            if spot is None or spot.status() is None:
                entry.record_absence()
            else:
                entry.take_copy(spot, self._check)

    def discard(self, spot: Spot, path: str) -> None:
        """Move what is at a place here, where nothing is recorded of it yet; else remove it."""
        with self._entry(path) as entry:
            if not entry.recorded() and entry.take(spot):
                return
            if not entry.recorded():
                entry.take_copy(spot, self._check)
            tree.remove(spot, self._check)

    def restore(self, spot: Spot, path: str) -> None:
        """Put back what was recorded, replacing what is there; StepFailed(not_found) where nothing was."""
        with self._entry(path) as entry:
            if not entry.recorded():
                raise StepFailed(
                    Failure.NOT_FOUND, f"{path!r}: nothing is kept from which it could be restored"
                )
            entry.give_back(spot, self._check)

    def _entry(self, path: str) -> "_Entry":
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _Entry(os.open(self._folder, FOLDER), sha256(os.fsencode(path)).hexdigest()[:32])


class _Entry:
    """One place's record."""

    def __init__(self, folder: int, key: str) -> None:
        self._thing = Spot(folder, key)
        self._absent = Spot(folder, f"{key}.absent")
        self._part = Spot(folder, f"{key}.part")

    def __enter__(self) -> "_Entry":
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._thing.folder)

    def recorded(self) -> bool:
        return self._thing.status() is not None or self._absent.status() is not None

    def record_absence(self) -> None:
        with self._absent.opened(os.O_WRONLY | os.O_CREAT):
            pass

    def take(self, spot: Spot) -> bool:
        """Move a thing here; False where it is on another device."""
        try:
            _rename(spot, self._thing)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise
        return True

    def take_copy(self, spot: Spot, check: Callable[[], None]) -> None:
        if self._part.status() is not None:
            tree.remove(self._part, check)
        tree.copy(spot, self._part, check)
        if self._part.status() is not None:
            _rename(self._part, self._thing)

    def give_back(self, spot: Spot, check: Callable[[], None]) -> None:
        draft = Spot(spot.folder, f".rustchain-{token_hex(8)}")
        if self._thing.status() is not None:
            tree.copy(self._thing, draft, check)
        there = spot.status()
        if there is not None and (is_folder(there) or is_folder(draft.status()) or draft.status() is None):
            tree.remove(spot, check)
        if draft.status() is not None:
            _rename(draft, spot)
        sync_folder(spot.folder)


def _rename(source: Spot, target: Spot) -> None:
    os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)
