"""
Rows under headers, one at a time: what CSV operations work on.

Cells are text as read from CSV, or plain JSON values once converted or given as records. A text counts as a number
where it is written as one, such as `-3`, `.5` or `1e6`, and a double can hold it; spaces around it do not matter.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

Cell = str | int | float | bool | None
Row = list[Cell]
Number = int | float
Rank = tuple[int, Number, str]
Key = Callable[[Row], tuple[Rank, ...]]

_NUMBER = re.compile(
    r"[ \t]*[-+]?(?:[0-9]+(?P<fraction>\.[0-9]*)?|(?P<bare>\.[0-9]+))(?P<exponent>[eE][-+]?[0-9]+)?[ \t]*"
)


class Table(NamedTuple):
    """Headers, all different, and rows with as many cells each; rows can be walked once."""

    headers: list[str]
    rows: Iterator[Row]

    def column(self, header: str) -> int:
        """Where a column is; StepFailed (invalid_parameters) where there is none of this name."""
        try:
            return self.headers.index(header)
        except ValueError:
            known = ", ".join(self.headers)
            raise StepFailed(
                Failure.INVALID_PARAMETERS, f"no column {header!r}; there are: {known}"
            ) from None

    def columns(self, headers: Iterable[str]) -> list[int]:
        """Where columns are."""
        return [self.column(h) for h in headers]


def distinct(headers: Sequence[str]) -> list[str]:
    """The headers, checked to be all different; StepFailed (invalid_parameters) otherwise."""
    if (twice := repeated(headers)) is not None:
        raise StepFailed(Failure.INVALID_PARAMETERS, f"two columns would be called {twice!r}")
    return list(headers)


def repeated(headers: Sequence[str]) -> str | None:
    """The first header that stands a second time."""
    return next((h for i, h in enumerate(headers) if h in headers[:i]), None)


def missing(cell: Cell) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or cell == ""


def number(cell: Cell) -> Number | None:
    """The number that a cell is or is written as; None where it is anything else."""
    if isinstance(cell, str):
        return _written(cell)
    return None if isinstance(cell, bool) else cell


def _written(text: str) -> Number | None:
    match = _NUMBER.fullmatch(text)
    if match is None or not isfinite(value := float(text)):
        return None
    return int(text) if match.lastgroup is None else value


def order(columns: Sequence[int], *, descending: bool = False) -> Key:
    """A sort key over columns; what is missing comes last in either direction."""
    last = -1 if descending else 2
    return lambda row: tuple([rank(row[c], last) for c in columns])


def rank(cell: Cell, last: int = 2) -> Rank:
    """Where a cell stands among others: numbers by value, then texts by character; what is missing, at `last`."""
    if missing(cell):
        return last, 0, ""
    value = number(cell)
    return (1, 0, text(cell)) if value is None else (0, value, "")


def text(cell: Cell) -> str:
    """A cell as CSV has it: nothing as an empty text, true and false as in JSON."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else repr(cell)
