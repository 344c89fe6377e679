from typing import Any

import msgspec
import pytest

from harness.missions import HEAD, problems_in
from rustchain.engine.inputs import check_inputs, parse_input
from rustchain.model.mission import Input


def declared(**specs: dict[str, Any]) -> dict[str, Input]:
    return msgspec.convert(specs, dict[str, Input])


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("string", "41", "41"), ("integer", "41", 41), ("integer", "x", "x"), ("integer", "4.5", "4.5"),
        ("number", "4.5", 4.5), ("number", "4", 4), ("number", "inf", "inf"), ("number", "x", "x"),
        ("boolean", "true", True), ("boolean", "False", False), ("boolean", "yes", "yes"),
        ("list", "[1]", [1]), ("array", "[1", "[1"), ("object", '{"a": 1}', {"a": 1}), ("object", "[" * 5000, "[" * 5000),
    ],
)  # fmt: skip
def test_a_text_stands_for_a_value_of_the_declared_type(type: str, text: str, value: Any) -> None:
    (spec,) = declared(a={"type": type}).values()
    parsed = parse_input(spec, text)
    assert (parsed, parsed.__class__) == (value, value.__class__)


def test_defaults_fill_in_what_is_not_given() -> None:
    checked = check_inputs(declared(a={"type": "integer", "default": 1}, b={"type": "string"}), {"b": "x"})
    assert checked == ({"a": 1, "b": "x"}, ())


def test_a_missing_input_is_told_only_where_all_are_needed() -> None:
    specs = declared(a={"type": "string"})
    (problem,) = check_inputs(specs, {}).problems
    assert (problem.code, problem.message, problem.path) == (
        "RC401",
        "the input 'a' is missing",
        ("inputs", "a"),
    )
    assert check_inputs(specs, {}, complete=False) == ({}, ())


def test_an_unknown_input_is_told_with_a_suggestion() -> None:
    (problem,) = check_inputs(declared(region={"type": "string", "default": ""}), {"regoin": "EU"}).problems
    assert (problem.code, problem.suggestion) == ("RC403", "region")


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        ({"type": "integer"}, "x", "the input 'a' takes a whole number, not 'x'"),
        ({"type": "integer"}, True, "the input 'a' takes a whole number, not true"),
        ({"type": "boolean"}, 1, "the input 'a' takes true or false, not 1"),
        ({"type": "string"}, 1, "the input 'a' takes a text, not 1"),
        ({"type": "list"}, {}, "the input 'a' takes a list, not a mapping"),
        ({"type": "string", "enum": ["EU", "US"]}, "EX", "the input 'a' takes one of EU, US, not 'EX'"),
        ({"type": "integer", "minimum": 1, "exclusiveMaximum": 9}, 9, "the input 'a' must be less than 9, not 9"),
        ({"type": "string", "pattern": "^a+$"}, "b", "the input 'a' must match ^a+$, not 'b'"),
        ({"type": "list", "items": {"type": "integer"}}, [1, "x"], "item 1 takes a whole number, not 'x'"),
        ({"type": "object", "required": ["k"]}, {}, "missing key 'k'"),
        ({"type": "string", "format": "date"}, "x", "the input 'a': \"x\" is not a \"date\""),
        ({"type": "string", "secret": True, "minLength": 9}, "hunter2", "the input 'a' is not what the mission declares"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_told(spec: dict[str, Any], value: Any, message: str) -> None:
    (problem,) = check_inputs(declared(a=spec), {"a": value}).problems
    assert (problem.code, problem.message) == ("RC402", message)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"type": "number"}, 1), ({"type": "array"}, []), ({"type": "object"}, {"a": 1}), ({"type": "string"}, ""),
        ({"type": "string", "enum": ["EU"], "description": "Where."}, "EU"), ({"type": "integer", "multipleOf": 2}, 4),
    ],
)  # fmt: skip
def test_a_right_input_is_taken(spec: dict[str, Any], value: Any) -> None:
    assert check_inputs(declared(a=spec), {"a": value}) == ({"a": value}, ())


def test_an_untyped_input_takes_anything() -> None:
    assert check_inputs({"a": Input(type=msgspec.UNSET)}, {"a": [None]}).problems == ()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("type: integer, default: x", "RC404 4:38 the default does not fit: the input 'n' takes a whole number, not 'x'"),
        ("type: string, pattern: '['", "RC404 4:13 the schema of the input 'n' is not valid"),
        ("type: list, items: {type: nope}", "RC404 4:13 the schema of the input 'n' is not valid"),
    ],
)  # fmt: skip
def test_declarations_that_contradict_themselves_are_told(spec: str, problem: str) -> None:
    text = HEAD + f"steps: [{{id: a, step_type: noop}}]\ninputs: {{n: {{{spec}}}}}\n"
    (found,) = problems_in(text)
    assert found.startswith(problem)
