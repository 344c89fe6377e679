"""Templates into values and texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.expressions import EvaluationFailed, render, split

NAMES: dict[str, Any] = {"a": {"n": 3, "f": 1.5, "t": True, "z": None, "s": "x", "l": [1, {"k": "é"}]}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a.l }}", [1, {"k": "é"}]),
        ("{{ a.z }}", None),
        ("{{ a.n + 1 }}", 4),
        ("n={{ a.n }}", "n=3"),
        ("{{ a.n }}{{ a.f }}", "31.5"),
        ("{{ a.t }} {{ a.z }} {{ a.s }} {{ a.l }}", 'true null x [1,{"k":"é"}]'),
        ("{{ 'only text' }}", "only text"),
        ("", ""),
    ],
)
def test_one_expression_keeps_its_type_and_others_make_text(text: str, expected: Any) -> None:
    assert render(split(text), NAMES) == expected


def test_a_result_is_never_evaluated_again() -> None:
    assert render(split("{{ x }} {{ x ~ '' }}"), {"x": "{{ y }}"}) == "{{ y }} {{ y }}"


def test_an_undefined_name_fails() -> None:
    with pytest.raises(EvaluationFailed, match="`b` is undefined"):
        render(split("x {{ b }}"), NAMES)


def test_keep_leaves_what_is_undefined_and_says_so() -> None:
    warnings: list[str] = []
    kept = render(split("x {{ b.c }} {{ a.n }}{{b|upper}}"), NAMES, keep=True, warnings=warnings)
    assert kept == "x {{ b.c }} 3{{ b|upper }}"
    assert warnings == ["`b` is undefined", "`b` is undefined"]
    assert render(split("{{ b }}"), NAMES, keep=True) == "{{ b }}"


def test_keep_does_not_hide_other_failures() -> None:
    with pytest.raises(EvaluationFailed):
        render(split("x {{ a.s|int }}"), NAMES, keep=True)


def test_a_text_made_of_many_parts_is_bounded() -> None:
    with pytest.raises(EvaluationFailed, match="64 MiB"):
        render(split("{{ x }}{{ x }}"), {"x": "y" * 40_000_000})


@given(st.text(), st.text(), st.text())
def test_texts_stand_between_literals_as_they_are(before: str, value: str, after: str) -> None:
    text = f"{before.replace('{', '(')}{{{{ x }}}}{after.replace('{', '(')}"
    expected = before.replace("{", "(") + value + after.replace("{", "(")
    assert render(split(text), {"x": value}) == expected
