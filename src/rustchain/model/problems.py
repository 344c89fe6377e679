"""One thing wrong with a document: what, where, and what may have been meant."""

from typing import NamedTuple


class Position(NamedTuple):
    """A place in a text. `line` and `column` count from 1; `length` is in characters."""

    line: int
    column: int
    length: int = 1


DocumentPath = tuple[str | int, ...]
"""Keys and indexes from the document's root: ("steps", 3, "depends_on", 0)."""


class Related(NamedTuple):
    """Another place that belongs to a problem: `label` says what is there; `at` is filled in as a problem's is."""

    path: DocumentPath
    label: str
    at: Position | None = None


class Problem(NamedTuple):
    """
    A problem in a document. `path` says where in the data; `key` points at the key itself instead of its
    value; `at` is the position in the text, filled in by whoever holds the text; `source` is the file's name.
    """

    code: str
    message: str
    path: DocumentPath = ()
    key: bool = False
    suggestion: str | None = None
    help: str | None = None
    at: Position | None = None
    source: str | None = None
    line_text: str | None = None
    warning: bool = False
    related: tuple[Related, ...] = ()
    excerpt: str | None = None
    """The part of the text at `path` that it is about."""

    def below(self, path: DocumentPath) -> "Problem":
        """The same problem in a document that holds, at `path`, the one it was found in."""
        related = tuple(r._replace(path=(*path, *r.path)) for r in self.related)
        return self._replace(path=(*path, *self.path), related=related)
