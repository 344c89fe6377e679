"""
JSON as RFC 8259 has it and as outputs can hold it.

Stricter than Python's reader: a key given twice, NaN, Infinity, numbers beyond a double's range, lone surrogates and
deep nesting are refused, each with its line and column. Integers are kept exactly, up to 4,300 digits.
"""

import json
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from rustchain.model.errors import StepFailed
from rustchain.steps.data._source import Document, invalid

MAX_DEPTH = 200
"""How deep lists and objects may lie in one another."""
_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"(?P<key>{_STRING})(?=\s*:)|(?P<text>{_STRING})|(?P<number>-?(?:\d[\d.eE+-]*|Infinity)|NaN)"
    r"|(?P<open>[{\[])|(?P<close>[}\]])"
)


def parse(document: Document) -> Any:
    """The value of a JSON text; StepFailed (invalid_data) with line and column."""
    text = document.text
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_finite, parse_float=_finite, parse_int=int
        )
    except json.JSONDecodeError as error:
        raise invalid(document.name, f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except (ValueError, RecursionError):
        raise _first_fault(document) from None
    if too_deep(value):
        raise _first_fault(document)
    if _ESCAPED.search(text):
        for message, position in _faults(text):
            raise _at(document, message, position)
    return value


def too_deep(value: Any) -> bool:
    """Whether lists and objects lie deeper in one another than `MAX_DEPTH`."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for v in level for child in _children(v) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError
    return value


def _first_fault(document: Document) -> StepFailed:
    message, position = next(_faults(document.text))
    return _at(document, message, position)


def _at(document: Document, message: str, position: int) -> StepFailed:
    line = document.text.count("\n", 0, position) + 1
    column = position - document.text.rfind("\n", 0, position)
    return invalid(document.name, message, line, column)


def _faults(text: str) -> Iterator[tuple[str, int]]:
    """What is wrong in JSON that is well formed up to its first fault, with positions: slow, for failures only."""
    objects: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token["open"]:
            objects.append(set())
            if len(objects) > MAX_DEPTH:
                yield f"nested deeper than {MAX_DEPTH}", token.start()
        elif token["close"]:
            objects.pop()
        elif token["number"]:
            if not _representable(token[0]):
                yield f"{token[0][:40]} is not a number that JSON can hold", token.start()
        elif _HALF.search(value := json.loads(token[0])):
            yield "half of a surrogate pair is not text", token.start()
        elif token["key"]:
            if value in objects[-1]:
                yield f"key {value[:80]!r} is given twice in one object", token.start()
            objects[-1].add(value)


def _representable(token: str) -> bool:
    try:
        return isinstance(int(token), int)
    except ValueError:
        return isfinite(float(token))
