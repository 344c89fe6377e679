"""Figures about each column, gathered in one pass and bounded memory."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from math import fsum, inf, isfinite, sqrt
from typing import Annotated, cast

from msgspec import Struct

from rustchain.stepkit import doc
from rustchain.steps.data._table import Cell, Number, Row, Table, number

BATCH = 512
MAX_DISTINCT = 10_000
_SHARED = 20 * MAX_DISTINCT
"""How many different values are told apart in all columns together."""
_SURE = 300
"""Digits that any double can hold."""
_EXACT = 2.0**53
"""Below this a double holds every integer."""
_DIGITS = re.compile(r"[-+0-9 \t]*")
_NUMERIC = re.compile(r"[-+0-9.eE \t]*")


class ColumnStatistics(Struct):
    """Figures about one column. Those from `sum` on are about its numbers, null where it has none."""

    count: Annotated[int, doc("Cells that hold something.")]
    missing: Annotated[int, doc("Empty cells.")]
    numbers: Annotated[int, doc("Cells that hold a number.")]
    distinct: Annotated[
        int | None,
        doc("Different values; null beyond 10,000 of them (200,000 in all columns of a wide table)."),
    ]
    sum: Annotated[Number | None, doc("Their sum.")] = None
    min: Annotated[Number | None, doc("The smallest.")] = None
    max: Annotated[Number | None, doc("The largest.")] = None
    mean: Annotated[Number | None, doc("Their mean.")] = None
    stddev: Annotated[
        Number | None, doc("Their sample standard deviation (divided by n - 1); null for a single number.")
    ] = None


class Observer:
    """Gathers figures about a table from the rows that pass through it."""

    def __init__(self, table: Table) -> None:
        limit = min(MAX_DISTINCT, _SHARED // max(1, len(table.headers)))
        self._columns = {h: _Column(limit) for h in table.headers}
        self.table = Table(table.headers, self._observed(table.rows))

    def _observed(self, rows: Iterator[Row]) -> Iterator[Row]:
        while batch := list(islice(rows, BATCH)):
            for column, cells in zip(self._columns.values(), zip(*batch, strict=True), strict=True):
                column.add(cells)
            yield from batch

    def statistics(self) -> dict[str, ColumnStatistics]:
        """The figures so far, by header."""
        return {header: column.statistics() for header, column in self._columns.items()}


class _Column:
    """
    Figures about a growing column, batch by batch.

    Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[int] | None = set()
        self._present = self._missing = self._numbers = 0
        self._total: Number = 0
        self._squares = 0.0
        self._range: tuple[Number, Number] | None = None

    def add(self, cells: Sequence[Cell]) -> None:
        present = [c for c in cells if c is not None and c != ""]
        self._present += len(present)
        self._missing += len(cells) - len(present)
        if self._seen is not None:
            self._seen.update(map(hash, present))
            self._seen = self._seen if len(self._seen) <= self._limit else None
        if values := numbers(present):
            self._add(values)

    def _add(self, values: Sequence[Number]) -> None:
        before, n, total = self._numbers, len(values), _sum(values)
        mean = total / n
        self._squares += _sum([(v - mean) * (v - mean) for v in values])
        if before:
            apart = mean - self._total / before
            self._squares += apart * apart * before * n / (before + n)
        self._numbers += n
        self._total = _sum([self._total, total])
        ends = (min(values), max(values), *(self._range or ()))
        self._range = (min(ends), max(ends))

    def statistics(self) -> ColumnStatistics:
        distinct = None if self._seen is None else len(self._seen)
        found = ColumnStatistics(self._present, self._missing, self._numbers, distinct)
        if self._range is not None:
            found.min, found.max = self._range
            found.sum, found.mean = _finite(self._total), _finite(self._total / self._numbers)
        if self._numbers > 1:
            found.stddev = _finite(sqrt(self._squares / (self._numbers - 1)))
        return found


def numbers(cells: Sequence[Cell]) -> list[Number]:
    """The numbers among cells; quick where every cell is a text written as a number."""
    try:
        return _written(cast("Sequence[str]", cells))
    except (TypeError, ValueError):
        return [v for c in cells if (v := number(c)) is not None]


def _written(cells: Sequence[str]) -> list[Number]:
    """All cells as numbers; TypeError or ValueError where one is something else."""
    joined = "".join(cells)
    if _DIGITS.fullmatch(joined) and max(map(len, cells), default=0) < _SURE:
        return list(map(int, cells))
    if not _NUMERIC.fullmatch(joined):
        raise ValueError
    values = list(map(float, cells))
    if not -_EXACT < min(values) <= max(values) < _EXACT:
        raise ValueError
    return [*values]


def _sum(values: Sequence[Number]) -> Number:
    """Exact for integers, correctly rounded for others; infinite where a double cannot hold it."""
    try:
        total = sum(values)
        return total if isinstance(total, int) else fsum(values)
    except OverflowError:
        return inf


def _finite(value: Number) -> Number | None:
    return value if isinstance(value, int) or isfinite(value) else None
