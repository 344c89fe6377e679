"""Words that stand for themselves, numbers and quoted texts."""

import re
from typing import Any

from rustchain.logic.expressions.errors import InvalidExpression
from rustchain.logic.expressions.tokens import Token

CONSTANTS: dict[str, Any] = {"true": True, "True": True, "false": False, "False": False} | dict.fromkeys(
    ("none", "None", "null")
)
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", *CONSTANTS})
"""Words that name no value of the mission."""

MAX_DIGITS = 400
_ESCAPE = re.compile(r"\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "\n": ""}


def number(token: Token) -> int | float:
    """The number that a token stands for."""
    text = token.text.replace("_", "").lower()
    if len(text) > MAX_DIGITS:
        raise InvalidExpression(f"a number has more than {MAX_DIGITS} digits", token.start)
    if text[:2] in {"0x", "0b", "0o"}:
        return int(text, base=0)
    value = float(text) if set(text) & set(".e") else int(text)
    if value == float("inf"):
        raise InvalidExpression(f"`{token.text}` is too large", token.start)
    return value


def string(token: Token) -> str:
    """The text that a quoted token stands for; a backslash before anything but a known letter stays."""
    text = _ESCAPE.sub(_unescape, token.text[1:-1])
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise InvalidExpression("half of a surrogate pair is no character", token.start) from None


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, base=16)) if code else _ESCAPES.get(match[3], match[0])
