"""Plain scalars by the core schema of YAML 1.2 (section 10.3)."""

import math
import re
from typing import Any

from rustchain.model.codes import Code

CANDIDATES = frozenset(["", *"-+.0123456789tTfFnN~"])
"""The first characters of plain scalars that can be anything but text."""

_CORE = re.compile(
    r"(?P<null>~|null|Null|NULL|)|(?P<bool>true|True|TRUE|false|False|FALSE)|(?P<int>[-+]?[0-9]+)"
    r"|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_LONGEST = 400
"""No number of 64 bits needs more characters."""


class InvalidNumber(ValueError):
    """A number that JSON, and so an output, cannot hold."""

    code = Code.NUMBER


class PlainScalars(dict[str, Any]):
    """Plain scalars to values; each text is looked at once."""

    def __missing__(self, text: str) -> Any:
        value = self[text] = plain_value(text)
        return value


def plain_value(text: str) -> Any:
    """The value of a plain scalar: None, bool, int, float or the text itself; InvalidNumber beyond 64 bits."""
    match = _CORE.fullmatch(text)
    if match is None:
        return text
    kind = match.lastgroup
    if kind == "null":
        return None
    if kind == "bool":
        return text[0] in "tT"
    if kind == "special" or len(text) > _LONGEST:
        raise InvalidNumber(f"{_shortened(text)} is not a number that JSON can hold")
    if kind == "float":
        return _finite(text)
    return _integer(match[str(kind)], {"octal": 8, "hex": 16}.get(str(kind), 10))


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise InvalidNumber(f"{text} is too large for a number of 64 bits")
    return value


def _integer(digits: str, radix: int) -> int:
    value = int(digits, radix)
    if not -(1 << 63) <= value < 1 << 64:
        raise InvalidNumber(f"{_shortened(digits)} is too large for a number of 64 bits")
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}… ({len(text)} characters)"
