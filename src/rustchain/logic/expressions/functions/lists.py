"""Filters that work on lists and objects, and the functions that make them."""

import json
from collections.abc import Callable
from itertools import chain as chained
from itertools import groupby as runs
from itertools import pairwise
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.functions.attributes import attribute_of, field_of
from rustchain.logic.expressions.functions.function import Many, table
from rustchain.logic.expressions.lookup import Missing
from rustchain.logic.expressions.values import kind, room, room_for_items, text_of

MAX_RANGE = 100_000


def first(value: Many) -> Any:
    """The first item."""
    return _one("first", list(value)[:1])


def last(value: Many) -> Any:
    """The last item."""
    return _one("last", list(value)[-1:])


def list_(value: Many) -> list[Any]:
    """The items as a list; of a text its characters, of an object its names."""
    return list(value)


def reverse(value: list[Any] | str) -> Any:
    """The items or characters from the last to the first."""
    return value[::-1]


def join(value: Many, separator: str = "", attribute: str | int | None = None) -> str:
    """The items, or their fields, as one text with a separator between them."""
    parts = [text_of(part) for part in [field_of(item, attribute) for item in value]]
    room(sum(map(len, parts)) + len(parts) * len(separator))
    return separator.join(parts)


def sort(
    value: Many, reverse: bool = False, case_sensitive: bool = False, attribute: str | int | None = None
) -> list[Any]:
    """The items in order, by themselves or by a field; capital and small letters count as equal by default."""
    keys = _sort_keys("sort", [field_of(item, attribute) for item in value], case_sensitive=case_sensitive)
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    items = list(value)
    return [items[i] for i in order]


def min_(value: Many, case_sensitive: bool = False, attribute: str | int | None = None) -> Any:
    """The smallest item, or the item with the smallest field."""
    return _one("min", sort(value, case_sensitive=case_sensitive, attribute=attribute)[:1])


def max_(value: Many, case_sensitive: bool = False, attribute: str | int | None = None) -> Any:
    """The largest item, or the item with the largest field."""
    ordered = sort(value, reverse=True, case_sensitive=case_sensitive, attribute=attribute)
    return _one("max", ordered[:1])


def unique(value: Many, case_sensitive: bool = False, attribute: str | int | None = None) -> list[Any]:
    """Each item once, or one item for each value of a field."""
    kept: dict[str, Any] = {}
    for item, field in zip(value, [field_of(item, attribute) for item in value], strict=True):
        same = field if case_sensitive or not isinstance(field, str) else field.casefold()
        kept.setdefault(json.dumps(same, sort_keys=True), item)
    return list(kept.values())


def groupby(
    value: list[Any], attribute: str | int, default: Any = None, case_sensitive: bool = False
) -> list[dict[str, Any]]:
    """Objects with `grouper`, a value of the field, and `list`, the items that have it; in the values' order."""
    fields = [field_of(item, attribute, default) for item in value]
    keys = _sort_keys("groupby", fields, case_sensitive=case_sensitive)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    groups = [list(group) for _, group in runs(order, key=keys.__getitem__)]
    return [{"grouper": fields[group[0]], "list": [value[i] for i in group]} for group in groups]


def batch(value: Many, count: int, fill_with: Any = None) -> list[list[Any]]:
    """Lists of so many items each; with `fill_with` the last one is filled up."""
    _positive("batch", count)
    items = list(value)
    batches = [items[i : i + count] for i in range(0, len(items), count)]
    if fill_with is not None and batches:
        batches[-1] += [fill_with] * (count - len(batches[-1]))
    return batches


def slice_(value: Many, count: int, fill_with: Any = None) -> list[list[Any]]:
    """The items dealt out to so many lists, the first ones longer by one; with `fill_with` all as long."""
    _positive("slice", count)
    items = list(value)
    size, longer = divmod(len(items), count)
    starts = [i * size + min(i, longer) for i in range(count + 1)]
    slices = [items[a:b] for a, b in pairwise(starts)]
    filled = [fill_with] if fill_with is not None and longer else []
    return slices[:longer] + [part + filled for part in slices[longer:]]


def flatten(value: list[Any], levels: int = 1) -> list[Any]:
    """The items of the lists in a list as one list, so many levels deep."""
    for _ in range(min(levels, 200)):
        value = list(chained.from_iterable(i if isinstance(i, list) else [i] for i in value))
    return value


def zip_(value: Many, *others: Any) -> list[list[Any]]:
    """Lists side by side, as lists of the items at the same place; as long as the shortest."""
    room_for_items(len(value) * (1 + len(others)))
    return [list(together) for together in zip(value, *map(_items, others), strict=False)]


def items(value: dict[str, Any]) -> list[list[Any]]:
    """The object's pairs of name and value."""
    return [[name, part] for name, part in value.items()]


def dictsort(
    value: dict[str, Any], case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[list[Any]]:
    """The object's pairs of name and value, sorted by `key` or by `value`."""
    return sort(items(value), reverse, case_sensitive, attribute=1 if by == "value" else 0)


def attr(value: Any, name: str | int) -> Any:
    """The field of that name."""
    return attribute_of(value, name)


def range_(start: int, stop: int | None = None, step: int = 1) -> list[int]:
    """A list of whole numbers: `range(stop)`, `range(start, stop, step)`."""
    numbers = range(start) if stop is None else range(start, stop, step)
    if len(numbers) > MAX_RANGE:
        raise EvaluationFailed(f"`range` gives {MAX_RANGE:,} numbers at most")
    return list(numbers)


def dict_(**fields: Any) -> dict[str, Any]:
    """An object of named values: `dict(a=1)`."""
    return fields


def _one(name: str, found: list[Any]) -> Any:
    if not found:
        raise Missing(f"`{name}`: there are no items")
    return found[0]


def _items(value: Any) -> Many:
    if not isinstance(value, list | str | dict):
        raise EvaluationFailed(f"`zip` takes lists, not {kind(value)}")
    return value


def _positive(name: str, count: int) -> None:
    if not 1 <= count <= MAX_RANGE:
        raise EvaluationFailed(f"`{name}` makes 1 to {MAX_RANGE:,}")


def _sort_keys(name: str, fields: list[Any], *, case_sensitive: bool) -> list[Any]:
    """What to sort fields by; they are all numbers, or all texts, or all lists."""
    kinds = {kind(field) for field in fields}
    if len(kinds) > 1 or not kinds <= {"a number", "a text", "a boolean", "a list"}:
        raise EvaluationFailed(f"`{name}` cannot order {' and '.join(sorted(kinds))}")
    fold: Callable[[Any], Any] = (
        str.casefold if kinds == {"a text"} and not case_sensitive else lambda field: field
    )
    return [fold(field) for field in fields]


FILTERS = table(
    first, last, list_, reverse, join, sort, min_, max_, unique, groupby, batch, slice_, flatten, zip_, items,
    dictsort, attr,
)  # fmt: skip
FUNCTIONS = table(range_, dict_)
