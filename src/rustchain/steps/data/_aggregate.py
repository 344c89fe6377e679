"""The CSV operation aggregate: one row for each group, in bounded memory."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from sys import getsizeof
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import doc
from rustchain.steps.data._operation import Operation, Work
from rustchain.steps.data._sorting import Sorting, sort_rows
from rustchain.steps.data._table import (
    Cell,
    Key,
    Number,
    Row,
    Table,
    distinct,
    missing,
    number,
    order,
    rank,
    text,
)

GROUPS_BYTES = 16 << 20
"""Groups of about this size are held at once; beyond it, partial results are sorted on disk and put together."""
Fold = Literal["count", "sum", "min", "max"]


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a group. Empty cells are left out; without a column, `count` counts rows."""

    op: Annotated[Literal["sum", "count", "mean", "min", "max"], doc("How the group's cells become one.")]
    column: Annotated[str | UnsetType, doc("The column they are in.")] = UNSET

    def __post_init__(self) -> None:
        if self.column is UNSET and self.op != "count":
            raise ValueError(f"{self.op} needs a column")


class Aggregate(Operation, frozen=True):
    """Make one row of each group of rows with equal cells; groups come out in order."""

    values: Annotated[dict[str, Value], doc("What to make of each group, by its new header.")]
    by: Annotated[list[str], doc("Headers whose cells make a group; none: all rows are one.")] = []

    def apply(self, table: Table, work: Work) -> Table:
        groups = _Groups(table.columns(self.by), _slots(self.values, table))
        parts = sort_rows(groups.parts(table.rows), Sorting(groups.order(), work.check))
        width = len(self.by)
        rows = ([*row[:width], *_finished(row[width:], self.values)] for row in groups.merged(parts))
        return Table(distinct([*self.by, *self.values]), rows)


class _Slot(NamedTuple):
    """One cell of a group's state."""

    fold: Fold
    column: int
    """-1: none, for the count of rows."""
    header: str

    def take(self, row: Row) -> Cell:
        """What one row brings."""
        if self.column < 0:
            return 1
        cell = row[self.column]
        if self.fold == "count":
            return int(not missing(cell))
        if missing(cell):
            return None
        return self._number(cell) if self.fold == "sum" else cell

    def join(self, one: Cell, other: Cell) -> Cell:
        """What two parts of a group bring together."""
        if one is None or other is None:
            return other if one is None else one
        return _JOINS[self.fold](one, other)

    def _number(self, cell: Cell) -> Number:
        if (value := number(cell)) is None:
            message = f"column {self.header!r} holds {text(cell)[:80]!r}, which is no number"
            raise StepFailed(Failure.INVALID_DATA, message)
        return value


_JOINS: Mapping[Fold, Callable[[Any, Any], Cell]] = {
    "count": operator.add,
    "sum": operator.add,
    "min": lambda one, other: min(one, other, key=rank),
    "max": lambda one, other: max(one, other, key=rank),
}


def _slots(values: Mapping[str, Value], table: Table) -> list[_Slot]:
    """A mean takes two, a sum and a count; all others one."""
    found = []
    for value in values.values():
        folds: Sequence[Fold] = ("sum", "count") if value.op == "mean" else (value.op,)
        header = "" if value.column is UNSET else value.column
        column = -1 if value.column is UNSET else table.column(value.column)
        found += [_Slot(fold, column, header) for fold in folds]
    return found


class _Groups(NamedTuple):
    """
    Groups of rows whose cells `by` are equal as CSV writes them.

    Each is a row of those cells and of its state, a cell for each slot.
    """

    by: Sequence[int]
    slots: Sequence[_Slot]

    def parts(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The groups; one comes again where there were too many to hold."""
        held: dict[tuple[str, ...], Row] = {}
        size = 0
        for row in rows:
            group = [row[c] for c in self.by]
            part = [*group, *[slot.take(row) for slot in self.slots]]
            key = tuple(map(text, group))
            if key in held:
                held[key] = self.joined(held[key], part)
                continue
            held[key] = part
            size += getsizeof(part) + sum(map(getsizeof, part))
            if size >= GROUPS_BYTES:
                yield from held.values()
                held, size = {}, 0
        yield from held.values()

    def joined(self, one: Row, other: Row) -> Row:
        """Two parts of a group as one."""
        width = len(self.by)
        states = zip(self.slots, one[width:], other[width:], strict=True)
        return [*one[:width], *[slot.join(a, b) for slot, a, b in states]]

    def order(self) -> Key:
        """Numbers by value, then as they are written, so that parts of one group are neighbours."""
        ranked = order(range(len(self.by)))
        return lambda row: (*ranked(row), *((0, 0, t) for t in self.texts(row)))

    def texts(self, row: Row) -> list[str]:
        """What makes a group."""
        return [text(cell) for cell in row[: len(self.by)]]

    def merged(self, parts: Iterator[Row]) -> Iterator[Row]:
        """Whole groups, of parts in order."""
        for _, same in groupby(parts, self.texts):
            yield reduce(self.joined, same)


def _finished(state: Row, values: Mapping[str, Value]) -> Row:
    cells = iter(state)
    return [_mean(next(cells), next(cells)) if v.op == "mean" else next(cells) for v in values.values()]


def _mean(total: Any, count: Any) -> Cell:
    return total / count if count else None
