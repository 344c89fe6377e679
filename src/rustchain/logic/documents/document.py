"""Loading a document, and locating problems in it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import yaml

from rustchain.logic.documents.builder import Builder, Refused, extent
from rustchain.logic.documents.lines import Lines
from rustchain.logic.documents.places import Places
from rustchain.logic.documents.source import Source
from rustchain.model.codes import Code
from rustchain.model.problems import DocumentPath, Position, Problem


class Document(NamedTuple):
    """Plain data (dict, list, str, int, float, bool, None) and the text it was read from."""

    value: Any
    origin: Source

    @property
    def text(self) -> str:
        """The text, without byte order mark."""
        return self.origin.text

    @property
    def source(self) -> str:
        """The name people know the text by."""
        return self.origin.name

    def position(self, path: DocumentPath, *, key: bool = False) -> Position:
        """Where the value (or the `key`) at a path is; of a path that is not written, where what holds it begins."""
        return self._places([path]).at(path, key)

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with position, source and line of text, in the order of the text."""
        problems = list(problems)
        if not problems:
            return []
        related = [r.path for p in problems for r in p.related]
        places = self._places([*(p.path for p in problems), *related])
        lines = Lines(self.text)
        found = [self._located(p, places, lines) for p in problems]
        return sorted(found, key=lambda p: p.at or Position(1, 1))

    def _located(self, problem: Problem, places: Places, lines: Lines) -> Problem:
        at = problem.at or self._excerpt(problem, places, lines) or places.at(problem.path, problem.key)
        related = tuple(r._replace(at=places.at(r.path, key=False)) for r in problem.related)
        return problem._replace(at=at, related=related, source=self.source, line_text=lines.text(at.line))

    def _excerpt(self, problem: Problem, places: Places, lines: Lines) -> Position | None:
        if not problem.excerpt:
            return None
        offset = self.text.find(problem.excerpt, *places.span(problem.path))
        return lines.position(offset)._replace(length=len(problem.excerpt)) if offset >= 0 else None

    def _places(self, paths: Iterable[DocumentPath]) -> Places:
        places = Places()
        for path in paths:
            places.add(path)
        places.find(self.origin.events())
        return places


def load_documents(data: bytes | str, source: str) -> list[Any]:
    """The data of every document of a YAML stream, or of the one of a JSON text; raises as `load_document` does."""
    return _read(Source.decode(data, source))


def load_document(data: bytes | str, source: str) -> Document:
    """
    Read exactly one document: YAML 1.2 core schema, or JSON where the name `source` ends in `.json`.

    Raises InvalidDocument with code and position: bad syntax, not UTF-8, control characters, duplicate keys, keys that
    are not text, tags, nesting beyond 200, numbers beyond 64 bits, too many aliases, no document or more than one.
    """
    origin = Source.decode(data, source)
    values = _read(origin)
    if not values:
        raise origin.invalid(Code.EMPTY, "the document is empty", Position(1, 1))
    if len(values) > 1:
        starts = [e for e in origin.events() if isinstance(e, yaml.DocumentStartEvent)]
        message = "a second document begins here"
        raise origin.invalid(Code.SECOND_DOCUMENT, message, extent(starts[1]), "keep one document in a file")
    return Document(values[0], origin)


def _read(origin: Source) -> list[Any]:
    try:
        with origin.explaining():
            return Builder().build(origin.events())
    except Refused as error:
        raise origin.invalid(error.code, error.message, error.at, error.help) from None
