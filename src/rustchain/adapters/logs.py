"""Log files of attempts: masked before they are written, hashed as they are written."""

import hashlib
import os
from typing import BinaryIO, Protocol


class Masking(Protocol):
    """What of a redactor a log needs."""

    def text(self, text: str) -> str: ...


class LogFile:
    """The log of one attempt. Its file is made with the first line; lines are not synced."""

    def __init__(self, path: str, masking: Masking) -> None:
        self._path = path
        self._masking = masking
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()

    def write(self, line: str) -> None:
        """Add a line."""
        data = (self._masking.text(line).rstrip("\n") + "\n").encode()
        if self._file is None:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            # an interrupted attempt has written here before: its lines stay, and are part of what is hashed
            self._file = open(self._path, "a+b", buffering=0)
            self._file.seek(0)
            self._hash.update(self._file.read())
        self._file.write(data)
        self._hash.update(data)

    def close(self) -> str:
        """SHA-256 of the whole log, in hexadecimal."""
        if self._file is not None:
            self._file.close()
        return self._hash.hexdigest()
