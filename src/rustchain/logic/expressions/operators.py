"""What the signs between values do: no kind is turned into another silently, and nothing grows without bound."""

import operator
from collections.abc import Callable
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.values import MAX_BITS, checked_number, kind, room, room_for_items, text_of

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def equal(left: Any, right: Any) -> bool:
    """Whether two values are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def compare(sign: str, left: Any, right: Any) -> bool:
    """The order of two numbers, two texts or two lists. Raises EvaluationFailed for anything else."""
    if kind(left) == kind(right):
        try:
            return _ORDER[sign](left, right)
        except TypeError:
            pass
    raise _mismatch(sign, left, right)


def contains(value: Any, container: Any) -> bool:
    """Whether a value is an item of a list, a name in an object, or a part of a text."""
    match container:
        case list():
            return any(equal(value, item) for item in container)
        case dict():
            return isinstance(value, str) and value in container
        case str() if isinstance(value, str):
            return value in container
    raise _mismatch("in", value, container)


def add(left: Any, right: Any) -> Any:
    """The sum of two numbers; two texts or two lists, one after the other."""
    match left, right:
        case (int() | float(), int() | float()):
            return _calculated("+", operator.add, left, right)
        case (str(), str()):
            room(len(left) + len(right))
            return left + right
        case (list(), list()):
            room_for_items(len(left) + len(right))
            return left + right
        case _:
            raise _mismatch("+", left, right)


def multiply(left: Any, right: Any) -> Any:
    """The product of two numbers; a text or list so many times."""
    match left, right:
        case (int() | float(), int() | float()):
            return _calculated("*", operator.mul, left, right)
        case (str(), int()):
            room(len(left) * right)
            return left * right
        case (list(), int()):
            room_for_items(len(left) * right)
            return left * right
        case _:
            raise _mismatch("*", left, right)


def power(left: Any, right: Any) -> Any:
    """A number to the power of another."""
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > 2 * MAX_BITS:
        raise EvaluationFailed(f"the result is a number of more than {MAX_BITS} bits")
    return _calculated("**", operator.pow, left, right)


def concatenate(left: Any, right: Any) -> str:
    """Two values as one text."""
    first, second = text_of(left), text_of(right)
    room(len(first) + len(second))
    return first + second


def negate(value: Any) -> Any:
    """The number with the other sign."""
    return _calculated("-", operator.sub, 0, value)


def positive(value: Any) -> Any:
    """The number itself."""
    return _calculated("+", operator.add, 0, value)


def _calculated(sign: str, calculate: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise _mismatch(sign, left, right)
    try:
        value = calculate(left, right)
    except ArithmeticError as e:
        raise EvaluationFailed(f"`{sign}`: {e}") from None
    if isinstance(value, complex):
        raise EvaluationFailed(f"`{sign}`: the result is no real number")
    return checked_number(value)


def _arithmetic(sign: str) -> Callable[[Any, Any], Any]:
    calculate = _ARITHMETIC[sign]
    return lambda left, right: _calculated(sign, calculate, left, right)


def _ordering(sign: str) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(sign, left, right)


def _mismatch(sign: str, left: Any, right: Any) -> EvaluationFailed:
    return EvaluationFailed(f"`{sign}` does not go with {kind(left)} and {kind(right)}")


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "in": contains,
    "+": add,
    "*": multiply,
    "**": power,
    "~": concatenate,
    **{sign: _arithmetic(sign) for sign in _ARITHMETIC},
    **{sign: _ordering(sign) for sign in _ORDER},
}
UNARY: dict[str, Callable[[Any], Any]] = {"-x": negate, "+x": positive, "not": operator.not_}
