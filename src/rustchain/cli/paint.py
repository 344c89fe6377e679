"""Colours and marks of what people read."""

import sys
from typing import Any

import msgspec

_WIDTH = 90
_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}
_ASCII = {"✔": "+", "✖": "x", "●": "*", "○": "-", "▶": ">", "↻": "~", "…": "...", "│": "|"}

_ESCAPES = {chr(code): f"\\x{code:02x}" for code in (*range(32), 127)} | {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def paint(text: str, style: str, colour: bool) -> str:
    """The text in a colour, where colours are wanted."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if colour else text


def mark(sign: str) -> str:
    """A sign, or what stands for it where stderr cannot show it."""
    # the original: a live display puts something in the place of sys.stderr that knows no encoding
    encoding = sys.__stderr__.encoding if sys.__stderr__ else ""
    return sign if encoding.lower().startswith("utf") else _ASCII[sign]


def seconds(milliseconds: int) -> str:
    """A duration as people say it: `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 20 min`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def short(value: Any) -> str:
    """A value on one line of 90 characters at the most; a text as it is, all else as JSON."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = "".join(_ESCAPES.get(sign, sign) for sign in text[: _WIDTH + 1])
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
