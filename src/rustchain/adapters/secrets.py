"""Secrets where they lie: environment variables and files."""

import os
import stat
from collections.abc import Mapping

from rustchain.model.errors import InvalidUse, MissingSecret
from rustchain.model.secrecy import SHORTEST_SECRET, is_text

LARGEST = 1 << 16
"""Bytes of a secret's file."""


class LocalSecrets:
    """The port `Secrets` over an environment and the file system: `env:NAME`, `file:PATH`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._sources = {"env": self._variable, "file": _file}

    def read(self, reference: str) -> str:
        """
        The value; a file's without the newline at its end.

        Raises MissingSecret, and InvalidUse for a place of a kind that is not known.
        """
        kind, colon, name = reference.partition(":")
        if not colon or kind not in self._sources:
            known = ", ".join(f"{kind}:" for kind in self._sources)
            place = f"{kind}:" if colon else "a text without a place"  # which may be the secret itself
            raise InvalidUse(f"secrets cannot be read from {place}", help=f"known places: {known}")
        value = self._sources[kind](name)
        if len(value.encode()) < SHORTEST_SECRET:
            raise MissingSecret(
                f"the secret {reference} is shorter than {SHORTEST_SECRET} bytes",
                help="so short a text cannot be masked in logs: choose a longer one",
            )
        return value

    def _variable(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            message = f"the environment variable {name} of a secret is not set"
            raise MissingSecret(message, help=f"export {name}=…")
        if not is_text(value):
            raise MissingSecret(f"the environment variable {name} of a secret is not UTF-8 text")
        return value


def _file(path: str) -> str:
    try:
        data = _content(path)
    except OSError as error:
        message = f"the file {path} of a secret cannot be read: {error.strerror}"
        raise MissingSecret(message, help=f"write the secret to {path}, readable by you alone") from error
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise MissingSecret(f"the file {path} of a secret is not UTF-8 text") from error


def _content(path: str) -> bytes:
    with open(os.path.expanduser(path), "rb", opener=_without_waiting) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise MissingSecret(f"{path}, named as a secret's file, is not a file")
        if found.st_mode & stat.S_IWOTH:
            raise MissingSecret(
                f"the file {path} of a secret may be written by anybody", help=f"chmod o-w {path}"
            )
        if found.st_size > LARGEST:
            raise MissingSecret(f"the file {path} of a secret has more than {LARGEST} bytes")
        return file.read(LARGEST)


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody writes to must not hold us up."""
    return os.open(path, flags | os.O_NONBLOCK)
