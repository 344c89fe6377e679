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
        width = len(self.by)
        slots = _slots(self.values, table)
        states = _states(table.rows, table.columns(self.by), slots)
        merged = _merged(sort_rows(states, Sorting(_group_order(width), work.check)), width, slots)
        headers = distinct([*self.by, *self.values])
        return Table(headers, (row[:width] + _finished(row[width:], self.values) for row in merged))


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


def _states(rows: Iterator[Row], by: Sequence[int], slots: Sequence[_Slot]) -> Iterator[Row]:
    """Rows of a group's cells and its state; a group comes again where there were too many to hold."""
    groups: dict[tuple[Cell, ...], Row] = {}
    size = 0
    for row in rows:
        group = tuple([row[c] for c in by])
        brought = [slot.take(row) for slot in slots]
        if group in groups:
            groups[group] = _joined(groups[group], brought, slots)
            continue
        groups[group] = brought
        size += getsizeof(group) + sum(map(getsizeof, group)) + sum(map(getsizeof, brought))
        if size >= GROUPS_BYTES:
            yield from ([*key, *state] for key, state in groups.items())
            groups, size = {}, 0
    yield from ([*key, *state] for key, state in groups.items())


def _joined(one: Row, other: Row, slots: Sequence[_Slot]) -> Row:
    return [slot.join(a, b) for slot, a, b in zip(slots, one, other, strict=True)]


def _group_order(width: int) -> Key:
    """Numbers by value, and texts that write one number in different ways apart, so that equal groups are neighbours."""
    ranked = order(range(width))
    return lambda row: (*ranked(row), *((0, 0, text(cell)) for cell in row[:width]))


def _merged(rows: Iterator[Row], width: int, slots: Sequence[_Slot]) -> Iterator[Row]:
    for group, parts in groupby(rows, key=lambda row: row[:width]):
        yield group + reduce(lambda one, other: _joined(one, other, slots), (row[width:] for row in parts))


def _finished(state: Row, values: Mapping[str, Value]) -> Row:
    cells = iter(state)
    return [_mean(next(cells), next(cells)) if v.op == "mean" else next(cells) for v in values.values()]


def _mean(total: Any, count: Any) -> Cell:
    return total / count if count else None
