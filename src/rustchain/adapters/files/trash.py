"""What a step was about to change, kept so that its undo can put it back. Only the first record of a place counts."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from rustchain.adapters.files import tree
from rustchain.adapters.files.beneath import FOLDER
from rustchain.adapters.files.spot import Spot, is_folder, sync_folder
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


class Trash:
    """
    A folder of one step, with an entry for each place, named by the hash of its path.

    `folder` is made when first needed; `check` raises Stopped.
    """

    def __init__(self, folder: Path, check: Callable[[], None]) -> None:
        self._folder = folder
        self._check = check

    def keep(self, spot: Spot | None, path: str) -> None:
        """Record what is at a place; None: not even its folder is there."""
        with self._entry(path) as entry:
            if not entry.recorded():
                entry.record(spot)

    def discard(self, spot: Spot, path: str) -> None:
        """Record what is at a place by moving it here, where nothing is recorded yet; then see that it is gone."""
        with self._entry(path) as entry:
            if not entry.recorded():
                if entry.take(spot):
                    return
                entry.record(spot)
            tree.remove(spot, self._check)

    def restore(self, spot: Spot, path: str) -> None:
        """Put back what was recorded, replacing what is there; StepFailed(not_found) where nothing was."""
        with self._entry(path) as entry:
            if not entry.recorded():
                raise StepFailed(
                    Failure.NOT_FOUND, f"{path!r}: nothing is kept from which it could be restored"
                )
            entry.give_back(spot)

    @contextmanager
    def _entry(self, path: str) -> Iterator["_Entry"]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self._folder, FOLDER)
        try:
            yield _Entry(folder, sha256(os.fsencode(path)).hexdigest()[:32], self._check)
        finally:
            os.close(folder)


class _Entry:
    """
    One place's record: the thing itself, or, where there was nothing, a file `<hash>.absent`.

    It appears by one rename, so that a crash leaves none or a whole one.
    """

    def __init__(self, folder: int, key: str, check: Callable[[], None]) -> None:
        self._thing = Spot(folder, key)
        self._absent = Spot(folder, f"{key}.absent")
        self._part = Spot(folder, f"{key}.part")
        self._check = check

    def recorded(self) -> bool:
        return self._thing.status() is not None or self._absent.status() is not None

    def record(self, spot: Spot | None) -> None:
        status = spot.status() if spot is not None else None
        if spot is None or status is None:
            with self._absent.opened(os.O_WRONLY | os.O_CREAT):
                return
        if self._part.status() is not None:
            tree.remove(self._part, self._check)
        if not (S_ISREG(status.st_mode) and _linked(spot, self._thing)):
            tree.copy(spot, self._part, self._check)
            self._part.rename(self._thing)

    def take(self, spot: Spot) -> bool:
        """Move a thing here; False where it is on another device."""
        try:
            spot.rename(self._thing)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return False
        return True

    def give_back(self, spot: Spot) -> None:
        draft = spot.draft()
        kept = self._thing.status()
        if kept is not None:
            tree.copy(self._thing, draft, self._check)
        there = spot.status()
        if there is not None and (kept is None or is_folder(there) or is_folder(kept)):
            tree.remove(spot, self._check)
        if kept is not None:
            draft.rename(spot)
        sync_folder(spot.folder)


def _linked(spot: Spot, thing: Spot) -> bool:
    """Keep a file by a second name, at no cost: steps replace files as a whole, so this one stays as it is."""
    try:
        spot.link(thing)
    except OSError:  # another device, no links on it, or a file of another user
        return False
    return True
