"""How a secret may be spelled in what programs, services and people write."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Derived spellings below this many characters would mask too much."""
SHORTEST_LINE = 8
"""Lines of a secret from this many bytes on are secrets themselves."""

_SHELL_SPECIAL = re.compile(r"([^\w@%+=:,./-])")
_PERCENT = re.compile(r"%[\dA-F]{2}")


def spellings(secret: str) -> set[str]:
    """The secret itself, its encodings, and those of its longer lines; none for an empty text."""
    lines = [line.strip() for line in secret.splitlines()]
    parts = {
        secret,
        secret.strip(),
        *(line for line in lines if len(line.encode(errors="surrogateescape")) >= SHORTEST_LINE),
    }
    derived = {spelling for part in parts for spelling in _encodings(part) if len(spelling) >= SHORTEST}
    return {spelling for spelling in (secret, *derived) if spelling and _is_text(spelling)}


def _is_text(text: str) -> bool:
    """Whether it can occur in UTF-8; bytes of the environment that are none become halves of surrogate pairs."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _encodings(text: str) -> Iterator[str]:
    data = text.encode(errors="surrogateescape")
    yield from (text, text[::-1], data.hex(), data.hex().upper(), repr(text)[1:-1], repr(data)[2:-1])
    yield from _in_urls(data)
    yield from _in_json(text)
    yield from _in_html(text)
    yield from _in_shells(text)
    yield from _in_base64(data)


def _in_urls(data: bytes) -> Iterator[str]:
    for encoded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield encoded
        yield _PERCENT.sub(lambda match: match[0].lower(), encoded)


def _in_json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (once, once.replace("/", "\\/"), json.dumps(once, ensure_ascii=ascii_only)[1:-1])


def _in_html(text: str) -> Iterator[str]:
    escaped = html.escape(text)
    yield from (escaped, html.escape(text, quote=False))
    yield from (escaped.replace("&#x27;", "&#39;").replace("&quot;", other) for other in ("&quot;", "&#34;"))
    yield escaped.replace("&#x27;", "&apos;")


def _in_shells(text: str) -> Iterator[str]:
    yield from (text.replace("'", "'\\''"), text.replace("'", "'\"'\"'"), _SHELL_SPECIAL.sub(r"\\\1", text))


def _in_base64(data: bytes) -> Iterator[str]:
    """The characters that depend on the secret alone, wherever it starts in a group of three bytes."""
    for before in range(3):
        first, last = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        padded = bytes(before) + data
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(padded).decode()[first:last]
