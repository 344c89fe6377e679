"""Sentences for what does not hold of a schema: what was expected, what is written, what may have been meant."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.mission import PRINTABLE
from rustchain.model.problems import DocumentPath, Problem

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_PATTERNS = {
    r"^[A-Za-z_][A-Za-z0-9_-]*$": "begin with a letter or _, and go on with letters, digits, _ and -",
    r"^\d+\.\d+(\.\d+)?$": 'be a version such as "1.0"',
    PRINTABLE: "hold no control characters",
    r"^[a-z]+:.+": "say where it is read from, such as env:NAME or file:PATH",
}
_LIMITS = {
    "minimum": "be at least {}",
    "maximum": "be at most {}",
    "exclusiveMinimum": "be more than {}",
    "exclusiveMaximum": "be less than {}",
    "multipleOf": "be a multiple of {}",
    "minLength": "have at least {} characters",
    "maxLength": "have at most {} characters",
    "minItems": "have at least {} items",
    "maxItems": "have at most {} items",
    "minProperties": "have at least {} keys",
    "maxProperties": "have at most {} keys",
}


class Words(NamedTuple):
    """How faults are called: codes, and the nouns for what is wrong and for all of it."""

    unknown: Code
    missing: Code
    wrong: Code
    noun: str
    whole: str


KEYS = Words(Code.UNKNOWN_KEY, Code.MISSING_KEY, Code.WRONG_VALUE, "key", "the mission")
PARAMETERS = Words(
    Code.UNKNOWN_PARAMETER, Code.MISSING_PARAMETER, Code.WRONG_PARAMETER, "parameter", "parameters"
)
INPUT = Words(Code.WRONG_INPUT, Code.WRONG_INPUT, Code.WRONG_INPUT, "key", "the input")


class Fault(NamedTuple):
    """What of a schema does not hold for a value, and where."""

    keyword: str
    path: DocumentPath
    schema_path: tuple[str | int, ...]
    kind: Any
    message: str
    types: tuple[str, ...] = ()


class Sentences:
    """Turns faults of one value, which stands `at` a place of its document, into problems."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        value: Any,
        words: Words,
        suggestions: Suggestions,
        at: DocumentPath = (),
    ) -> None:
        self._schema = schema
        self._value = value
        self._words = words
        self._suggestions = suggestions
        self._at = at

    def tell(self, fault: Fault) -> Iterator[Problem]:
        """The problems of a fault: one, or one for each unknown key."""
        teller: Callable[[Fault], Iterator[Problem]] | None = {
            "type": self._type,
            "additionalProperties": self._unknown,
            "required": self._missing,
            "enum": self._enum,
            "pattern": self._pattern,
        }.get(fault.keyword)
        yield from (teller or self._limit)(fault)

    def _type(self, fault: Fault) -> Iterator[Problem]:
        value = value_at(self._value, fault.path)
        expected = " or ".join(dict.fromkeys(_TYPES[t] for t in fault.types if t != "null"))
        text = "string" in fault.types and isinstance(value, int | float)
        help = "put it in quotes to make it a text" if text else None
        yield self._wrong(fault.path, f"{self._place(fault)} takes {expected}, not {shown(value)}", help=help)

    def _unknown(self, fault: Fault) -> Iterator[Problem]:
        known = list(value_at(self._schema, fault.schema_path[:-1]).get("properties", {}))
        noun = self._words.noun
        help = f"{noun}s here: {', '.join(known)}" if known else f"there are no {noun}s here"
        for name in fault.kind.unexpected:
            meant = self._suggestions.closest(name, known)
            message = f"unknown {noun} {short(name)!r}{self._inside(fault.path)}"
            path = (*self._at, *fault.path, name)
            yield Problem(self._words.unknown, message, path, key=True, suggestion=meant, help=help)

    def _missing(self, fault: Fault) -> Iterator[Problem]:
        message = f"missing {self._words.noun} {fault.kind.property!r}{self._inside(fault.path)}"
        path = (*self._at, *fault.path, fault.kind.property)
        yield Problem(self._words.missing, message, path, key=True)

    def _enum(self, fault: Fault) -> Iterator[Problem]:
        value, options = value_at(self._value, fault.path), fault.kind.options
        meant = (
            self._suggestions.closest(value, [o for o in options if isinstance(o, str)])
            if isinstance(value, str)
            else None
        )
        listed = ", ".join(o if isinstance(o, str) else json.dumps(o) for o in options)
        yield self._wrong(
            fault.path, f"{self._place(fault)} takes one of {listed}, not {shown(value)}", meant
        )

    def _pattern(self, fault: Fault) -> Iterator[Problem]:
        rule = _PATTERNS.get(fault.kind.pattern, f"match {fault.kind.pattern}")
        value = value_at(self._value, fault.path)
        yield self._wrong(fault.path, f"{self._place(fault)} must {rule}, not {shown(value)}")

    def _limit(self, fault: Fault) -> Iterator[Problem]:
        limit = getattr(fault.kind, "limit", getattr(fault.kind, "multiple_of", None))
        rule = _LIMITS.get(fault.keyword)
        if fault.keyword in ("minLength", "minItems") and limit == 1:
            yield self._wrong(fault.path, f"{self._place(fault)} must not be empty")
        elif rule and limit is not None:
            value = value_at(self._value, fault.path)
            yield self._wrong(
                fault.path, f"{self._place(fault)} must {rule.format(limit)}, not {shown(value)}"
            )
        else:
            yield self._wrong(fault.path, f"{self._place(fault)}: {short(fault.message)}")

    def _wrong(
        self, path: DocumentPath, message: str, suggestion: str | None = None, help: str | None = None
    ) -> Problem:
        return Problem(self._words.wrong, message, (*self._at, *path), suggestion=suggestion, help=help)

    def _place(self, fault: Fault) -> str:
        return named((*self._at, *fault.path)) or self._words.whole

    def _inside(self, path: DocumentPath) -> str:
        inside = named((*self._at, *path))
        return f" in {inside}" if inside else ""


def value_at(value: Any, path: Iterable[str | int]) -> Any:
    """The value at a path."""
    for part in path:
        value = value[part]
    return value


def shown(value: Any) -> str:
    """A value as messages show it: short, containers by their kind."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(short(value)) if isinstance(value, str) else json.dumps(value)


def short(text: str) -> str:
    """A text cut to what a message can bear."""
    return text if len(text) <= 60 else f"{text[:57]}…"


def named(path: DocumentPath) -> str:
    """The last key of a path, and the indexes behind it: `args[0]`."""
    keys = [i for i, part in enumerate(path) if isinstance(part, str)]
    if not keys:
        return f"item {path[-1]}" if path else ""
    return short(str(path[keys[-1]])) + "".join(f"[{part}]" for part in path[keys[-1] + 1 :])
