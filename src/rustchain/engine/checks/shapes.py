"""Data against the JSON Schema of a model: every fault, as a sentence with a place and a suggestion."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple

import msgspec

from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
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


_TEXT = frozenset(["string", "null"])


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


class Shape:
    """A JSON Schema (2020-12) that tells what is wrong with a value."""

    def __init__(self, schema: dict[str, Any], words: Words) -> None:
        self.schema = schema
        self._words = words

    @cached_property
    def _validator(self) -> Any:
        from jsonschema_rs import (
            Draft202012Validator,
        )  # costs 10 ms, and a mission without faults never needs it

        return Draft202012Validator(self.schema, validate_formats=True)

    def check_schema(self) -> str | None:
        """What is wrong with the schema itself; None where nothing is."""
        try:
            _ = self._validator
        except ValueError as error:
            return str(error).partition("\n")[0]
        return None

    def faults(
        self, value: Any, holes: Iterable[DocumentPath] = (), suggestions: Suggestions | None = None
    ) -> Iterator[Problem]:
        """Every fault; those at or below a hole, and of unions above one, can only be judged once it is filled."""
        tellers = _Tellers(self.schema, value, self._words, suggestions or Suggestions())
        opened = frozenset(holes)
        for error in self._validator.iter_errors(value):
            for leaf in _leaves(error, opened):
                yield from tellers.tell(leaf)

    def text_places(self, value: Any) -> frozenset[DocumentPath]:
        """The paths of values that are no text where only a text is taken."""
        leaves = (
            leaf for error in self._validator.iter_errors(value) for leaf in _leaves(error, frozenset())
        )
        return frozenset(
            leaf.path for leaf in leaves if "string" in leaf.types and _TEXT.issuperset(leaf.types)
        )


@cache
def shape_of(model: type[msgspec.Struct], words: Words) -> Shape:
    """The shape of a model."""
    return Shape(msgspec.json.schema(model), words)


class _Leaf(NamedTuple):
    """One fault: what of the schema does not hold, and where."""

    keyword: str
    path: DocumentPath
    schema_path: tuple[str | int, ...]
    kind: Any
    message: str
    types: tuple[str, ...] = ()


def _leaves(error: Any, holes: frozenset[DocumentPath]) -> list[_Leaf]:
    path = tuple(error.instance_path)
    if any(path[: len(hole)] == hole for hole in holes):
        return []
    keyword, kind = error.kind.name, error.kind
    if keyword not in ("anyOf", "oneOf") or not hasattr(kind, "context"):
        types = tuple(kind.types) if keyword == "type" else ()
        return [_Leaf(keyword, path, tuple(error.schema_path), kind, error.message, types)]
    if any(hole[: len(path)] == path for hole in holes):
        return []
    branches = [[leaf for e in branch for leaf in _leaves(e, holes)] for branch in kind.context]
    fitting = [b for b in branches if not any(leaf.types and leaf.path == path for leaf in b)]
    if fitting:
        return min(fitting, key=len)
    expected = tuple(t for b in branches for leaf in b if leaf.path == path for t in leaf.types)
    return [_Leaf("type", path, tuple(error.schema_path), kind, error.message, expected)]


class _Tellers:
    """Turns faults of one value into problems."""

    def __init__(self, schema: Mapping[str, Any], value: Any, words: Words, suggestions: Suggestions) -> None:
        self._schema = schema
        self._value = value
        self._words = words
        self._suggestions = suggestions

    def tell(self, leaf: _Leaf) -> Iterator[Problem]:
        """The problems of a fault: one, or one for each unknown key."""
        teller: Callable[[_Leaf], Iterator[Problem]] | None = {
            "type": self._type,
            "additionalProperties": self._unknown,
            "required": self._missing,
            "enum": self._enum,
            "pattern": self._pattern,
        }.get(leaf.keyword)
        yield from (teller or self._limit)(leaf)

    def _type(self, leaf: _Leaf) -> Iterator[Problem]:
        value = value_at(self._value, leaf.path)
        expected = " or ".join(dict.fromkeys(_TYPES[t] for t in leaf.types if t != "null"))
        text = "string" in leaf.types and isinstance(value, int | float)
        help = "put it in quotes to make it a text" if text else None
        yield self._wrong(leaf.path, f"{self._place(leaf)} takes {expected}, not {shown(value)}", help=help)

    def _unknown(self, leaf: _Leaf) -> Iterator[Problem]:
        known = list(value_at(self._schema, leaf.schema_path[:-1]).get("properties", {}))
        noun = self._words.noun
        help = f"{noun}s here: {', '.join(known)}" if known else f"there are no {noun}s here"
        for name in leaf.kind.unexpected:
            meant = self._suggestions.closest(name, known)
            message = f"unknown {noun} {short(name)!r}{self._inside(leaf.path)}"
            path = (*leaf.path, name)
            yield Problem(self._words.unknown, message, path, key=True, suggestion=meant, help=help)

    def _missing(self, leaf: _Leaf) -> Iterator[Problem]:
        message = f"missing {self._words.noun} {leaf.kind.property!r}{self._inside(leaf.path)}"
        yield Problem(self._words.missing, message, (*leaf.path, leaf.kind.property), key=True)

    def _enum(self, leaf: _Leaf) -> Iterator[Problem]:
        value, options = value_at(self._value, leaf.path), leaf.kind.options
        meant = (
            self._suggestions.closest(value, [o for o in options if isinstance(o, str)])
            if isinstance(value, str)
            else None
        )
        listed = ", ".join(o if isinstance(o, str) else json.dumps(o) for o in options)
        yield self._wrong(leaf.path, f"{self._place(leaf)} takes one of {listed}, not {shown(value)}", meant)

    def _pattern(self, leaf: _Leaf) -> Iterator[Problem]:
        rule = _PATTERNS.get(leaf.kind.pattern, f"match {leaf.kind.pattern}")
        value = value_at(self._value, leaf.path)
        yield self._wrong(leaf.path, f"{self._place(leaf)} must {rule}, not {shown(value)}")

    def _limit(self, leaf: _Leaf) -> Iterator[Problem]:
        limit = getattr(leaf.kind, "limit", getattr(leaf.kind, "multiple_of", None))
        rule = _LIMITS.get(leaf.keyword)
        if leaf.keyword in ("minLength", "minItems") and limit == 1:
            yield self._wrong(leaf.path, f"{self._place(leaf)} must not be empty")
        elif rule and limit is not None:
            value = value_at(self._value, leaf.path)
            yield self._wrong(leaf.path, f"{self._place(leaf)} must {rule.format(limit)}, not {shown(value)}")
        else:
            yield self._wrong(leaf.path, f"{self._place(leaf)}: {short(leaf.message)}")

    def _wrong(
        self, path: DocumentPath, message: str, suggestion: str | None = None, help: str | None = None
    ) -> Problem:
        return Problem(self._words.wrong, message, path, suggestion=suggestion, help=help)

    def _place(self, leaf: _Leaf) -> str:
        return _named(leaf.path) or self._words.whole

    def _inside(self, path: DocumentPath) -> str:
        inside = _named(path)
        return f" in {inside}" if inside else ""


def from_msgspec(error: msgspec.ValidationError, words: Words) -> Problem:
    """What msgspec alone refuses, such as 5.0 for a whole number."""
    message, _, place = str(error).partition(" - at `$")
    parts = re.findall(r"\.([^.\[`]+)|\[(\d+)\]|(\[\.\.\.\])", place)
    path: list[str | int] = []
    for key, index, unknown in parts:
        if unknown:
            break
        path.append(key or int(index))
    named = _named(tuple(path)) or words.whole
    return Problem(words.wrong, f"{named}: {message[0].lower()}{message[1:]}", tuple(path))


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


def _named(path: DocumentPath) -> str:
    """The last key of a path, and the indexes behind it: `args[0]`."""
    keys = [i for i, part in enumerate(path) if isinstance(part, str)]
    if not keys:
        return f"item {path[-1]}" if path else ""
    return short(str(path[keys[-1]])) + "".join(f"[{part}]" for part in path[keys[-1] + 1 :])
