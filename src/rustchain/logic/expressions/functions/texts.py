"""Filters that work on texts."""

import html
import re
import shlex
from textwrap import indent as indent_lines
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.functions.function import Many, alias, table
from rustchain.logic.expressions.patterns import Match, compile_pattern, expansion
from rustchain.logic.expressions.values import room, text_of

_PLACEHOLDER = re.compile(r"%(?:%|([-+ 0#]*)(\d{0,4})(\.\d{0,3})?([sdifgeExXo]))")


def upper(value: str) -> str:
    """The text in capital letters."""
    return value.upper()


def lower(value: str) -> str:
    """The text in small letters."""
    return value.lower()


def capitalize(value: str) -> str:
    """The text with a capital first letter, the others small."""
    return value.capitalize()


def title(value: str) -> str:
    """The text with every word capitalised."""
    return value.title()


def trim(value: str, chars: str | None = None) -> str:
    """The text without spaces, or without these characters, at its ends."""
    return value.strip(chars)


def string(value: Any) -> str:
    """The value as a text."""
    return text_of(value)


def length(value: Many) -> int:
    """How many items, fields or characters there are."""
    return len(value)


def replace(value: str, old: str, new: str, count: int = -1) -> str:
    """The text with one part replaced wherever it is, or the first `count` times."""
    times = value.count(old) if count < 0 else min(count, value.count(old))
    room(len(value) + times * (len(new) - len(old)))
    return value.replace(old, new, count)


def split(value: str, separator: str | None = None, maxsplit: int = -1) -> list[str]:
    """The parts of the text between a separator, or between spaces."""
    return value.split(separator, maxsplit)


def lines(value: str) -> list[str]:
    """The text's lines."""
    return value.splitlines()


def indent(value: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    """The text with its lines, but for the first, moved to the right; blank ones only on request."""
    room(len(value) + (value.count("\n") + 1) * width)
    head, newline, rest = ("", "", value) if first else value.partition("\n")
    return head + newline + indent_lines(rest, " " * width, lambda line: blank or bool(line.strip()))


def truncate(value: str, length: int = 255, end: str = "...") -> str:
    """The text cut to a length, with a mark at its end where something is missing."""
    return value if len(value) <= length else value[: max(0, length - len(end))] + end


def wordcount(value: str) -> int:
    """How many words there are."""
    return len(value.split())


def format_(value: str, *arguments: Any) -> str:
    """The text with `%s`, `%d`, `%.2f` and the like filled in."""
    if "%" in _PLACEHOLDER.sub("", value):
        raise EvaluationFailed(
            "`format`: after `%` comes one of s d i f g e x o, with a width of four digits at most"
        )
    prepared = tuple(text_of(a) if isinstance(a, bool | list | dict) or a is None else a for a in arguments)
    room(len(value) + sum(len(text_of(a)) for a in arguments))
    return value % prepared


def escape(value: str) -> str:
    """The text for a place in HTML or XML."""
    return html.escape(value)


def shell_quote(value: Any) -> str:
    """The text as one word of a POSIX shell."""
    return shlex.quote(text_of(value))


def regex_replace(value: str, pattern: str, replacement: str = "", ignorecase: bool = False) -> str:
    r"""The text with every match of a pattern (RE2's syntax) replaced; `\1` is a group, `\g<name>` a named one."""
    compiled = compile_pattern(pattern, case_sensitive=not ignorecase)
    expand = expansion(compiled, replacement)
    made = len(value)

    def substitute(match: Match) -> str:
        nonlocal made
        text = expand(match)
        made += len(text)
        room(made)
        return text

    return compiled.subn(substitute, value)[0]


FILTERS = alias(
    table(
        upper, lower, capitalize, title, trim, string, length, replace, split, lines, indent, truncate, wordcount,
        format_, escape, shell_quote, regex_replace,
    ),
    count="length",
    e="escape",
)  # fmt: skip
