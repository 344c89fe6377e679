import pytest

from rustchain.logic.counting import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 items"), (1, "1 item"), (2, "2 items"), (11, "11 items")]
)
def test_one_thing_is_singular(number: int, said: str) -> None:
    assert counted(number, "item") == said
