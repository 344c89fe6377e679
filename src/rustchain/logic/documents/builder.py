"""Plain data from a parser's events: strict keys, bounded depth and aliases, no recursion."""

from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn

import yaml

from rustchain.logic.documents.scalars import CANDIDATES, InvalidNumber, PlainScalars
from rustchain.model.codes import Code
from rustchain.model.problems import Position

MAX_DEPTH = 200
MAX_ADDED = 1_000_000
"""Nodes that aliases may add to a document."""
MAX_GROWTH = 100
"""How many times larger than written aliases may make a document."""

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
_MERGE = object()
"""Stands for the key `<<` until its mapping ends."""


class Refused(ValueError):
    """The events describe what a document may not contain."""

    def __init__(self, code: Code, message: str, at: Position, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at
        self.help = help


class _Anchored(NamedTuple):
    """A value with a name; its size in nodes and its depth, aliases inside it expanded."""

    value: Any
    size: int
    height: int


class _Frame(NamedTuple):
    """An open container's surroundings, as they are restored when it ends."""

    container: Any
    mapping: bool
    key: Any
    height: int
    event: Any
    size: int


class Builder:
    """Builds one value a document of the stream; containers that aliases repeat are shared, not copied."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self._container: Any = self.documents
        self._mapping = False
        self._key: Any = None
        self._height = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._plain = PlainScalars()
        self._keys: dict[
            Any, Any
        ] = {}  # equal keys are one object: a fifth of the memory of a large document
        self._written = 0
        self._added = 0

    def build(self, events: Iterable[Any]) -> list[Any]:
        """Read the events to their end; Refused where the document is not acceptable."""
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._start_document,
            yaml.DocumentEndEvent: self._end_document,
            yaml.StreamStartEvent: _ignore,
            yaml.StreamEndEvent: _ignore,
        }
        for event in events:
            handlers[event.__class__](event)
        return self.documents

    def _scalar(self, event: Any) -> None:
        self._written += 1
        value = event.value
        if value[:1] in CANDIDATES and event.implicit[0] and event.tag is None:
            value = self._resolve(value, event)
        elif event.tag is not None:
            value = self._tagged(value, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        if self._mapping and self._key is None:
            self._set_key(value, event)
        else:
            self._place(value)

    def _place(self, value: Any) -> None:
        if self._mapping:
            self._container[self._key] = value
            self._key = None
        else:
            self._container.append(value)

    def _set_key(self, key: Any, event: Any) -> None:
        if key.__class__ is not str:
            shown = event.value or "nothing"
            _refuse(Code.KEY_NOT_TEXT, f"a key must be text, not {shown}", event, "write the key in quotes")
        if key == "<<" and event.implicit[0]:
            key = _MERGE
        if key in self._container:
            _refuse(Code.DUPLICATE_KEY, f"the key {event.value!r} is written twice", event)
        self._key = self._keys.setdefault(key, key)

    def _start(self, event: Any) -> None:
        self._written += 1
        if self._mapping and self._key is None:
            _refuse(Code.KEY_NOT_TEXT, "a key must be text", event, "write the key in quotes")
        if len(self._stack) >= MAX_DEPTH:
            _refuse(Code.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep", event)
        mapping = event.__class__ is yaml.MappingStartEvent
        if event.tag not in (None, "!", _TAG + ("map" if mapping else "seq")):
            _refuse_tag(event)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        size = self._written + self._added
        self._stack.append(_Frame(self._container, self._mapping, self._key, self._height, event, size))
        self._container = {} if mapping else []
        self._mapping, self._key, self._height = mapping, None, 0

    def _end(self, event: Any) -> None:
        value, height = self._container, self._height
        self._container, self._mapping, self._key, above, start, size = self._stack.pop()
        if value.__class__ is dict and _MERGE in value:
            value = _merged(value, start)
        if start.anchor is not None:
            self._anchors[start.anchor] = _Anchored(value, self._written + self._added - size + 1, height + 1)
        self._height = max(above, height + 1)
        self._place(value)

    def _alias(self, event: Any) -> None:
        self._written += 1
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            _refuse(Code.ALIAS, f"no anchor '&{event.anchor}' ends before this alias", event)
        value, size, height = anchored
        if self._mapping and self._key is None:
            _refuse(Code.KEY_NOT_TEXT, "a key must be text, not an alias", event)
        self._added += size - 1
        if self._added > MAX_ADDED:
            _refuse(Code.ALIAS, f"aliases add more than {MAX_ADDED:,} nodes", event)
        if len(self._stack) + height > MAX_DEPTH:
            _refuse(Code.TOO_DEEP, f"this alias nests more than {MAX_DEPTH} levels deep", event)
        self._height = max(self._height, height)
        self._place(value)

    def _start_document(self, event: Any) -> None:
        self._anchors = {}
        self._written = self._added = 0

    def _end_document(self, event: Any) -> None:
        if self._written + self._added > MAX_GROWTH * self._written:
            message = f"aliases make the document more than {MAX_GROWTH} times larger than written"
            _refuse(Code.ALIAS, message, event)

    def _resolve(self, text: str, event: Any) -> Any:
        try:
            return self._plain[text]
        except InvalidNumber as error:
            _refuse(error.code, str(error), event, "put it in quotes to make it a text")

    def _tagged(self, text: str, event: Any) -> Any:
        """A scalar with a tag: those of the core schema, where the text is such a value."""
        name = event.tag.removeprefix(_TAG)
        if name in ("!", "str"):
            return text
        types = _SCALAR_TAGS.get(name, ())
        value: Any = self._resolve(text, event) if types else None
        if type(value) not in types:
            _refuse_tag(event)
        return float(value) if name == "float" else value


def _merged(mapping: dict[Any, Any], start: Any) -> dict[str, Any]:
    """The mapping with what `<<` names below its own keys; of several mappings the first wins."""
    named = mapping.pop(_MERGE)
    bases = named if isinstance(named, list) else [named]
    if not all(isinstance(base, dict) for base in bases):
        _refuse(Code.ALIAS, "'<<' takes a mapping, or a list of mappings", start)
    merged: dict[str, Any] = {}
    for base in reversed(bases):
        merged.update(base)
    return merged | mapping


def _ignore(event: Any) -> None:
    """The stream's own events say nothing."""


def _refuse_tag(event: Any) -> NoReturn:
    _refuse(Code.TAG, f"the tag {event.tag!r} is not allowed here", event, "write plain values without tags")


def _refuse(code: Code, message: str, event: Any, help: str | None = None) -> NoReturn:
    raise Refused(code, message, extent(event), help)


def extent(event: Any) -> Position:
    """Where an event is; its length is 1 where it covers several lines, or has parts."""
    start, end = event.start_mark, event.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Position(start.line + 1, start.column + 1, max(length, 1))
