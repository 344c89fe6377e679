"""
Command lines as words, read from arguments and from shell text.

This is a reading of the surface: quotes and simple commands are understood, a shell's whole grammar is not.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rustchain.model.expression import Template

OPEN = "\ufffc"
"""Stands for an expression within a word."""

_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)|[<>]\(([^()]*)\)|`([^`]*)`")
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
_TOKEN = re.compile(
    r"""(?:[ \t\r]|\\\n|\#[^\n]*)+
      | (?P<sign>\n|;;?|&&?|\|[|&]?|[()])
      | (?P<word>(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;&|()])+)""",
    re.DOTALL | re.VERBOSE,
)
_SEPARATORS = frozenset(
    {"\n", ";", ";;", "&", "&&", "||", "(", ")", "{", "}", "!", "if", "then", "else", "do", "while"}
)
_WRAPPERS = frozenset(
    {"builtin", "command", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "time", "timeout", "xargs"}
)
_PRIVILEGED = frozenset({"sudo", "doas", "su", "pkexec", "runuser"})
_WITH_VALUE = frozenset({"-u", "-g", "-U", "-C", "-I"})
"""Options of the programs above that a word follows."""
_PASSED_OVER = re.compile(r"-.*|\d+[smhd]?|[A-Za-z_]\w*=.*", re.DOTALL)


class Command(NamedTuple):
    """
    A program that really runs, without version and folder in its name, and its arguments.

    `skipped` is how many words stand before it, `privilege` the one of them that asks for another user's rights.
    """

    program: str
    arguments: tuple[str, ...]
    skipped: int = 0
    privilege: str = ""

    def __str__(self) -> str:
        return " ".join((self.program, *self.arguments)).replace(OPEN, "…")


Pipeline = tuple[Command, ...]


def word(value: str | Template) -> str:
    """A text with its expressions replaced by `OPEN`."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else OPEN for part in value.parts)


def read(words: Sequence[str]) -> Command:
    """What a command line runs, beyond assignments and programs such as `env` or `sudo` that only start another."""
    privilege = ""
    at = 0
    while at < len(words):
        name = _name(words[at])
        if name in _PRIVILEGED:
            privilege = privilege or name
        elif name not in _WRAPPERS and not _PASSED_OVER.fullmatch(words[at]):
            return Command(name, tuple(words[at + 1 :]), at, privilege)
        at += 2 if words[at] in _WITH_VALUE else 1
    return Command("", (), len(words), privilege)


def pipelines(text: str) -> Iterator[Pipeline]:
    """The pipelines of a shell text, those within substitutions too. Raises ValueError where a quote is not closed."""
    for match in _SUBSTITUTION.finditer(text):
        yield from pipelines(next(filter(None, match.groups()), ""))
    commands: list[list[str]] = [[]]
    for token in (*_tokens(text), ";"):
        if token in _SEPARATORS:
            yield tuple(read(words) for words in commands if words)
            commands = [[]]
        elif token in {"|", "|&"}:
            commands.append([])
        else:
            commands[-1].append(token)


def _name(program: str) -> str:
    """`/usr/bin/python3.11` is `python`."""
    return re.sub(r"(?<=[a-z])[\d.]+$", "", program.rsplit("/", 1)[-1])


def _tokens(text: str) -> Iterator[str]:
    """Words without their quotes, and the signs between commands."""
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        if match["sign"]:
            yield match["sign"]
        elif match["word"]:
            yield _PIECE.sub(lambda piece: piece[1] or piece[2] or piece[3] or "", match["word"])
    if at < len(text):
        raise ValueError(f"unclosed quote at {at}")
