"""Paths of work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.model.paths import idempotency_key, in_attempt, in_round, item, well_formed


@pytest.mark.parametrize(
    "path", ["deploy", "each[3]", "child/build", "poll~3", "agent@2/call-7", "a[0]~2@3/b_c[1]"]
)
def test_these_are_paths(path: str) -> None:
    assert well_formed(path)


@pytest.mark.parametrize("path", ["", "/", "a/", "3a", "a[x]", "a b", "a/../b", "a[1][2]", "a\n"])
def test_these_are_none(path: str) -> None:
    assert not well_formed(path)


def test_the_first_attempt_and_the_first_round_do_not_show() -> None:
    assert (in_attempt("a", 1), in_attempt("a", 2)) == ("a", "a@2")
    assert (in_round("a", 1), in_round("a", 3)) == ("a", "a~3")
    assert item("a", 0) == "a[0]"


@given(
    st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True),
    st.integers(0, 99),
    st.integers(1, 99),
    st.integers(1, 99),
)
def test_what_is_made_of_a_path_is_one(path: str, index: int, round: int, attempt: int) -> None:
    assert well_formed(in_attempt(in_round(item(path, index), round), attempt) + "/" + path)


def test_a_key_belongs_to_one_path_of_one_run() -> None:
    keys = {idempotency_key(run, path) for run in ("r", "s") for path in ("a", "b", "a[0]")}
    assert len(keys) == 6
    assert all(len(key) == 32 and int(key, 16) for key in keys)
    assert idempotency_key("r", "a") == idempotency_key("r", "a")
