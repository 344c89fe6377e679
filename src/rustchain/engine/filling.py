"""Putting rendered values where the expressions stood."""

from collections.abc import Callable, Sequence
from typing import Any

from rustchain.model.expression import Template
from rustchain.model.plan import Hole


def fill(value: Any, holes: Sequence[Hole], render: Callable[[Template], Any]) -> Any:
    """A copy of a JSON value with each hole's template rendered in its place; parts without holes are shared."""
    for hole in holes:
        value = _with(value, hole.path, render(hole.template))
    return value


def _with(value: Any, path: Sequence[str | int], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy
