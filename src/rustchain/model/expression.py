"""A text with expressions in it, taken apart: what the splitter finds and the renderer evaluates."""

from typing import NamedTuple


class Reference(NamedTuple):
    """A dotted name: `a.output.rows[0].total` is root `a`, path ("output", "rows", 0, "total")."""

    root: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)


class Expression(NamedTuple):
    """`source` without braces; every reference in it; `plain` when it is nothing but its one reference."""

    source: str
    references: tuple[Reference, ...]
    plain: bool
    offset: int = 0
    """Where `source` starts in the text it was found in, in characters."""


class Template(NamedTuple):
    """Literal texts and expressions in order. Exactly one expression and nothing else keeps its type."""

    parts: tuple[str | Expression, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions alone."""
        return tuple(p for p in self.parts if isinstance(p, Expression))

    @property
    def whole(self) -> bool:
        """Whether the text is exactly one expression."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Expression)

    @property
    def source(self) -> str:
        """The text again."""
        return "".join(p if isinstance(p, str) else f"{{{{ {p.source} }}}}" for p in self.parts)
