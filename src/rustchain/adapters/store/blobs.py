"""Bytes of runs, too large for the journal: a file each, named by a salted digest."""

import os
import re
from hashlib import sha256
from pathlib import Path

from rustchain.adapters.faults import Fault
from rustchain.adapters.store.schema import storage_errors
from rustchain.model.errors import StorageFailed

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Blobs in a folder, a folder a run. Nobody can guess at a blob by its digest without the run's key."""

    def __init__(self, folder: Path, fault: Fault) -> None:
        self._folder = folder
        self._fault = fault

    def put(self, run_id: str, key: bytes, data: bytes) -> str:
        """Keep bytes; they are on disk when the digest is returned."""
        name = digest(key, data)
        folder = self._folder / run_id
        with storage_errors():
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync(self._folder)
            self._fault("blob.before-write")
            path = folder / f".{os.urandom(8).hex()}"
            try:
                self._write(path, data)
                self._fault("blob.before-rename")
                os.replace(path, folder / name)
            except OSError:
                path.unlink(missing_ok=True)
                raise
            _sync(folder)
            self._fault("blob.after-rename")
        return name

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def get(self, run_id: str, key: bytes | None, name: str) -> bytes:
        """The bytes; StorageFailed where they are gone, or where they are not those that were kept."""
        path = self._folder / run_id / name
        if not _DIGEST.fullmatch(name) or not path.is_file():
            raise StorageFailed(f"run {run_id} has no blob {name}", help="It may have been pruned.")
        with storage_errors():
            data = path.read_bytes()
        if key is not None and digest(key, data) != name:
            raise StorageFailed(f"blob {name} of run {run_id} is damaged", help="Restore it from a backup.")
        return data

    def damage(self, run_id: str, key: bytes) -> list[str]:
        """Which of the blobs of a run that are there are not those that were kept."""
        with storage_errors():
            files = sorted(self._folder.glob(f"{run_id}/[!.]*"))
            return [
                f"blob {file.name} is damaged"
                for file in files
                if digest(key, file.read_bytes()) != file.name
            ]


def digest(key: bytes, data: bytes) -> str:
    """The name of a blob: salted, so that nobody without the run's key can tell what it may be."""
    salt = sha256(key + b"blob").digest()
    return sha256(salt + data).hexdigest()


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
