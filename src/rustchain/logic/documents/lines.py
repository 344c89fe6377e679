"""Lines of a text, and the position of a character in them."""

import re
from array import array
from bisect import bisect_right

from rustchain.model.problems import Position

_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
"""What libyaml counts as the end of a line."""


class Lines:
    """Where each line of a text begins; found in one pass, four bytes a line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("I", [0])
        self._starts.extend(end.end() for end in _BREAK.finditer(text))
        self._texts: dict[int, str] = {}

    def position(self, offset: int) -> Position:
        """The position of a character."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def text(self, number: int) -> str:
        """The text of a line, counted from 1, without its end: one object however often it is asked for."""
        if number > len(self._starts):
            return ""
        if number not in self._texts:
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            line = self._text[self._starts[number - 1] : end]
            self._texts[number] = line.rstrip("\r\n\x85\u2028\u2029")
        return self._texts[number]
