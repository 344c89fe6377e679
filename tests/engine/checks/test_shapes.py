"""What msgspec alone refuses, in the words of the other checks."""

from typing import Any

import msgspec
import pytest

from rustchain.engine.checks.sentences import PARAMETERS
from rustchain.engine.checks.shapes import from_msgspec


class Table(msgspec.Struct):
    """Whole numbers at every kind of place."""

    count: int = 0
    rows: list[list[int]] = []
    by_name: dict[str, int] = {}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"count": 5.0}, ("count",), "count: expected `int`, got `float`"),
        ({"rows": [[1], [2, 5.0]]}, ("rows", 1, 1), "rows[1][1]: expected `int`, got `float`"),
        ({"by_name": {"a": 5.0}}, ("by_name",), "by_name: expected `int`, got `float`"),
    ],
)
def test_a_fault_is_told_with_its_place_as_far_as_msgspec_knows_it(
    value: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, Table)
    problem = from_msgspec(caught.value, PARAMETERS)
    assert (problem.code, problem.path, problem.message) == ("RC203", path, message)
