"""What a CSV operation is: a description that turns one table into another, row by row."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from rustchain.steps.data._statistics import Observer
from rustchain.steps.data._table import Table


class Work(NamedTuple):
    """What operations share while they run: `check` may raise, observers gather statistics."""

    check: Callable[[], None]
    observers: list[Observer]


class Operation(Struct, tag_field="op", tag=str.lower, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Base of all operations; `op` names them."""

    def apply(self, table: Table, work: Work) -> Table:
        """The table that this operation makes of one."""
        raise NotImplementedError


class Statistics(Operation, frozen=True):
    """Gather figures about every column; rows pass unchanged."""

    def apply(self, table: Table, work: Work) -> Table:
        observer = Observer(table)
        work.observers.append(observer)
        return observer.table


class Validate(Operation, frozen=True):
    """Fail with every fault of the input and its line: wrong number of fields, headers empty or given twice."""

    def apply(self, table: Table, work: Work) -> Table:
        return table
