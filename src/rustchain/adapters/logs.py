"""Log files of attempts: masked before they are written, hashed as they are written."""

import hashlib
import os
from pathlib import Path
from typing import Protocol

from rustchain.adapters.store.schema import storage_errors


class Masking(Protocol):
    """What of a redactor a log needs."""

    def text(self, text: str) -> str: ...


class LogFile:
    """The log of one attempt. Its file is made with the first line; lines are not synced."""

    def __init__(self, path: str, masking: Masking) -> None:
        self._path = Path(path)
        self._masking = masking
        self._file: int | None = None
        self._hash = hashlib.sha256()

    def write(self, line: str) -> None:
        """Add a line. StorageFailed where the disk is full, or the folder is not there."""
        data = (self._masking.text(line).rstrip("\n") + "\n").encode("utf-8", "replace")
        with storage_errors():
            if self._file is None:
                self._file = self._opened()
            os.write(self._file, data)
        self._hash.update(data)

    def _opened(self) -> int:
        """An interrupted attempt may have written here before: its lines stay, and are part of what is hashed."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            self._hash.update(self._path.read_bytes())
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> str:
        """SHA-256 of the whole log, in hexadecimal."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        return self._hash.hexdigest()
