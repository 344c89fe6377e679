from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.missions import CATALOGUE, problems_in, steps
from rustchain.engine.parameters import typed
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.flow.noop import Noop


def problems_with(parameters: str, type: str = "probe") -> list[str]:
    found = problems_in(steps(f"{{id: a, step_type: {type}, parameters: {{{parameters}}}}}"))
    return [p.partition(" ")[0] + " " + p.split(" ", 2)[2] for p in found]


@pytest.mark.parametrize(
    ("parameters", "problems"),
    [
        ("paht: x", ["RC202 missing parameter 'path'", "RC201 unknown parameter 'paht'"]),
        ("path: ''", ["RC203 path must not be empty"]),
        ("path: 3", ["RC203 path takes a text, not 3"]),
        ("path: x, count: '3'", ["RC203 count takes a whole number, not '3'"]),
        ("path: x, count: true", ["RC203 count takes a whole number, not true"]),
        ("path: x, args: [a, 1, false]", ["RC203 args[1] takes a text, not 1", "RC203 args[2] takes a text, not false"]),
        ("path: x, login: {user: u}", ["RC202 missing parameter 'password' in login"]),
        ("path: x, either: x", ["RC203 either takes a list or true or false, not 'x'"]),
        ("path: x, either: [a]", ["RC203 either[0] takes a whole number, not 'a'"]),
        ("path: x, count: 1.0", ["RC203 count: expected `int`, got `float`"]),
    ],
)  # fmt: skip
def test_what_is_written_is_checked_before_anything_runs(parameters: str, problems: list[str]) -> None:
    assert sorted(problems_with(parameters)) == sorted(problems)


@pytest.mark.parametrize(
    "parameters",
    [
        "path: '{{ env.A }}', count: '{{ 1 }}', either: '{{ [1] }}', args: '{{ [1] }}'",
        "path: x, either: ['{{ 1 }}', 2], args: [a, '{{ 1 }}']",
        "path: x, login: '{{ 1 }}', headers: {a: '{{ 1 }}'}",
    ],
)
def test_what_is_an_expression_is_judged_once_rendered(parameters: str) -> None:
    assert problems_with(parameters) == []


def test_beside_an_expression_the_rest_is_checked() -> None:
    assert problems_with("path: '{{ env.A }}', count: x, nope: 1") == [
        "RC203 count takes a whole number, not 'x'",
        "RC201 unknown parameter 'nope'",
    ]


def test_an_alias_is_told_as_it_was_written() -> None:
    assert problems_in(steps("{id: a, step_type: probe, parameters: {file_name: 3}}")) == [
        "RC203 4:55 path takes a text, not 3"
    ]


def test_rendered_parameters_become_the_model() -> None:
    assert typed(CATALOGUE["noop"], {"message": "x"}) == Noop(message="x")


@pytest.mark.parametrize(("rendered", "text"), [(3, "3"), (2.5, "2.5"), (True, "true"), (False, "false")])
def test_a_rendered_number_or_boolean_becomes_text_where_only_text_is_taken(rendered: Any, text: str) -> None:
    values = {"path": rendered, "args": ["a", rendered], "count": 2}
    made = typed(CATALOGUE["probe"], values, [("path",), ("args", 1)])
    assert (made.path, made.args, made.count) == (text, ["a", text], 2)
    assert values["path"] is rendered


@pytest.mark.parametrize("rendered", [None, [1], {"a": 1}])
def test_a_rendered_list_object_or_null_is_no_text(rendered: Any) -> None:
    with pytest.raises(StepFailed) as caught:
        typed(CATALOGUE["probe"], {"path": rendered}, [("path",)])
    assert caught.value.kind is Failure.INVALID_PARAMETERS
    assert "path takes a text" in str(caught.value)


def test_every_fault_of_rendered_parameters_is_told() -> None:
    with pytest.raises(StepFailed) as caught:
        typed(CATALOGUE["probe"], {"path": 1, "count": "x"}, [("count",)])
    assert str(caught.value).split("; ") == [
        "path takes a text, not 1",
        "count takes a whole number, not 'x'",
    ]


def test_what_was_written_is_not_converted_with_what_was_rendered() -> None:
    with pytest.raises(StepFailed, match="args\\[0\\] takes a text, not 1"):
        typed(CATALOGUE["probe"], {"path": 1, "args": [1]}, [("path",)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text("ab", max_size=1), v, max_size=2),
)


@given(st.dictionaries(st.sampled_from(["path", "count", "args", "either", "headers", "login", "x"]), JSON))
def test_parameters_become_the_model_or_a_failed_step(values: dict[str, Any]) -> None:
    try:
        made = typed(CATALOGUE["probe"], values, [(name,) for name in values])
    except StepFailed as error:
        made = error
    assert isinstance(made, StepFailed | CATALOGUE["probe"].parameters)
