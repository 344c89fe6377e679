"""CSV operations on rows: filter, sort, dedupe, head."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from typing import Annotated

from msgspec import Meta, json

from rustchain.stepkit import doc
from rustchain.steps.data._operation import Operation, Work
from rustchain.steps.data._sorting import Sorting, sort_rows
from rustchain.steps.data._table import Row, Table, order, text


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
