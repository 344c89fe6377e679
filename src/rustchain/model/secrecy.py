"""What is treated as secret although nobody declared it so, and what can be masked at all."""

import re

_NAME = re.compile(r"TOKEN|KEY|SECRET|PASSWORD", re.IGNORECASE)
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/@:\s]*:([^/@\s]+)@")
SHORTEST_SECRET = 6
"""Bytes: what is shorter cannot be masked without masking half the world."""
SHORTEST = 8
"""Shorter values of such variables are not masked: masking them would hide ordinary text."""


def looks_secret(name: str) -> bool:
    """Whether an environment variable's name says that it holds a secret."""
    return _NAME.search(name) is not None


def hidden(name: str, value: str) -> str | None:
    """The part of an environment variable's value that must be masked; None where there is none."""
    if looks_secret(name):
        return value if len(value.encode(errors="surrogateescape")) >= SHORTEST else None
    found = _URL.match(value)
    return found.group(1) if found else None


def is_text(value: str) -> bool:
    """Whether an environment variable's value is UTF-8; bytes that are none become halves of surrogate pairs (PEP 383)."""
    return not any("\ud800" <= character <= "\udfff" for character in value)
