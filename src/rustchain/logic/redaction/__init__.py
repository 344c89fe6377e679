"""Secrets out of texts, JSON and logs, however they were encoded on the way."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

_SCALAR = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*')
"""A text or number of a JSON document."""


class _Found(NamedTuple):
    """Where a spelling of a secret stands, and whose it is."""

    start: int
    end: int
    name: str


_Finder = Callable[[str], Iterable[_Found]]
_Masked = tuple[str, int]


class _Scan(NamedTuple):
    """How secrets are found, and how many characters at the end of a text may be the beginning of one."""

    find: _Finder
    hold: int


class Redactor:
    """
    Puts `[secret:NAME]` in place of secrets, given by name, in every spelling of `spellings`.

    Where spellings overlap, all of what they cover goes, under the name of the leftmost, and of the longest there.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets: tuple[tuple[str, str], ...] = ()
        self._scan: _Scan | None = None
        self.add(secrets.items())

    def add(self, secrets: Iterable[tuple[str, str]]) -> None:
        """Mask these as well, by name, from now on; streams that have begun do so too. Names may come up again."""
        new = [secret for secret in secrets if secret not in self._secrets]
        if new:
            self._secrets = (*self._secrets, *new)
            self._scan = _scan(self._secrets)

    def text(self, text: str) -> str:
        """The text without secrets."""
        scan = self._scan
        return text if scan is None else _mask(scan.find, text, len(text), 0)[0]

    def json(self, data: bytes) -> bytes:
        """JSON without secrets in its texts, names and numbers; still JSON, and the same bytes where there are none."""
        scan = self._scan
        if scan is None:
            return data
        text = data.decode()
        if "\\" not in text and not list(scan.find(text)):  # without escapes every text is spelled as it is
            return data
        return _SCALAR.sub(self._scalar, text).encode()

    def stream(self) -> "Stream":
        """A redactor of a text that comes in pieces."""
        return Stream(lambda: self._scan)

    def _scalar(self, match: re.Match[str]) -> str:
        written = match[0]
        text = json.loads(written) if written[0] == '"' else written
        masked = self.text(text)
        return written if masked == text else json.dumps(masked)


class Stream:
    """Redacts a text piece by piece; all pieces together give what the whole text would."""

    def __init__(self, scan: Callable[[], _Scan | None]) -> None:
        self._scan = scan
        self._held = ""
        self._covered = 0

    def feed(self, text: str) -> str:
        """What can be shown after another piece: all but an end in which a secret may have begun."""
        scan = self._scan()
        if scan is None:
            return text
        self._held += text
        return self._release(scan.find, max(0, len(self._held) - scan.hold))

    def finish(self) -> str:
        """What was held back."""
        scan = self._scan()
        return "" if scan is None else self._release(scan.find, len(self._held))

    def _release(self, find: _Finder, limit: int) -> str:
        shown, done = _mask(find, self._held, limit, self._covered)
        self._held = self._held[limit:]
        self._covered = done - limit
        return shown


def _mask(find: _Finder, text: str, limit: int, covered: int) -> _Masked:
    """
    The text up to `limit` with what is found masked, and where the last mask or the text shown ends.

    So many characters at its beginning are `covered` by a mask already shown.
    """
    shown: list[str] = []
    done = covered
    for start, end, name in sorted(find(text), key=lambda f: (f.start, -f.end)):
        if start >= limit:
            break
        if start >= done:
            shown += [text[done:start], f"[secret:{name}]"]
        done = max(done, end)
    shown.append(text[done:limit])
    return "".join(shown), max(done, limit)


def _scan(secrets: Iterable[tuple[str, str]]) -> _Scan | None:
    given = [(name, value) for name, value in secrets if value]
    if not given:
        return None
    # Loaded here because a mission without secrets needs none of it.
    from rustchain.logic.redaction.spellings import spellings

    patterns = {spelling: name for name, value in reversed(given) for spelling in spellings(value)}
    return _Scan(_finder(patterns), max(map(len, patterns)) - 1) if patterns else None


def _finder(patterns: Mapping[str, str]) -> _Finder:
    # Loaded here because a mission without secrets needs none of it.
    from ahocorasick_rs import AhoCorasick

    names = list(patterns.values())
    automaton = AhoCorasick(list(patterns), store_patterns=False)

    def find(text: str) -> Iterable[_Found]:
        whole = text.encode(errors="replace").decode()  # half a surrogate pair is no character to the library
        matches = automaton.find_matches_as_indexes(whole, overlapping=True)
        return [_Found(start, end, names[pattern]) for pattern, start, end in matches]

    return find
