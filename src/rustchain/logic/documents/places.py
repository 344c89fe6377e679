"""Finding where in a text the parts of its data are: a second reading that keeps only what is asked for."""

from collections.abc import Iterable
from typing import Any

import yaml

from rustchain.logic.documents.builder import extent
from rustchain.model.problems import DocumentPath, Position

_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Places:
    """A tree of the paths asked for, with the positions of keys and values once `find` has read the events."""

    __slots__ = ("_children", "_key", "_span", "_value")

    def __init__(self) -> None:
        self._children: dict[str | int, Places] = {}
        self._key: Position | None = None
        self._value: Position | None = None
        self._span = (0, 0)

    def add(self, path: DocumentPath) -> None:
        """Ask for a path."""
        place = self
        for part in path:
            place = place._children.setdefault(part, Places())

    def at(self, path: DocumentPath, key: bool) -> Position:
        """Where a path's value (or `key`) is; of a path that is not written, where what holds it begins."""
        place, found = self._nearest(path)
        key = key or not found
        return (place._key if key else None) or place._value or Position(1, 1)

    def span(self, path: DocumentPath) -> tuple[int, int]:
        """The characters that a path's value covers; none where it is not written."""
        place, found = self._nearest(path)
        return place._span if found else (0, 0)

    def _nearest(self, path: DocumentPath) -> tuple["Places", bool]:
        """The place of a path, or of the nearest that holds it."""
        place = self
        for part in path:
            child = place._children.get(part)
            if child is None or child._value is None:
                return place, False
            place = child
        return place, True

    def find(self, events: Iterable[Any]) -> None:
        """Read one document's events and note every position asked for; containers nobody asks for are passed over."""
        reader = _Reader(self)
        for event in events:
            if isinstance(event, _STARTS):
                reader.start(event)
            elif isinstance(event, _ENDS):
                reader.end()
            elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                reader.leaf(event)

    def _note(self, value: Any, key: Any) -> None:
        self._value = extent(value)
        self._key = extent(key) if key is not None else None
        self._span = (value.start_mark.index, value.end_mark.index)


class _Reader:
    """Where the second reading stands: the place of the container it is in, None where nobody asks."""

    def __init__(self, root: Places) -> None:
        self._root: Places | None = root
        self._place: Places | None = None
        self._index: int | None = None
        self._key: Any = None
        self._stack: list[tuple[Places | None, int | None]] = []

    def start(self, event: Any) -> None:
        """A container begins: step into it."""
        place = self._next(event)
        self._stack.append((self._place, self._index))
        self._place = place
        self._index = None if isinstance(event, yaml.MappingStartEvent) else 0

    def end(self) -> None:
        """A container ends: step out of it."""
        self._place, self._index = self._stack.pop()

    def leaf(self, event: Any) -> None:
        """A scalar or alias: a key, or a value."""
        if self._stack and self._index is None and self._key is None:
            self._key = event
        else:
            self._next(event)

    def _next(self, event: Any) -> Places | None:
        """The place of a value that begins here, its position noted."""
        if not self._stack:
            found, self._root = self._root, None
        elif self._index is not None:
            found = self._place._children.get(self._index) if self._place else None
            self._index += 1
        else:
            found = self._place._children.get(self._key.value) if self._place else None
        if found is not None:
            found._note(event, self._key)
        self._key = None
        return found
