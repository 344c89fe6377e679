"""Data against the JSON Schema of a model: everything that is wrong with it."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import islice
from typing import Any

import msgspec

from rustchain.engine.checks.sentences import Fault, Sentences, Words, named
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.problems import DocumentPath, Problem

_TEXT = frozenset(["string", "null"])
_CLIP = 100
"""How many items of a list, and unknown keys of a mapping, are looked at once something is wrong."""


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

    def is_valid(self, value: Any) -> bool:
        """Whether nothing is wrong with a value."""
        return bool(self._validator.is_valid(value))

    def problems(
        self,
        value: Any,
        *,
        holes: Iterable[DocumentPath] = (),
        suggestions: Suggestions | None = None,
        at: DocumentPath = (),
    ) -> Iterator[Problem]:
        """
        What is wrong with a value that stands `at` a place. What is wrong at or below a hole, and with unions above
        one, can only be judged once it is filled.
        """
        sentences = Sentences(self.schema, value, self._words, suggestions or Suggestions(), at)
        for fault in self._faults(value, frozenset(holes)):
            yield from sentences.tell(fault)

    def text_places(self, value: Any) -> frozenset[DocumentPath]:
        """The paths of values that are no text where only a text is taken."""
        faults = self._faults(value, frozenset())
        return frozenset(f.path for f in faults if "string" in f.types and _TEXT.issuperset(f.types))

    def _faults(self, value: Any, holes: frozenset[DocumentPath]) -> Iterator[Fault]:
        for error in self._validator.iter_errors(_clipped(value, self._names)):
            yield from _leaves(error, holes)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The properties that the schema names anywhere."""
        parts: list[Any] = [self.schema]
        names: set[str] = set()
        for part in parts:
            if isinstance(part, dict):
                names.update(part.get("properties", ()))
                parts.extend(part.values())
            elif isinstance(part, list):
                parts.extend(part)
        return frozenset(names)


def _clipped(value: Any, names: frozenset[str]) -> Any:
    """The value with long lists and mappings cut: the validator keeps kilobytes for each fault, all at once."""
    if isinstance(value, list):
        return [_clipped(item, names) for item in value[:_CLIP]]
    if isinstance(value, dict):
        first = frozenset(islice(value, _CLIP))
        return {k: _clipped(v, names) for k, v in value.items() if k in first or k in names}
    return value


@cache
def shape_of(model: type[msgspec.Struct], words: Words) -> Shape:
    """The shape of a model."""
    return Shape(msgspec.json.schema(model), words)


def _leaves(error: Any, holes: frozenset[DocumentPath]) -> list[Fault]:
    path = tuple(error.instance_path)
    if any(path[: len(hole)] == hole for hole in holes):
        return []
    keyword, kind = error.kind.name, error.kind
    if keyword not in ("anyOf", "oneOf") or not hasattr(kind, "context"):
        types = tuple(kind.types) if keyword == "type" else ()
        return [Fault(keyword, path, tuple(error.schema_path), kind, error.message, types)]
    if any(hole[: len(path)] == path for hole in holes):
        return []
    branches = [[leaf for e in branch for leaf in _leaves(e, holes)] for branch in kind.context]
    fitting = [b for b in branches if not any(leaf.types and leaf.path == path for leaf in b)]
    if fitting:
        return min(fitting, key=len)
    expected = tuple(t for b in branches for leaf in b if leaf.path == path for t in leaf.types)
    return [Fault("type", path, tuple(error.schema_path), kind, error.message, expected)]


def from_msgspec(error: msgspec.ValidationError, words: Words) -> Problem:
    """What msgspec alone refuses, such as 5.0 for a whole number."""
    message, _, place = str(error).partition(" - at `$")
    parts = re.findall(r"\.([^.\[`]+)|\[(\d+)\]|(\[\.\.\.\])", place)
    path: list[str | int] = []
    for key, index, unknown in parts:
        if unknown:
            break
        path.append(key or int(index))
    place = named(tuple(path)) or words.whole
    return Problem(words.wrong, f"{place}: {message[0].lower()}{message[1:]}", tuple(path))
