"""What may follow `is`."""

from typing import Any

from rustchain.logic.expressions.functions.function import alias, table
from rustchain.logic.expressions.lookup import ABSENT
from rustchain.logic.expressions.operators import compare, contains, equal


def boolean(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def number(value: Any) -> bool:
    """A number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def integer(value: Any) -> bool:
    """A whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def float_(value: Any) -> bool:
    """A number with a fraction."""
    return isinstance(value, float)


def string(value: Any) -> bool:
    """A text."""
    return isinstance(value, str)


def sequence(value: Any) -> bool:
    """A list or a text."""
    return isinstance(value, list | str)


def iterable(value: Any) -> bool:
    """A list, a text or an object."""
    return isinstance(value, list | str | dict)


def mapping(value: Any) -> bool:
    """An object."""
    return isinstance(value, dict)


def none(value: Any) -> bool:
    """Null."""
    return value is None


def true(value: Any) -> bool:
    """True itself."""
    return value is True


def false(value: Any) -> bool:
    """False itself."""
    return value is False


def odd(value: int) -> bool:
    """An odd number."""
    return value % 2 == 1


def even(value: int) -> bool:
    """An even number."""
    return value % 2 == 0


def divisibleby(value: int, number: int) -> bool:
    """A multiple of a number."""
    return value % number == 0


def lower(value: str) -> bool:
    """In small letters."""
    return value.islower()


def upper(value: str) -> bool:
    """In capital letters."""
    return value.isupper()


def startingwith(value: str, beginning: str) -> bool:
    """A text that begins so."""
    return value.startswith(beginning)


def endingwith(value: str, end: str) -> bool:
    """A text that ends so."""
    return value.endswith(end)


def in_(value: Any, container: Any) -> bool:
    """An item of a list, a name in an object, a part of a text."""
    return contains(value, container)


def eq(value: Any, other: Any) -> bool:
    """Equal to another value."""
    return equal(value, other)


def ne(value: Any, other: Any) -> bool:
    """Not equal to another value."""
    return not equal(value, other)


def lt(value: Any, other: Any) -> bool:
    """Less than another value."""
    return compare("<", value, other)


def le(value: Any, other: Any) -> bool:
    """Less than another value, or equal to it."""
    return compare("<=", value, other)


def gt(value: Any, other: Any) -> bool:
    """Greater than another value."""
    return compare(">", value, other)


def ge(value: Any, other: Any) -> bool:
    """Greater than another value, or equal to it."""
    return compare(">=", value, other)


def defined(value: Any) -> bool:
    """There at all."""
    return value is not ABSENT


def undefined(value: Any) -> bool:
    """Not there."""
    return value is ABSENT


TESTS = alias(
    table(
        boolean, number, integer, float_, string, sequence, iterable, mapping, none, true, false, odd, even,
        divisibleby, lower, upper, startingwith, endingwith, in_, eq, ne, lt, le, gt, ge, defined, undefined,
    ),
    int="integer", null="none", equalto="eq", sameas="eq", lessthan="lt", greaterthan="gt",
    **{"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"},
)  # fmt: skip
