"""Filters, tests and functions: everything that an expression may call."""

from collections.abc import Mapping
from typing import Any

from rustchain.logic.expressions.functions import conditions, encodings, higher, lists, numbers, texts
from rustchain.logic.expressions.functions.function import Function, alias, table
from rustchain.logic.expressions.lookup import ABSENT


def default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    """Another value where this one is undefined; with `true` also where it counts as false."""
    return default if value is ABSENT or (boolean and not value) else value


FILTERS: Mapping[str, Function] = dict(
    sorted(
        {
            **texts.FILTERS,
            **numbers.FILTERS,
            **lists.FILTERS,
            **encodings.FILTERS,
            **higher.FILTERS,
            **alias(table(default), d="default"),
        }.items()
    )
)
TESTS: Mapping[str, Function] = conditions.TESTS
FUNCTIONS: Mapping[str, Function] = lists.FUNCTIONS
