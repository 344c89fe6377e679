"""CSV (RFC 4180), read and written a row at a time. Blank lines are skipped; a cell has up to 131,072 characters."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple, TextIO, cast

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.data._table import Row, Table, repeated, text

Report = Callable[[int, str], None]
"""Told what is wrong at which line: raises, or takes note of it."""


Line = tuple[int, Row]
"""A row and the number of the line it starts on."""


class Dialect(NamedTuple):
    """How a CSV text is written."""

    delimiter: str = ","
    has_headers: bool = True
    encoding: str = "utf-8"


def opened(source: BinaryIO | str, encoding: str) -> TextIO:
    """A CSV file or text to read, line ends as they are and without a byte order mark; StepFailed as `_wrapped`."""
    if isinstance(source, str):
        return io.StringIO(source.removeprefix("\ufeff"), newline="")
    utf_8 = encoding.lower().replace("_", "-") in {"utf-8", "utf8"}
    return _wrapped(source, "utf-8-sig" if utf_8 else encoding)


def _wrapped(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """StepFailed (invalid_parameters) where there is no such encoding of texts."""
    try:
        return io.TextIOWrapper(file, encoding=encoding, newline="")
    except LookupError as error:
        raise StepFailed(Failure.INVALID_PARAMETERS, f"encoding {encoding!r} is not known") from error


def read_table(source: TextIO, dialect: Dialect, report: Report) -> Table:
    """Headers and rows; what is wrong is reported, and a row that does not fit left out."""
    headers, lines = read_lines(source, dialect, report)
    return Table(headers, (row for _, row in lines))


def read_lines(source: TextIO, dialect: Dialect, report: Report) -> tuple[list[str], Iterator[Line]]:
    """As `read_table`, each row with its line. Without a header line, headers are column_1, column_2 …"""
    lines = _lines(source, dialect)
    line, first = next(lines, (1, []))
    if not dialect.has_headers:
        headers = [f"column_{i}" for i in range(1, len(first) + 1)]
        return headers, _fitting(chain([(line, first)] if first else [], lines), len(headers), report)
    headers = [text(cell) for cell in first]
    if not headers:
        report(line, "there is no header line")
    elif (twice := repeated(headers)) is not None:
        report(line, f"two columns are called {twice!r}")
    return headers, _fitting(lines, len(headers), report)


def _lines(source: TextIO, dialect: Dialect) -> Iterator[Line]:
    """Each record with the number of the line it starts on."""
    reader = csv.reader(source, delimiter=dialect.delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, cast("Row", row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _invalid(line, f"not CSV: {error}") from error
    except UnicodeError as error:
        raise _invalid(line, f"from about here on, not {dialect.encoding}: {error}") from error


def _fitting(lines: Iterable[Line], width: int, report: Report) -> Iterator[Line]:
    for line, row in lines:
        if len(row) == width:
            yield line, row
        else:
            report(line, f"the number of fields is {len(row)}, not {width}")


def refuse(line: int, message: str) -> None:
    """Report by failing at once."""
    raise _invalid(line, message)


def _invalid(line: int, message: str) -> StepFailed:
    return StepFailed(Failure.INVALID_DATA, f"line {line}: {message}", detail={"line": line})


def write_table(table: Table, file: BinaryIO, dialect: Dialect) -> None:
    """Write all rows, each ended by a line feed."""
    target = _wrapped(file, dialect.encoding)
    writer = csv.writer(_LineFeeds(target), delimiter=dialect.delimiter, lineterminator="\r\n")
    try:
        if dialect.has_headers:
            writer.writerow(table.headers)
        writer.writerows(map(text, row) for row in table.rows)
        target.detach()
    except UnicodeEncodeError as error:
        message = f"{error.object[error.start]!r} cannot be written in {dialect.encoding}"
        raise StepFailed(Failure.INVALID_DATA, message) from error


class _LineFeeds:
    """Ends rows with a line feed: Python's writer before 3.13 quotes a carriage return only as part of its own line end."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, row: str) -> int:
        return self._target.write(row[:-2] + "\n")
