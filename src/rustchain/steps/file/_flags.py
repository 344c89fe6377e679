"""What is known before a run of a parameter that is true or false."""

from collections.abc import Mapping
from typing import Any

from rustchain.stepkit import Unknown


def flag(parameters: Mapping[str, Any], name: str, default: bool) -> bool | None:
    """The value of a flag; None where it is an expression and so not known yet."""
    value = parameters.get(name, default)
    return None if isinstance(value, Unknown) else bool(value)
