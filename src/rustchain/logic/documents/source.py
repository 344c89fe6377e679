"""A document's text, the parser's events over it, and what is wrong with it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import yaml
from yaml._yaml import CParser

from rustchain.logic.documents.json_events import json_events
from rustchain.logic.documents.lines import Lines
from rustchain.model.codes import Code
from rustchain.model.problems import Position, Problem

Format = Literal["yaml", "json"]

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 (section 5.1) does not let a text contain."""

_SAID = {
    "found character that cannot start any token": "this character cannot start a value",
    "mapping values are not allowed in this context": "a key is not allowed here",
    "could not find expected ':'": "expected ':' after the key before this",
}
_HINTS = {
    "found character that cannot start any token": "indent with spaces, not tabs; put a text starting with @, ` or % in quotes",
    "mapping values are not allowed in this context": "put a text that contains ': ' in quotes, and check the indentation",
    "could not find expected ':'": "check the indentation and the quotes of the lines before",
}


class InvalidDocument(ValueError):
    """A text that is no valid document; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Source(NamedTuple):
    """A decoded text, the name people know it by, and its format."""

    name: str
    text: str
    format: Format

    @classmethod
    def decode(cls, data: bytes | str, name: str) -> "Source":
        """Decode UTF-8, with or without byte order mark; the format is JSON where the name ends in `.json`."""
        format: Format = "json" if name.lower().endswith(".json") else "yaml"
        if isinstance(data, str):
            return cls(name, data.removeprefix("\ufeff"), format)
        try:
            return cls(name, data.removeprefix(b"\xef\xbb\xbf").decode(), format)
        except UnicodeDecodeError as error:
            readable = cls(name, data.decode(errors="replace"), format)
            at = Lines(readable.text).position(len(data[: error.start].decode()))
            raise readable.invalid(
                Code.NOT_UTF_8,
                f"byte 0x{data[error.start]:02x} is not UTF-8",
                at,
                help="save the file as UTF-8",
            ) from None

    def events(self) -> Iterable[Any]:
        """The parser's events, in order."""
        if self.format == "json":
            return json_events(self.text)
        return iter(CParser(self.text.encode()).get_event, None)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turn the parser's errors into InvalidDocument."""
        try:
            yield
        except yaml.reader.ReaderError:
            raise self._control_character() from None
        except yaml.MarkedYAMLError as error:
            problem = str(error.problem)
            unclosed = "end of stream" in problem and error.context_mark is not None
            mark = error.context_mark if unclosed else error.problem_mark
            at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            message = _SAID.get(problem, problem)
            if error.context:
                message += f" ({error.context}{_line(error.context_mark, at)})"
            raise self.invalid(Code.SYNTAX, message, at, help=_HINTS.get(problem)) from None
        except UnicodeEncodeError:
            raise self._control_character() from None

    def _control_character(self) -> InvalidDocument:
        found = _FORBIDDEN.search(self.text)
        offset, name = (found.start(), f"U+{ord(found[0]):04X}") if found else (0, "a byte order mark")
        return self.invalid(
            Code.CONTROL_CHARACTER,
            f"{name} is not allowed in a document",
            Lines(self.text).position(offset),
            help='in double quotes it can be written as an escape, such as "\\u0007"',
        )

    def invalid(self, code: Code, message: str, at: Position, help: str | None = None) -> InvalidDocument:
        """An error at a position of this text."""
        line = Lines(self.text).text(at.line)
        return InvalidDocument(Problem(code, message, help=help, at=at, source=self.name, line_text=line))


def _line(mark: Any, at: Position) -> str:
    """Where a construct began, if on another line."""
    return f" that began on line {mark.line + 1}" if mark and mark.line + 1 != at.line else ""
