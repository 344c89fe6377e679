"""Fields of items, as `map(attribute='a.b')` and its like name them."""

from typing import Any

from rustchain.logic.expressions.lookup import Missing, item


def attribute_of(value: Any, attribute: str | int) -> Any:
    """The field of a value, dots leading deeper. Raises EvaluationFailed where there is none."""
    if isinstance(attribute, int):
        return item(value, attribute, str(attribute))
    for key in attribute.split("."):
        value = item(value, int(key) if key.isdecimal() and isinstance(value, list) else key, attribute)
    return value


def field_of(value: Any, attribute: str | int | None, default: Any = None) -> Any:
    """The field of a value, or `default` where it has none; without an attribute the value itself."""
    if attribute is None:
        return value
    try:
        return attribute_of(value, attribute)
    except Missing:
        if default is None:
            raise
        return default
