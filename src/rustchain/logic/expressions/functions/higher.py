"""Filters that apply other filters and tests to every item."""

from typing import Any, Protocol

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.functions.attributes import attribute_of, field_of
from rustchain.logic.expressions.functions.function import Many, table
from rustchain.logic.expressions.lookup import Missing


class Evaluation(Protocol):
    """The evaluation that a filter is called in."""

    def filtered(self, name: str, values: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The value of a filter, applied to the first of the values."""
        ...

    def holds(self, name: str, values: tuple[Any, ...]) -> bool:
        """Whether a test holds for the first of the values."""
        ...


def map_(
    scope: Evaluation,
    value: Many,
    filter: str | None = None,
    *arguments: Any,
    attribute: str | int | None = None,
    default: Any = None,
    **named: Any,
) -> list[Any]:
    """Each item through a filter, `map('upper')`, or its field, `map(attribute='name', default=0)`."""
    if (filter is None) == (attribute is None):
        raise EvaluationFailed("`map` takes a filter's name or `attribute`")
    if filter is not None:
        extra = named if default is None else {**named, "default": default}
        return [scope.filtered(filter, (item, *arguments), extra) for item in value]
    return [field_of(item, attribute, default) for item in value]


def select(scope: Evaluation, value: Many, test: str | None = None, *arguments: Any) -> list[Any]:
    """The items that a test holds for, or that count as true."""
    return [item for item in value if _holds(scope, test, item, arguments)]


def reject(scope: Evaluation, value: Many, test: str | None = None, *arguments: Any) -> list[Any]:
    """The items that a test does not hold for, or that count as false."""
    return [item for item in value if not _holds(scope, test, item, arguments)]


def selectattr(
    scope: Evaluation, value: list[Any], attribute: str | int, test: str | None = None, *arguments: Any
) -> list[Any]:
    """The items for whose field a test holds: `selectattr('age', 'ge', 18)`."""
    return [item for item in value if _field_holds(scope, item, attribute, test, arguments)]


def rejectattr(
    scope: Evaluation, value: list[Any], attribute: str | int, test: str | None = None, *arguments: Any
) -> list[Any]:
    """The items for whose field a test does not hold."""
    return [item for item in value if not _field_holds(scope, item, attribute, test, arguments)]


def _holds(scope: Evaluation, test: str | None, item: Any, arguments: tuple[Any, ...]) -> bool:
    return bool(item) if test is None else scope.holds(test, (item, *arguments))


def _field_holds(
    scope: Evaluation, item: Any, attribute: str | int, test: str | None, arguments: tuple[Any, ...]
) -> bool:
    try:
        field = attribute_of(item, attribute)
    except Missing:
        if test in {"defined", "undefined"}:
            return test == "undefined"
        raise
    return _holds(scope, test, field, arguments)


FILTERS = table(map_, select, reject, selectattr, rejectattr, scoped=True)
