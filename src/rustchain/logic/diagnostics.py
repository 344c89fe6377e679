"""Problems as texts for people: the place, the line, what may have been meant."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from rustchain.model.problems import Position, Problem

_WIDTH = 100
"""The most characters of a source line that are shown."""
_LISTED = 20
"""Names in a list that are shown."""
_COMPARISONS = 200_000
"""How many pairs of words are compared before suggestions end: a file full of mistakes is answered soon all the same."""
_ESCAPES = {ord(c): f"\\x{ord(c):02x}" for c in map(chr, [*range(32), *range(127, 160)])} | {ord("\t"): " "}
_RED, _BLUE, _BOLD, _PLAIN = "\x1b[31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"


class Suggestions:
    """Finds what may have been meant."""

    def __init__(self) -> None:
        self._left = _COMPARISONS

    def closest(self, word: str, words: Collection[str]) -> str | None:
        """The word most like this one; None where none is like it."""
        if len(word) > 200 or len(words) > self._left:
            return None
        self._left -= len(words)
        lower = {w.lower(): w for w in words}
        found = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
        return lower[found[0]] if found else None


def choices(what: str, known: Sequence[str], written: str) -> str:
    """Help for a name that is none of those known: the one that may have been meant, else which there are."""
    meant = Suggestions().closest(written, known)
    return f"did you mean {meant!r}?" if meant else f"{what}: {listed(known)}"


def listed(names: Sequence[str]) -> str:
    """Names for a message; of many the first."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return (", ".join(names[:_LISTED]) or "none") + more


def render(problem: Problem, *, colour: bool = False) -> str:
    """A problem as several lines of text, without a line feed at the end."""
    kind = "warning" if problem.warning else "error"
    lines = [
        _paint(f"{kind}[{problem.code}]", _RED, colour)
        + _paint(f": {_clean(problem.message)}", _BOLD, colour)
    ]
    place = _place(problem.source, problem.at)
    margin = " " * len(str(problem.at.line)) if problem.at else " "
    if place:
        lines.append(f"{margin}{_paint('-->', _BLUE, colour)} {place}")
    if problem.at and problem.line_text is not None:
        lines += _excerpt(problem, problem.at, problem.line_text, margin, colour)
    elif problem.suggestion:
        lines.append(f"{margin} = did you mean {problem.suggestion!r}?")
    lines += [f"{margin} = note: {_clean(r.label)} ({_place(problem.source, r.at)})" for r in problem.related]
    if problem.help:
        lines.append(f"{margin} = help: {_clean(problem.help)}")
    return "\n".join(lines)


def _excerpt(problem: Problem, at: Position, text: str, margin: str, colour: bool) -> list[str]:
    """The source line with carets below; of a long line the part around the place."""
    start = max(0, at.column - 1 - _WIDTH // 2) if len(text) > _WIDTH else 0
    before = _clean(text[start : at.column - 1])
    shown = before + _clean(text[at.column - 1 : start + _WIDTH])
    carets = "^" * max(1, min(at.length, len(shown) - len(before)))
    said = f" did you mean {problem.suggestion!r}?" if problem.suggestion else ""
    bar = _paint("|", _BLUE, colour)
    return [
        f"{margin} {bar}",
        f"{at.line} {bar} {shown}".rstrip(),
        f"{margin} {bar} {' ' * len(before)}{_paint(carets, _RED, colour)}{said}",
    ]


def _place(source: str | None, at: Position | None) -> str:
    parts = [_clean(source or ""), *((str(at.line), str(at.column)) if at else ())]
    return ":".join(p for p in parts if p)


def _clean(text: str) -> str:
    """The text with control characters made visible: a file's content never steers the terminal."""
    return text.translate(_ESCAPES)


def _paint(text: str, escape: str, colour: bool) -> str:
    return f"{escape}{text}{_PLAIN}" if colour else text
