"""
Regular expressions in RE2's syntax (https://github.com/google/re2/wiki/Syntax), and what replaces their matches.

One search takes time in proportion to the text's length, whatever the pattern: there is no look-around and no
back-reference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

_ESCAPE = re.compile(r"\\(?:(\d\d?)|g<(\w+)>|(.?))", re.DOTALL)
_CHARACTERS = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_SHOWN = 100
"""Characters of a pattern that a message shows."""


class Match(Protocol):
    """A place where a pattern matches, counted in characters."""

    def __getitem__(self, group: int) -> str | None: ...
    def start(self) -> int: ...


class Pattern(Protocol):
    """A compiled pattern. Texts with half a surrogate pair raise UnicodeEncodeError."""

    @property
    def groups(self) -> int: ...
    @property
    def groupindex(self) -> Mapping[str, int]: ...
    def search(self, text: str) -> Match | None: ...
    def subn(self, replacement: Callable[[Match], str], text: str, count: int = 0) -> tuple[str, int]: ...


def compile_pattern(text: str, *, case_sensitive: bool = True, literal: bool = False) -> Pattern:
    """A pattern, or with `literal` a plain text, ready to search; ValueError says what RE2 refuses, and why."""
    # Imported here because it costs 2.5 ms and few missions hold patterns.
    import re2

    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.literal = literal
    options.log_errors = False
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    if not literal and r"\C" in re.findall(r"\\.", text, re.DOTALL):
        raise ValueError(rf"{shown!r} is not a regular expression of characters: `\C` matches single bytes")
    try:
        pattern: Pattern = re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        message = f"{shown!r} is not a regular expression in RE2's syntax, which has no look-around and no back-references"
        raise ValueError(f"{message}: {reason}") from error
    return pattern


def expansion(pattern: Pattern, template: str) -> Callable[[Match], str]:
    r"""
    The function from a match to the text that replaces it.

    In a template `\1` is the first group, `\g<name>` or `\g<1>` a group, `\0` the whole match, `\n`, `\r` and `\t` are
    what they are in Python, and `\\` is a backslash. ValueError where it says anything else, or names no group.
    """
    parts = list(_parts(pattern, template))

    def expand(match: Match) -> str:
        return "".join(part if isinstance(part, str) else match[part] or "" for part in parts)

    return expand


def _parts(pattern: Pattern, template: str) -> Iterator[str | int]:
    """The texts of a template and, as numbers, its groups."""
    at = 0
    for escape in _ESCAPE.finditer(template):
        yield template[at : escape.start()]
        yield _meaning(escape, pattern)
        at = escape.end()
    yield template[at:]


def _meaning(escape: re.Match[str], pattern: Pattern) -> str | int:
    number, name, character = escape.groups()
    if character is not None:
        if character not in _CHARACTERS:
            raise ValueError(rf"{escape[0]!r} has no meaning in a replacement; a backslash is written `\\`")
        return _CHARACTERS[character]
    group = name or number
    index = int(group) if group.isdecimal() else pattern.groupindex.get(group)
    if index is None or index > pattern.groups:
        raise ValueError(f"{escape[0]!r} names no group of the pattern")
    return index
