"""
Sorting in bounded memory: what does not fit is sorted in runs on temporary files, which are then merged.

Knuth, The Art of Computer Programming, volume 3, section 5.4. Sorting is stable. Temporary files have no name and
vanish with the process.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from itertools import chain
from sys import getsizeof
from typing import IO, NamedTuple

from msgspec import json

from rustchain.steps.data._table import Key, Row

RUN_BYTES = 32 << 20
"""Rows of about this size in memory make a run."""
FAN_IN = 64
"""The most runs, and so open files, that are merged at once."""


class Sorting(NamedTuple):
    """How to sort; `check` is called now and then, and may raise."""

    key: Key
    check: Callable[[], None]
    descending: bool = False
    run_bytes: int = RUN_BYTES


def sort_rows(rows: Iterable[Row], how: Sorting) -> Iterator[Row]:
    """The rows in order; nothing is written while they fit into one run."""
    with ExitStack() as files:
        runs = _Runs(how, lambda: files.enter_context(tempfile.TemporaryFile()))
        held: list[Row] = []
        size = 0
        for row in rows:
            held.append(row)
            size += getsizeof(row) + sum(map(getsizeof, row))
            if size >= how.run_bytes:
                runs.add(sorted(held, key=how.key, reverse=how.descending))
                held, size = [], 0
        held.sort(key=how.key, reverse=how.descending)
        yield from runs.merged(held)


class _Runs:
    """Sorted runs on files, older ones on higher levels: as many as can be merged at once make one of the next level."""

    def __init__(self, how: Sorting, scratch: Callable[[], IO[bytes]]) -> None:
        self._how = how
        self._scratch = scratch
        self._levels: list[list[IO[bytes]]] = []

    def add(self, run: Iterable[Row], level: int = 0) -> None:
        if level == len(self._levels):
            self._levels.append([])
        file = self._scratch()
        file.writelines(json.encode(row) + b"\n" for row in run)
        self._levels[level].append(file)
        if len(self._levels[level]) == FAN_IN:
            full, self._levels[level] = self._levels[level], []
            self.add(self._merge(map(self._read, full)), level + 1)
            for done in full:
                done.close()

    def merged(self, last: Iterable[Row]) -> Iterator[Row]:
        oldest_first = chain.from_iterable(reversed(self._levels))
        return self._merge([*map(self._read, oldest_first), last])

    def _merge(self, runs: Iterable[Iterable[Row]]) -> Iterator[Row]:
        return iter(merge(*runs, key=self._how.key, reverse=self._how.descending))

    def _read(self, file: IO[bytes]) -> Iterator[Row]:
        file.seek(0)
        for count, line in enumerate(file):
            if not count % 1024:
                self._how.check()
            yield json.decode(line)
