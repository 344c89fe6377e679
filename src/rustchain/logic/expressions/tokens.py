"""Where an expression ends, and the words and signs in it."""

import re
from typing import NamedTuple

from rustchain.logic.expressions.errors import InvalidExpression

MAX_CHARACTERS = 10_000
MAX_TOKENS = 1_000
MAX_DEPTH = 40
MAX_PREFIXES = 100
"""Of `-` and `not`: the parser goes deeper with each."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<name>[^\W\d]\w*)
      | (?P<number>0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%~|<>=.,:()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_PREFIXES = frozenset({"-", "not"})
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """A word or sign of an expression; `start` counts from the beginning of the text."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends."""
        return self.start + len(self.text)


def scan(text: str, start: int, *, braces: bool) -> tuple[list[Token], int]:
    """
    The tokens of the expression at `start`, and where it ends: before its `}}`, or with the text where it has no
    braces. Raises InvalidExpression.
    """
    tokens: list[Token] = []
    open_brackets: list[str] = []
    position = start
    while position < len(text):
        if braces and not open_brackets and text.startswith("}}", position):
            return tokens, position
        token = _token(text, position)
        position = token.end
        if token.kind != "space":
            tokens.append(token)
            _match_brackets(token, open_brackets)
            _limit(tokens, position - start)
    if braces:
        raise InvalidExpression("`{{` without `}}`; for two literal braces write {{ '{{' }}", start - 2)
    return tokens, position


def _token(text: str, position: int) -> Token:
    match = _TOKEN.match(text, position)
    if match is None:
        what = "a string is not closed" if text[position] in "'\"" else f"unexpected {text[position]!r}"
        raise InvalidExpression(what, position)
    return Token(str(match.lastgroup), match.group(), position)


def _match_brackets(token: Token, open_brackets: list[str]) -> None:
    if token.kind != "sign":
        return
    if token.text in _CLOSING:
        open_brackets.append(_CLOSING[token.text])
    elif token.text in ")]}" and (not open_brackets or open_brackets.pop() != token.text):
        raise InvalidExpression(f"`{token.text}` closes nothing", token.start)
    if len(open_brackets) > MAX_DEPTH:
        raise InvalidExpression(f"brackets are nested more than {MAX_DEPTH} deep", token.start)


def _limit(tokens: list[Token], characters: int) -> None:
    if characters > MAX_CHARACTERS or len(tokens) > MAX_TOKENS:
        limit = f"{MAX_CHARACTERS:,} characters or {MAX_TOKENS:,} words and signs"
        raise InvalidExpression(f"the expression is longer than {limit}", tokens[0].start)
    if tokens[-1].text in _PREFIXES and sum(t.text in _PREFIXES for t in tokens) > MAX_PREFIXES:
        raise InvalidExpression(f"more than {MAX_PREFIXES} of `-` and `not`", tokens[-1].start)
