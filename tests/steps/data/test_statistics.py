import statistics
from math import fsum, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.steps.data import _statistics
from rustchain.steps.data._statistics import ColumnStatistics, Observer, numbers
from rustchain.steps.data._table import Table, number

NUMBERS = st.integers(-(10**20), 10**20) | st.floats(-1e9, 1e9)
WRITTEN = st.from_regex(
    r"[ \t]?[-+]?([0-9]{1,4}(\.[0-9]{0,3})?|\.[0-9]{1,3})([eE][-+]?[0-9]{1,3})?[ \t]?", fullmatch=True
)
CELLS = (
    st.text("0123456789+-.eE_ ,anif\u0663", max_size=6) | WRITTEN | st.integers() | st.booleans() | st.none()
)


def figures(cells: list[object], batch: int = 3) -> ColumnStatistics:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_statistics, "BATCH", batch)
        observer = Observer(Table(["a"], ([cell] for cell in cells)))
        assert [row[0] for row in observer.table.rows] == cells
    return observer.statistics()["a"]


@given(st.lists(NUMBERS, min_size=2), st.booleans())
def test_figures_agree_with_the_standard_library(values, as_text):
    found = figures([repr(v) for v in values] if as_text else values)
    assert (found.count, found.numbers, found.missing) == (len(values), len(values), 0)
    assert (found.min, found.max) == (min(values), max(values))
    scale = max(1e-100, *map(abs, values))
    assert isclose(found.sum, fsum(values), abs_tol=scale * 1e-9)
    assert isclose(found.mean, statistics.mean(values), abs_tol=scale * 1e-9)
    assert isclose(found.stddev, statistics.stdev(values), rel_tol=1e-6, abs_tol=scale * 1e-7)


@given(st.lists(CELLS, max_size=8))
def test_numbers_are_the_same_together_as_one_by_one(cells):
    assert numbers(cells) == [n for cell in cells if (n := number(cell)) is not None]


@given(WRITTEN)
def test_what_is_written_as_a_number_is_one(text):
    found = number(text)
    assert found == (None if float(text) in {float("inf"), -float("inf")} else float(text))


@pytest.mark.parametrize(
    "text", ["", " ", "1_000", "nan", "inf", "0x10", "1e", "٣", "1 2", "--1", "1e999", "9" * 400]
)
def test_what_is_not_written_as_a_number_is_none(text):
    assert number(text) is None


def test_sums_of_integers_are_exact():
    assert figures(["9007199254740993", "1", "1"]).sum == 9007199254740995


def test_empty_cells_are_counted_apart():
    found = figures(["1", "", None, "x", "1"])
    assert (found.count, found.missing, found.numbers, found.distinct) == (3, 2, 2, 2)


def test_a_column_without_numbers_has_no_figures_about_them():
    found = figures(["x", "y"])
    assert (found.sum, found.min, found.max, found.mean, found.stddev) == (None,) * 5


def test_a_single_number_has_no_deviation():
    assert figures(["7"]).stddev is None


def test_what_a_double_cannot_hold_is_null():
    found = figures(["1e308", "1e308", "-1e308", "1.7e308"], batch=2)
    assert (found.sum, found.mean, found.stddev) == (None, None, None)
    assert (found.min, found.max) == (-1e308, 1.7e308)


def test_distinct_values_are_counted_up_to_a_limit():
    assert figures([str(n) for n in range(10_000)] * 2, batch=4096).distinct == 10_000
    assert figures([str(n) for n in range(10_001)], batch=4096).distinct is None
