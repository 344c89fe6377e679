"""What a step changes, kept so that it can be put back."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from rustchain.adapters.files import tree
from rustchain.adapters.files.beneath import FOLDER
from rustchain.adapters.files.spot import Spot, is_folder, sync_folder
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

Check = Callable[[], None]


class Trash:
    """
    The folder of one step, made when first needed. A spot is None where not even its folder is there.

    A record is named by the hash of its place's path. The first stays, for the undo; an attempt made again has one
    of its own beside it while it lasts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, spot: Spot | None, path: str, check: Check) -> str:
        """Record what is at a place; the record's name."""
        name = _name(path)
        with self._entry(name) as entry:
            if not entry.recorded():
                entry.record(spot, check)
                return name
        again = f"{name}.again"
        with self._entry(again) as entry:
            entry.forget()  # a crash may have left it
            entry.record(spot, check)
        return again

    def put_back(self, spot: Spot | None, name: str) -> None:
        """What is at a place shall be as it was recorded, stopped by nothing; the record is gone then."""
        with self._entry(name) as entry:
            if spot is not None and not entry.unchanged(spot):
                entry.give_back(spot, _go_on)
            entry.forget()

    def settle(self, name: str) -> None:
        """The change is made: only the first record of its place stays."""
        if name.endswith(".again"):
            with self._entry(name) as entry:
                entry.forget()

    def discard(self, spot: Spot, path: str, check: Check) -> None:
        """Record what is at a place by moving it here, where nothing is recorded yet; then see that it is gone."""
        with self._entry(_name(path)) as entry:
            if not entry.recorded():
                if entry.take(spot):
                    return
                entry.record(spot, check)
            tree.remove(spot, check)

    def restore(self, spot: Spot, path: str, check: Check) -> None:
        """Put back what was first recorded, replacing what is there; StepFailed(not_found) where nothing was."""
        with self._entry(_name(path)) as entry:
            if not entry.recorded():
                raise StepFailed(
                    Failure.NOT_FOUND, f"{path!r}: nothing is kept from which it could be restored"
                )
            entry.give_back(spot, check)

    @contextmanager
    def _entry(self, name: str) -> Iterator["_Entry"]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self._folder, FOLDER)
        try:
            yield _Entry(Spot(folder, name), Spot(folder, f"{name}.absent"), Spot(folder, f"{name}.part"))
        finally:
            os.close(folder)


class _Entry(NamedTuple):
    """
    One place's record: the thing itself, or a mark that it was absent.

    It appears by one rename, so that a crash leaves none or a whole one; `part` is one that is being made.
    """

    thing: Spot
    absent: Spot
    part: Spot

    def recorded(self) -> bool:
        return self.thing.status() is not None or self.absent.status() is not None

    def unchanged(self, spot: Spot) -> bool:
        """Whether a place is certainly as it was recorded; of folders nobody knows."""
        now, then = spot.status(), self.thing.status()
        if now is None or then is None:
            return now is then
        return not is_folder(now) and _fingerprint(now) == _fingerprint(then)

    def record(self, spot: Spot | None, check: Check) -> None:
        status = spot.status() if spot is not None else None
        if spot is None or status is None:
            with self.absent.opened(os.O_WRONLY | os.O_CREAT):
                return
        if S_ISREG(status.st_mode) and _linked(spot, self.thing):
            return
        if self.part.status() is not None:
            tree.remove(self.part, check)
        tree.copy(spot, self.part, check)
        self.part.rename(self.thing)

    def take(self, spot: Spot) -> bool:
        """Move a thing here; False where it is on another device."""
        try:
            spot.rename(self.thing)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return False
        return True

    def give_back(self, spot: Spot, check: Check) -> None:
        draft = spot.draft()
        kept, there = self.thing.status(), spot.status()
        if kept is not None:
            tree.copy(self.thing, draft, check)
        if there is not None and (kept is None or is_folder(there) or is_folder(kept)):
            tree.remove(spot, check)
        if kept is not None:
            draft.rename(spot)
        sync_folder(spot.folder)

    def forget(self) -> None:
        for spot in self.thing, self.absent:
            if spot.status() is not None:
                tree.remove(spot, _go_on)


def _linked(spot: Spot, thing: Spot) -> bool:
    """Keep a file by a second name, at no cost: steps replace files as a whole, so this one stays as it is."""
    try:
        spot.link(thing)
    except OSError:  # another device, no links on it, or a file of another user
        return False
    return True


def _fingerprint(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_uid


def _name(path: str) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:32]


def _go_on() -> None:
    """A check that never stops: what is begun here must be finished."""
