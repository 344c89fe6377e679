"""One evaluation: the names it sees, the functions it calls, what it may spend."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rustchain.logic.expressions.errors import EvaluationFailed, did_you_mean
from rustchain.logic.expressions.functions import FILTERS, FUNCTIONS, TESTS
from rustchain.logic.expressions.functions.function import Function, check
from rustchain.logic.expressions.operators import contains
from rustchain.logic.expressions.values import TOO_DEEP

FUEL = 10_000_000
"""What an evaluation may spend: one for each item or field handed to a filter, test or function."""
_TEXT_SHIFT = 6
"""Characters are cheaper than items by so many powers of two."""
_EXPECTED_FAILURES = (ArithmeticError, LookupError, TypeError, ValueError)
_TABLES = {"filter": FILTERS, "test": TESTS, "function": FUNCTIONS}


class Call(NamedTuple):
    """A function with the names of its last arguments, and the parameter and kinds that each argument goes to."""

    function: Function
    names: tuple[str, ...]
    accepted: tuple[tuple[str, tuple[type, ...]], ...]


@lru_cache(maxsize=1024)
def resolve(sort: str, name: str, count: int, names: tuple[str, ...] = ()) -> Call:
    """The filter, test or function of that name, called with so many arguments and these named ones."""
    function = known(sort, name)
    try:
        parameters = function.takes(count, names)
    except TypeError:
        raise EvaluationFailed(f"the {sort} is `{function.usage()}`") from None
    return Call(function, names, tuple((p, function.accepts(p)) for p in parameters))


def known(sort: str, name: str) -> Function:
    """The filter, test or function of that name. Raises EvaluationFailed."""
    function = _TABLES[sort].get(name)
    if function is None:
        raise EvaluationFailed(f"unknown {sort} `{name}`{did_you_mean(name, _TABLES[sort])}")
    return function


class Evaluation:
    """The names that an expression sees, and what it may still spend."""

    __slots__ = ("fuel", "names")

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.renew(names)

    def renew(self, names: Mapping[str, Any]) -> None:
        """Begin again, with other names."""
        self.names = names
        self.fuel = FUEL

    def run(self, program: Callable[["Evaluation"], Any]) -> Any:
        """The value of a program. Raises EvaluationFailed."""
        try:
            return program(self)
        except RecursionError:
            raise EvaluationFailed(TOO_DEEP) from None

    def call(self, call: Call, values: Sequence[Any]) -> Any:
        """The value of a function. Raises EvaluationFailed."""
        function, names, accepted = call
        for (parameter, kinds), value in zip(accepted, values, strict=True):
            check(function, parameter, kinds, value)
        self._spend(values)
        count = len(values) - len(names)
        positional = (self, *values[:count]) if function.scoped else values[:count]
        try:
            return function.call(*positional, **dict(zip(names, values[count:], strict=True)))
        except EvaluationFailed:
            raise
        except _EXPECTED_FAILURES as e:
            raise EvaluationFailed(f"`{function.name}`: {e}") from e

    def filtered(self, name: str, values: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The value of a filter whose name is known only now."""
        return self.call(resolve("filter", name, len(values), tuple(named)), (*values, *named.values()))

    def holds(self, name: str, values: tuple[Any, ...]) -> bool:
        """Whether a test whose name is known only now holds."""
        return bool(self.call(resolve("test", name, len(values)), values))

    def contains(self, value: Any, container: Any) -> bool:
        """Whether a value is in another."""
        self._spend((container,))
        return contains(value, container)

    def _spend(self, values: Sequence[Any]) -> None:
        for value in values:
            if isinstance(value, str):
                self.fuel -= 1 + (len(value) >> _TEXT_SHIFT)
            elif isinstance(value, list | dict):
                self.fuel -= 1 + len(value)
        if self.fuel < 0:
            raise EvaluationFailed("the expression takes too many steps")
