"""JSON texts as the events of a YAML parser, so that one builder makes data of both."""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import yaml

from rustchain.logic.documents.lines import Lines

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|[^\s,:\[\]{}"]+')
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_JSON = frozenset(["NaN", "Infinity", "-Infinity"])
"""Constants that the standard library's reader lets pass."""
_BRACKETS = {
    "{": yaml.MappingStartEvent,
    "[": yaml.SequenceStartEvent,
    "}": yaml.MappingEndEvent,
    "]": yaml.SequenceEndEvent,
}


class _Mark:
    """A place in a JSON text; line and column, from 0, are counted when asked for."""

    __slots__ = ("_text", "index")

    def __init__(self, text: "_Text", index: int) -> None:
        self._text = text
        self.index = index

    @property
    def line(self) -> int:
        return self._text.lines.position(self.index).line - 1

    @property
    def column(self) -> int:
        return self._text.lines.position(self.index).column - 1


class _Text(str):
    """A text whose lines are counted once, when first asked for."""

    @cached_property
    def lines(self) -> Lines:
        return Lines(self)


def _mark(text: _Text, offset: int) -> Any:
    """A mark as the parser's own are; they are built by the parser alone."""
    return _Mark(text, offset)


def json_events(text: str) -> Iterator[Any]:
    """The events of one JSON document (RFC 8259); MarkedYAMLError where it is not valid."""
    text = _Text(text)
    _check_syntax(text)
    for token in _TOKEN.finditer(text):
        yield _event(text, token[0], token.start(), token.end())


def _check_syntax(text: _Text) -> None:
    """Leave the grammar to the standard library; too deep a nesting is the builder's to refuse."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        message = (error.msg[0].lower() + error.msg[1:]).removesuffix(" at")
        raise yaml.MarkedYAMLError(problem=message, problem_mark=_mark(text, error.pos)) from None
    except RecursionError:
        return


def _event(text: _Text, token: str, start: int, end: int) -> Any:
    first, marks = token[0], (_mark(text, start), _mark(text, end))
    if first == '"':
        value = json.loads(token)
        if _SURROGATE.search(value):
            problem = "half of a surrogate pair is not text"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=marks[0])
        return yaml.ScalarEvent(None, None, (False, True), value, *marks)
    if first in "]}":
        return _BRACKETS[first](*marks)
    if first in "[{":
        return _BRACKETS[first](None, None, True, *marks)
    if token in _NOT_JSON:
        raise yaml.MarkedYAMLError(problem=f"{token} is not JSON", problem_mark=marks[0])
    return yaml.ScalarEvent(None, None, (True, False), token, *marks)
