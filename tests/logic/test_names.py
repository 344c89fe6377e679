"""Names of runs: ids that sort by time, aliases, and what they are found by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.names import Name, find_run, new_alias, new_run_id
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status

moments = st.integers(0, (1 << 48) - 1)
randoms = st.binary(min_size=10, max_size=10)

NEWEST = Name("01bb22", "calm-otter-1", Status.RUNNING)
RUNS = [
    NEWEST,
    Name("01bb11", "wise-wren-7", Status.FAILED),
    Name("01aa11", "calm-otter-1", Status.COMPLETED),
    Name("01aa00", "fond-fox-3", Status.FAILED),
]


@given(moments, randoms)
def test_an_id_is_26_letters_and_digits(now, random):
    assert re.fullmatch(r"[0-7][0-9a-hjkmnp-tv-z]{25}", new_run_id(now, random))


@given(moments, randoms, moments, randoms)
def test_ids_sort_by_time_and_then_by_chance(now, random, later, other):
    ids = [new_run_id(now, random), new_run_id(later, other)]
    assert (ids[0] < ids[1]) == ((now, random) < (later, other))


def test_an_id_is_a_ulid_in_lower_case():
    assert new_run_id(1469918176385, bytes(10)) == "01aryz6s410000000000000000"


@given(st.binary(min_size=4, max_size=16))
def test_an_alias_is_two_words_and_a_number(random):
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", new_alias(random))


def test_aliases_differ():
    assert len({new_alias(n.to_bytes(4, "big")) for n in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("01aa11", "01aa11"),
        ("01AA11", "01aa11"),
        ("01aa1", "01aa11"),
        ("wise-wren-7", "01bb11"),
        ("calm-otter-1", "01bb22"),
        (" @last ", "01bb22"),
        ("@failed", "01bb11"),
    ],
)
def test_a_run_is_found_by(name, found):
    assert find_run(name, RUNS) == found


@pytest.mark.parametrize(
    ("name", "message", "help"),
    [
        ("01aa", "2 runs begin with '01aa'", "the newest is 01aa11"),
        ("calm-oter-1", "there is no run 'calm-oter-1'", "Did you mean calm-otter-1?"),
        ("@lst", "there is no run '@lst'", "Did you mean @last?"),
        ("zzz", "there is no run 'zzz'", "See `rustchain runs`."),
        ("", "there is no run ''", "See `rustchain runs`."),
    ],
)
def test_a_name_that_fits_none_or_several_is_refused(name, message, help):
    with pytest.raises(InvalidUse, match=re.escape(message)) as caught:
        find_run(name, RUNS)
    assert help in caught.value.help


def test_nothing_is_found_before_anything_ran():
    for name in ("@last", "@failed", "x"):
        with pytest.raises(InvalidUse) as caught:
            find_run(name, [])
        assert caught.value.help == "Nothing has run yet."


def test_a_run_without_an_alias_is_not_found_by_an_empty_name():
    with pytest.raises(InvalidUse):
        find_run("", [Name("01", "", Status.RUNNING)])
