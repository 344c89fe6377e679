"""Filters that work on numbers, or make them."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.functions.attributes import attribute_of
from rustchain.logic.expressions.functions.function import table
from rustchain.logic.expressions.values import MAX_BITS, checked_number, kind

_ROUNDING = {"common": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}
_MAX_PRECISION = 30


def abs_(value: float) -> int | float:
    """The number without its sign."""
    return abs(value)


def round_(value: float, precision: int = 0, method: str = "common") -> int | float:
    """The number rounded to so many places: `common` (halves up), `floor` or `ceil`; whole without places."""
    if method not in _ROUNDING or abs(precision) > _MAX_PRECISION:
        raise EvaluationFailed(
            f"`round`: {_MAX_PRECISION} places at most; the methods are common, floor and ceil"
        )
    if isinstance(value, int) and precision >= 0:
        return value
    exact = Context(prec=2 * MAX_BITS)
    scaled = exact.scaleb(Decimal(repr(value)), precision).to_integral_value(_ROUNDING[method])
    rounded = exact.scaleb(scaled, -precision)
    return float(rounded) if precision > 0 else int(rounded)


def int_(value: Any, default: int | None = None) -> int:
    """The value as a whole number, or `default` where it is none."""
    number = _number(value)
    if number is None:
        return int(_fallback("int", value, default))
    return int(number)


def float_(value: Any, default: float | None = None) -> float:
    """The value as a number, or `default` where it is none."""
    number = _number(value)
    if number is None:
        return float(_fallback("float", value, default))
    return float(number)


def bool_(value: Any) -> bool:
    """Whether the value counts as true; of a text, whether it says true, yes, on or 1."""
    if isinstance(value, str):
        return value.strip().lower() in {"true", "yes", "on", "1"}
    return bool(value)


def sum_(value: list[Any], attribute: str | int | None = None, start: float = 0) -> int | float:
    """The items, or their fields, added up."""
    total = start
    for item in value:
        number = item if attribute is None else attribute_of(item, attribute)
        if not isinstance(number, int | float):
            raise EvaluationFailed(f"`sum` adds numbers, not {kind(number)}")
        total += number
    return checked_number(total)


def _number(value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > MAX_BITS // 4:
        return None
    for convert in (int, float):
        try:
            return checked_number(convert(value))
        except ValueError:
            continue
    return None


def _fallback(name: Literal["int", "float"], value: Any, default: float | None) -> Any:
    if default is None:
        raise EvaluationFailed(
            f"`{name}`: {value!r:.60} is no number; `{name}(default=0)` gives another value"
        )
    return default


FILTERS = table(abs_, round_, int_, float_, bool_, sum_)
