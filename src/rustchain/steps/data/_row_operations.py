"""CSV operations on rows: filter, sort, dedupe, head."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from typing import Annotated, Any

from msgspec import Meta, json

from rustchain.logic.expressions import EvaluationFailed, bare, compile_predicate
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Expr, doc
from rustchain.steps.data._operation import Operation, Work
from rustchain.steps.data._sorting import Sorting, sort_rows
from rustchain.steps.data._table import Cell, Row, Table, number, order, text


class Filter(Operation, frozen=True):
    """Keep the rows for which an expression is true."""

    where: Annotated[
        Expr,
        doc(
            "An expression without braces, such as `price > 10 or name is none`. Columns are read by their headers, or "
            "as `row['unit price']`; a text written as a number is that number, an empty cell is null."
        ),
    ]

    def __post_init__(self) -> None:
        compile_predicate(self.where)

    def apply(self, table: Table, work: Work) -> Table:
        roots = {reference.root for reference in bare(self.where).expressions[0].references}
        whole = "row" in roots and "row" not in table.headers
        columns = {header: table.column(header) for header in roots - ({"row"} if whole else set())}
        return Table(table.headers, self._kept(table, columns, whole=whole))

    def _kept(self, table: Table, columns: Mapping[str, int], *, whole: bool) -> Iterator[Row]:
        predicate = compile_predicate(self.where)
        for count, row in enumerate(table.rows, 1):
            names: dict[str, Any] = {header: _seen(row[column]) for header, column in columns.items()}
            if whole:
                names["row"] = dict(zip(table.headers, map(_seen, row), strict=True))
            try:
                answer = predicate(names)
            except EvaluationFailed as error:
                raise _unanswered(self.where, count, str(error)) from error
            if not isinstance(answer, bool):
                raise _unanswered(self.where, count, "it is neither true nor false")
            if answer:
                yield row


def _seen(cell: Cell) -> Cell:
    """A cell as expressions see it."""
    if isinstance(cell, str):
        value = number(cell)
        return (cell or None) if value is None else value
    return cell


def _unanswered(where: str, count: int, message: str) -> StepFailed:
    return StepFailed(Failure.INVALID_DATA, f"row {count}: {where}: {message}", detail={"row": count})


class Sort(Operation, frozen=True):
    """Sort rows by columns, stably: numbers by value before texts by character, empty cells last."""

    by: Annotated[str | list[str], doc("The header to sort by, or several.")]
    descending: Annotated[bool, doc("The largest first; empty cells are still last.")] = False

    def apply(self, table: Table, work: Work) -> Table:
        columns = table.columns([self.by] if isinstance(self.by, str) else self.by)
        how = Sorting(order(columns, descending=self.descending), work.check, self.descending)
        return Table(table.headers, sort_rows(table.rows, how))


class Dedupe(Operation, frozen=True):
    """Keep the first of the rows that are equal in some columns, as CSV writes them."""

    by: Annotated[list[str], doc("The headers that matter; none: all.")] = []

    def apply(self, table: Table, work: Work) -> Table:
        columns = table.columns(self.by or table.headers)
        return Table(table.headers, _first_ones(table.rows, columns))


def _first_ones(rows: Iterator[Row], columns: Sequence[int]) -> Iterator[Row]:
    """Digests seen are kept by SQLite in a private file that it makes once they outgrow its cache of 16 MiB."""
    with closing(sqlite3.connect("", isolation_level=None)) as seen:
        seen.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
            "CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID; BEGIN;"
        )
        for row in rows:
            digest = blake2b(json.encode([text(row[c]) for c in columns]), digest_size=16).digest()
            if seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount:
                yield row


class Head(Operation, frozen=True):
    """Keep the first rows."""

    count: Annotated[int, doc("How many."), Meta(ge=0)]

    def apply(self, table: Table, work: Work) -> Table:
        return Table(table.headers, islice(table.rows, self.count))
