"""CSV operations on columns: normalize, select, rename, convert."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import doc
from rustchain.steps.data._operation import Operation, Work
from rustchain.steps.data._table import Cell, Row, Table, distinct, missing, number, text

Kind = Literal["integer", "number", "boolean", "string", "date"]


class Normalize(Operation, frozen=True):
    """Trim cells, write headers in lower snake case, drop rows without anything in them."""

    def apply(self, table: Table, work: Work) -> Table:
        return Table(_normal_headers(table.headers), _normal_rows(table.rows))


def _normal_headers(headers: list[str]) -> list[str]:
    """`Unit price (€)` as `unit_price`; an empty one as `column_2`, one given before as `name_2`."""
    found: list[str] = []
    for place, header in enumerate(headers, 1):
        plain = re.sub(r"\W+", "_", header).strip("_").lower() or f"column_{place}"
        name, count = plain, 1
        while name in found:
            name, count = f"{plain}_{count + 1}", count + 1
        found.append(name)
    return found


def _normal_rows(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        trimmed: Row = [c.strip() if isinstance(c, str) else c for c in row]
        if not all(map(missing, trimmed)):
            yield trimmed


class Select(Operation, frozen=True):
    """Keep only these columns, in this order."""

    columns: Annotated[list[str], doc("Headers.")]

    def apply(self, table: Table, work: Work) -> Table:
        kept = table.columns(self.columns)
        return Table(distinct(self.columns), ([row[i] for i in kept] for row in table.rows))


class Rename(Operation, frozen=True):
    """Give columns other headers."""

    columns: Annotated[dict[str, str], doc("New headers by old ones.")]

    def apply(self, table: Table, work: Work) -> Table:
        table.columns(self.columns)
        return Table(distinct([self.columns.get(h, h) for h in table.headers]), table.rows)


class Convert(Operation, frozen=True):
    """Read texts as values: `integer`, `number`, `boolean`, `string` or `date` (ISO 8601); empty cells become null."""

    columns: Annotated[dict[str, Kind], doc("Kinds of value by header.")]

    def apply(self, table: Table, work: Work) -> Table:
        kinds = {table.column(header): kind for header, kind in self.columns.items()}
        return Table(table.headers, _converted(table, kinds))


def _converted(table: Table, kinds: Mapping[int, Kind]) -> Iterator[Row]:
    for count, row in enumerate(table.rows, 1):
        for column, kind in kinds.items():
            if missing(row[column]):
                row[column] = None
                continue
            try:
                row[column] = _READERS[kind](row[column])
            except ValueError as error:
                shown = text(row[column])[:80]
                message = f"row {count}: {table.headers[column]!r} holds {shown!r}, which is no {kind}"
                raise StepFailed(Failure.INVALID_DATA, message, detail={"row": count}) from error
        yield row


def _number(cell: Cell) -> Cell:
    value = number(cell)
    if value is None:
        raise ValueError
    return value


def _integer(cell: Cell) -> Cell:
    value = _number(cell)
    if not isinstance(value, int):
        raise ValueError
    return value


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _boolean(cell: Cell) -> Cell:
    try:
        return _BOOLEANS[text(cell).strip().lower()]
    except KeyError:
        raise ValueError from None


def _date(cell: Cell) -> Cell:
    return date.fromisoformat(text(cell).strip()).isoformat()


_READERS: Mapping[Kind, Callable[[Cell], Cell]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": text,
    "date": _date,
}
