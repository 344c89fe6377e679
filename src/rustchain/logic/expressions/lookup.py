"""Finding what a reference names, and saying what is missing."""

from collections.abc import Mapping
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed, did_you_mean
from rustchain.model.expression import Reference

ABSENT = object()
"""Stands for what is missing where that is no failure: before `default` and `is defined`."""


class Missing(EvaluationFailed):
    """Something that an expression names is not there; `default` and `is defined` are the way out."""


def look_up(names: Mapping[str, Any], reference: Reference) -> Any:
    """The value of a reference. Raises EvaluationFailed."""
    try:
        value = names[reference.root]
        for key in reference.path:
            value = value[key]
    except (LookupError, TypeError):
        raise _explained(names, reference) from None
    return value


def item(value: Any, key: Any, text: str) -> Any:
    """The field, item or character of a value; `text` is how it is written. Raises EvaluationFailed."""
    try:
        return value[key]
    except (LookupError, TypeError):
        raise Missing(f"`{text}`: {_reason(value, key)}") from None


def unknown_name(names: Mapping[str, Any], name: str) -> Missing:
    """What to raise where nothing has this name."""
    return Missing(f"`{name}` is undefined{did_you_mean(name, names)}")


def _explained(names: Mapping[str, Any], reference: Reference) -> Missing:
    if reference.root not in names:
        return unknown_name(names, reference.root)
    value = names[reference.root]
    for depth, key in enumerate(reference.path[:-1], start=1):
        try:
            value = value[key]
        except (LookupError, TypeError):
            return Missing(f"`{Reference(reference.root, reference.path[:depth])}`: {_reason(value, key)}")
    return Missing(f"`{reference}`: {_reason(value, reference.path[-1])}")


def _reason(value: Any, key: Any) -> str:
    match value:
        case dict() if isinstance(key, str):
            return f"no field {key!r}{did_you_mean(key, value)}"
        case list() | str() if isinstance(key, int):
            what = "list" if isinstance(value, list) else "text"
            return f"no index {key} (the {what} has {len(value)})"
        case dict():
            return f"the names of fields are texts, not {key!r}"
        case None:
            return f"null has no {key!r}"
        case list():
            return f"a list has no field {key!r}; its items have numbers"
        case _:
            return f"{value!r:.40} has no {key!r}"
