"""Private files with a run's secrets, below the state folder, for as long as the run is driven."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rustchain.adapters.store.leases import is_locked, take_lock
from rustchain.adapters.store.schema import storage_errors

_LOCK = "lock"


@contextmanager
def secret_files(home: Path, run_id: str, secrets: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """
    The files of these secrets, by the same keys, while the block lasts; what runs that died have left goes first.

    StorageFailed where they cannot be written.
    """
    place = home / "secrets"
    if not secrets and not place.exists():
        yield {}
        return
    with storage_errors(), _alone(place):
        _sweep(place)
        lock = _begun(place / run_id) if secrets else None
    if lock is None:
        yield {}
        return
    try:
        with storage_errors():
            files = {key: _written(place / run_id / str(i), secrets[key]) for i, key in enumerate(secrets)}
        yield files
    finally:
        with _alone(place):
            shutil.rmtree(place / run_id, ignore_errors=True)
        os.close(lock)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep others from sweeping while a folder has no lock: at its beginning and its end."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(place: Path) -> None:
    for folder in place.iterdir():
        if not is_locked(folder / _LOCK):
            shutil.rmtree(folder)


def _begun(folder: Path) -> int | None:
    """A run's folder, locked until the lock is closed or this process ends."""
    folder.mkdir(mode=0o700)
    return take_lock(folder / _LOCK)


def _written(path: Path, value: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    return str(path)
