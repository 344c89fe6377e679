"""Plain JSON values: their kinds, their text, their size."""

import json
import math
from collections.abc import Iterator
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed

MAX_SIZE = 64 << 20
"""The most characters, or bytes of list, that an expression may make."""
MAX_BITS = 4096
"""The widest whole number."""
TOO_DEEP = "the value is nested too deep"
_ITEM = 8

_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def kind(value: Any) -> str:
    """What people call a value of this kind."""
    return _KINDS[type(value)]


def text_of(value: Any) -> str:
    """A value within a text: texts as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    return to_json(value)


def to_json(value: Any, indent: int | None = None) -> str:
    """A value as JSON text."""
    check_size(value)
    separators = (",", ":") if indent is None else None
    try:
        return json.dumps(value, ensure_ascii=False, separators=separators, indent=indent)
    except RecursionError:
        raise EvaluationFailed(TOO_DEEP) from None


def room(characters: int) -> None:
    """Raise EvaluationFailed where a text of so many characters would be too large."""
    if characters > MAX_SIZE:
        raise EvaluationFailed(f"the result would be larger than {MAX_SIZE >> 20} MiB")


def room_for_items(count: int) -> None:
    """Raise EvaluationFailed where a list of so many items would be too large."""
    room(count * _ITEM)


def check_size(value: Any) -> None:
    """Raise EvaluationFailed where a value written as JSON would be too large; what occurs twice counts twice."""
    total = 0
    for size in _sizes(value):
        total += size
        if total > MAX_SIZE:
            room(total)


def _sizes(value: Any) -> Iterator[int]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            yield len(current)
        elif isinstance(current, list):
            yield _ITEM * len(current)
            waiting += current
        elif isinstance(current, dict):
            yield _ITEM * len(current) + sum(map(len, current))
            waiting += current.values()
        else:
            yield _ITEM


def checked_number(value: int | float) -> int | float:
    """The number, unless it is none that JSON knows or is too wide."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise EvaluationFailed("the result is no finite number")
    elif value.bit_length() > MAX_BITS:
        raise EvaluationFailed(f"the result is a number of more than {MAX_BITS} bits")
    return value
