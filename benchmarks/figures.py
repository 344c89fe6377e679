"""Figures, their goals, and what was committed."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

COMMITTED = Path(__file__).with_name("committed.json")
TOLERANCE = 1.2
"""How much worse than the committed ratio a ratio may be."""


class Figure(Struct, frozen=True, kw_only=True):
    """A cost: the lower the better. `ratio` is to what stands in `against`, measured in the same run."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    ratio: float | None = None
    against: str = ""

    @property
    def missed(self) -> bool:
        """Whether the goal is missed."""
        return self.goal is not None and self.value > self.goal


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of runs that were made one after the other."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def committed() -> dict[str, float]:
    """The committed ratios by the names of their figures."""
    return msgspec.json.decode(COMMITTED.read_bytes(), type=dict[str, float]) if COMMITTED.exists() else {}


def commit(figures: Iterable[Figure]) -> None:
    """Make the ratios of these figures the committed ones."""
    ratios = {f.name: round(f.ratio, 3) for f in figures if f.ratio is not None}
    everything = msgspec.json.encode({**committed(), **ratios}, order="deterministic")
    COMMITTED.write_bytes(msgspec.json.format(everything) + b"\n")


def worse(figure: Figure, before: Mapping[str, float]) -> bool:
    """Whether a ratio is worse than the committed one by more than is tolerated."""
    then = before.get(figure.name)
    return then is not None and figure.ratio is not None and figure.ratio > TOLERANCE * then


def table(figures: Iterable[Figure], before: Mapping[str, float]) -> str:
    """The figures for people."""
    head = ("what", "cost", "goal", "", "ratio", "committed", "", "to")
    rows = [head, *(_row(figure, before) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(figure: Figure, before: Mapping[str, float]) -> tuple[str, ...]:
    goal = "" if figure.goal is None else f"{figure.goal:.4g}"
    then = before.get(figure.name)
    return (
        figure.name,
        f"{figure.value:.4g} {figure.unit}",
        goal,
        "missed" if figure.missed else "met" if goal else "",
        "" if figure.ratio is None else f"{figure.ratio:.3g}",
        "" if then is None else f"{then:.3g}",
        "WORSE" if worse(figure, before) else "",
        figure.against,
    )
