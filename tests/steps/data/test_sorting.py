import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustchain.model.errors import Stopped
from rustchain.steps.data import _aggregate, _sorting
from rustchain.steps.data._aggregate import Aggregate, Value
from rustchain.steps.data._operation import Work
from rustchain.steps.data._sorting import Sorting, sort_rows
from rustchain.steps.data._table import Table, order, text

CELLS = st.text(max_size=4) | st.integers() | st.sampled_from(["1", "1.0", "2", "10", "", "a"]) | st.none()
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=60)


def unchecked() -> None:
    pass


@given(ROWS, st.booleans())
def test_sorting_is_sorted(rows, descending):
    key = order([0, 1], descending=descending)
    assert list(sort_rows(iter(rows), Sorting(key, unchecked, descending))) == sorted(
        rows, key=key, reverse=descending
    )


@settings(max_examples=50)
@given(ROWS, st.booleans(), st.integers(1, 2000), st.integers(2, 4))
def test_runs_on_disk_change_nothing(rows, descending, run_bytes, fan_in):
    key = order([0], descending=descending)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sorting, "FAN_IN", fan_in)
        found = list(sort_rows(iter(rows), Sorting(key, unchecked, descending, run_bytes)))
    assert found == sorted(rows, key=key, reverse=descending)


def test_merging_runs_can_be_stopped():
    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        list(sort_rows(([n] for n in range(100)), Sorting(order([0]), check, run_bytes=1000)))


@settings(max_examples=50)
@given(ROWS)
def test_groups_in_parts_are_the_same_groups(rows):
    values = {
        "n": Value(op="count"),
        "least": Value(op="min", column="b"),
        "most": Value(op="max", column="b"),
    }
    operation = Aggregate(by=["a"], values=values)

    def grouped() -> list[list[object]]:
        return list(operation.apply(Table(["a", "b"], iter(rows)), Work(unchecked, [])).rows)

    whole = grouped()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_aggregate, "GROUPS_BYTES", 1)
        assert grouped() == whole
    assert sum(row[1] for row in whole) == len(rows)
    assert len(whole) == len({text(row[0]) for row in rows})
