"""Work through CSV."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import reduce
from posixpath import normpath
from typing import Annotated, Any, Literal

from msgspec import Meta, json

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import (
    UNSET,
    Output,
    Parameters,
    ReadPath,
    Text,
    Unknown,
    UnsetType,
    WritePath,
    doc,
    step,
)
from rustchain.steps.data._aggregate import Aggregate
from rustchain.steps.data._column_operations import Convert, Normalize, Rename, Select
from rustchain.steps.data._csv import Dialect, Report, opened, read_table, refuse, write_table
from rustchain.steps.data._findings import Findings
from rustchain.steps.data._operation import Operation, Statistics, Validate, Work
from rustchain.steps.data._row_operations import Dedupe, Filter, Head, Sort
from rustchain.steps.data._source import exactly_one
from rustchain.steps.data._statistics import ColumnStatistics
from rustchain.steps.data._table import Cell, Row, Table

_NAMED: Mapping[str, Operation] = {
    "statistics": Statistics(),
    "normalize": Normalize(),
    "validate": Validate(),
    "dedupe": Dedupe(),
}
Name = Literal["statistics", "normalize", "validate", "dedupe"]
Described = (
    Statistics | Normalize | Validate | Select | Rename | Convert | Filter | Sort | Aggregate | Dedupe | Head
)


class CsvProcess(Parameters):
    """
    Work through CSV in one pass, however large: figures about it, clean it, filter it, reshape it.

    Operations are applied in their order. Four are named: `statistics` (figures by column), `normalize` (trim cells,
    write headers in lower snake case, drop empty rows), `validate` (fail with every fault of the input), `dedupe`. Said
    in full: `{op: filter, where: amount > 10}`, `{op: select, columns: [a, b]}`, `{op: rename, columns: {old: new}}`,
    `{op: convert, columns: {amount: number}}`, `{op: sort, by: amount, descending: true}`, `{op: head, count: 10}`,
    `{op: dedupe, by: [a]}`, `{op: aggregate, by: [a], values: {total: {op: sum, column: amount}}}`.

    Cells stay texts unless converted. Where numbers matter, a text written as a number counts as one. Without
    `validate`, the first row with too few or too many fields fails the step.

    Given:
        sales.csv: |
          Region,Amount
          EU,12
          US,30
          EU,8

    Example:
        step_type: csv_process
        parameters:
          input_file: sales.csv
          output_file: regions.csv
          operations:
            - normalize
            - validate
            - {op: aggregate, by: [region], values: {total: {op: sum, column: amount}}}
            - {op: sort, by: total, descending: true}
    """

    input_file: Annotated[
        ReadPath | UnsetType, doc("A CSV file (RFC 4180). One of `input_file`, `content`, `records`.")
    ] = UNSET
    content: Annotated[Text | UnsetType, doc("CSV as a text.")] = UNSET
    records: Annotated[
        list[dict[str, Any]] | UnsetType, doc("Rows as objects; lists and objects in them become JSON texts.")
    ] = UNSET
    output_file: Annotated[
        WritePath | UnsetType, doc("Where all rows are written as CSV; may be the input file.")
    ] = UNSET
    operation: Annotated[Name | Described | UnsetType, doc("The only operation.")] = UNSET
    operations: Annotated[list[Name | Described], doc("Operations in their order.")] = []
    delimiter: Annotated[str, Meta(pattern=r'^[^"\r\n]$'), doc("The character between fields.")] = ","
    has_headers: Annotated[
        bool,
        doc(
            "Whether the first line names the columns; else they are column_1, column_2 …, and none is written."
        ),
    ] = True
    encoding: Annotated[str, doc("The encoding of the files.")] = "utf-8"
    max_records: Annotated[int, Meta(ge=0), doc("The most rows in `records`.")] = 1000

    def __post_init__(self) -> None:
        exactly_one(self, "input_file", "content", "records")
        if self.operations and self.operation is not UNSET:
            raise ValueError("operation and operations cannot both be given")
        steps = list(self.steps())
        if sum(isinstance(s, Statistics) for s in steps) > 1:
            raise ValueError("statistics can be gathered once")

    def steps(self) -> Iterator[Operation]:
        """The operations, described."""
        for given in self.operations if self.operation is UNSET else [self.operation]:
            yield _NAMED[given] if isinstance(given, str) else given


class CsvProcessOutput(Output):
    """What came of it."""

    headers: Annotated[list[str], doc("The columns.")]
    records: Annotated[list[dict[str, Cell]], doc("The first rows, as objects.")]
    row_count: Annotated[int, doc("How many rows there are.")]
    truncated: Annotated[bool, doc("Whether `records` is short of rows.")]
    statistics: Annotated[
        dict[str, ColumnStatistics], doc("Figures by column, as of the operation `statistics`; else empty.")
    ]
    output_file: Annotated[str | None, doc("The file written, if any.")]


def _idempotent(parameters: Mapping[str, Any]) -> bool | None:
    """Not where the input is overwritten: a second time it would be another."""
    source, target = (parameters.get(name, UNSET) for name in ("input_file", "output_file"))
    if isinstance(source, Unknown) or isinstance(target, Unknown):
        return None
    return not (isinstance(source, str) and isinstance(target, str) and normpath(source) == normpath(target))


@step(idempotent=_idempotent)
def csv_process(p: CsvProcess, ctx: Context) -> CsvProcessOutput:
    """Read, operate, write: rows pass one at a time."""
    operations = list(p.steps())
    validating = any(isinstance(o, Validate) for o in operations)
    found, work = Findings(), Work(ctx.check, [])
    with ExitStack() as stack:
        source = _source(p, ctx, found.at_line if validating else refuse, stack)
        result = _Result(
            reduce(lambda table, o: o.apply(table, work), operations, source), p.max_records, ctx.check
        )
        if p.output_file is UNSET:
            _exhaust(result.table)
        else:
            write_table(result.table, stack.enter_context(ctx.files.create(p.output_file)), _dialect(p))
        for observer in reversed(work.observers):
            _exhaust(observer.table)
        if validating:
            _validate(source, found)
    return CsvProcessOutput(
        headers=result.table.headers,
        records=result.records,
        row_count=result.count,
        truncated=result.count > len(result.records),
        statistics=work.observers[0].statistics() if work.observers else {},
        output_file=None if p.output_file is UNSET else p.output_file,
    )


def _dialect(p: CsvProcess) -> Dialect:
    return Dialect(p.delimiter, p.has_headers, p.encoding)


def _source(p: CsvProcess, ctx: Context, report: Report, stack: ExitStack) -> Table:
    if p.records is not UNSET:
        return _of_records(p.records)
    given = str(p.content) if p.input_file is UNSET else stack.enter_context(ctx.files.open(p.input_file))
    return read_table(stack.enter_context(opened(given, p.encoding)), _dialect(p), report)


def _of_records(records: list[dict[str, Any]]) -> Table:
    headers = list(dict.fromkeys(header for record in records for header in record))
    return Table(headers, ([_cell(record.get(h)) for h in headers] for record in records))


def _cell(value: Any) -> Cell:
    return json.encode(value).decode() if isinstance(value, dict | list) else value


class _Result:
    """A table that keeps the first rows that pass, and counts all."""

    def __init__(self, table: Table, most: int, check: Callable[[], None]) -> None:
        self.records: list[dict[str, Cell]] = []
        self.count = 0
        self._most = most
        self._check = check
        self.table = Table(table.headers, self._counted(table))

    def _counted(self, table: Table) -> Iterator[Row]:
        for row in table.rows:
            if self.count < self._most:
                self.records.append(dict(zip(table.headers, row, strict=True)))
            self.count += 1
            if not self.count % 1024:
                self._check()
            yield row


def _exhaust(table: Table) -> None:
    """Have all rows pass that nobody asked for: what is gathered on the way is about all of them."""
    deque(table.rows, maxlen=0)


def _validate(source: Table, found: Findings) -> None:
    """Fail with all that was found wrong while reading, and what is wrong with the headers."""
    _exhaust(source)
    for place, header in enumerate(source.headers, 1):
        if not header.strip():
            found.at_line(1, f"column {place} has no header")
    if found.count:
        raise StepFailed(Failure.INVALID_DATA, f"the CSV is not valid: {found}", detail=found.detail())
