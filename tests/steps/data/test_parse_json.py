import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.data import _json
from rustchain.steps.data._source import Document

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def parse(text: str) -> Any:
    return _json.parse(Document(text, "content"))


def refusal(text: str) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        parse(text)
    assert caught.value.kind is Failure.INVALID_DATA
    return caught.value


@given(VALUES, st.booleans())
def test_what_was_written_as_json_is_read_back(value, ascii):
    assert parse(json.dumps(value, ensure_ascii=ascii)) == value


@given(VALUES, st.sampled_from(["NaN", "-Infinity", "1e999", '{"a": 1, "a": 2}', '"\\udc00"']))
def test_a_fault_is_found_wherever_it_stands(value, fault):
    before = json.dumps(["NaN {}[]", value])
    wrong = refusal(f"[{before},\n  {fault}]")
    assert wrong.detail["line"] == 2
    assert wrong.detail["column"] >= 3


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('{"a": 1,\n "a": 2}', 2, 2, "key 'a' is given twice"),
        ('{"a": {"b": 1},\n "c": [{"a": 1, "\\u0061": 2}]}', 2, 17, "key 'a' is given twice"),
        ("[1,\n  NaN]", 2, 3, "NaN is not a number"),
        ("[-Infinity]", 1, 2, "-Infinity is not a number"),
        ("[1, 1e999]", 1, 5, "1e999 is not a number"),
        ("9" * 5000, 1, 1, "is not a number"),
        ('["\\ud800"]', 1, 2, "surrogate"),
        ("[" * 100_000, 1, 201, "nested deeper than 200"),
        ("[" * 201 + "]" * 201, 1, 201, "nested deeper than 200"),
        ('{"a":\n x}', 2, 2, "not JSON"),
        ("[1 2]", 1, 4, "not JSON"),
        ("", 1, 1, "not JSON"),
        ("1 2", 1, 3, "not JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, line, column, said):
    wrong = refusal(text)
    assert wrong.detail == {"line": line, "column": column}
    assert said in wrong.message
    assert f"line {line}, column {column}" in wrong.message


def test_equal_keys_in_different_objects_are_fine():
    assert parse('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


def test_the_deepest_nesting_that_is_allowed_is_read():
    assert parse("[" * 200 + "]" * 200)


def test_large_integers_keep_their_digits(tmp_path):
    text = "123456789012345678901234567890"
    assert run_step("parse_json", {"content": text}, tmp_path) == {"parsed": int(text), "valid": True}


def test_a_file_may_start_with_a_byte_order_mark(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert run_step("parse_json", {"input_file": "a.json"}, tmp_path)["parsed"] == {"a": 1}


def test_a_file_that_is_not_utf_8_fails_with_the_line(tmp_path):
    (tmp_path / "a.json").write_bytes(b'["ok",\n "caf\xe9"]')
    with pytest.raises(StepFailed, match=r"a\.json: line 2: is not UTF-8: byte 0xe9 at offset 12") as caught:
        run_step("parse_json", {"path": "a.json"}, tmp_path)
    assert caught.value.kind is Failure.INVALID_DATA


def test_a_file_too_large_to_hold_is_a_limit(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(StepFailed) as caught:
        run_step("parse_json", {"path": "a.json"}, tmp_path)
    assert caught.value.kind is Failure.LIMIT


def test_a_query_picks_from_the_document(tmp_path):
    content = '{"items": [{"name": "pen", "price": 2}, {"name": "ink", "price": 9}]}'
    found = run_step("parse_json", {"content": content, "query": "items[?price > `5`].name"}, tmp_path)
    assert found["parsed"] == ["ink"]


def test_a_query_that_does_not_suit_the_data_fails(tmp_path):
    with pytest.raises(StepFailed) as caught:
        run_step("parse_json", {"content": "1", "query": "length(@)"}, tmp_path)
    assert caught.value.kind is Failure.INVALID_DATA


def test_every_misfit_with_the_schema_is_told(tmp_path):
    schema = {"type": "object", "required": ["b"], "properties": {"a/b": {"type": "integer"}}}
    with pytest.raises(StepFailed, match="2 errors") as caught:
        run_step("parse_json", {"content": '{"a/b": "x"}', "schema": schema}, tmp_path)
    assert {f["path"] for f in caught.value.detail} == {"", "/a~1b"}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "exactly one of content, path"),
        ({"content": "1", "path": "a.json"}, "exactly one of content, path"),
        ({"content": "1", "query": "a["}, "jmespath"),
        ({"content": "1", "schema": {"type": "nope"}}, "the schema is wrong at /type"),
        ({"content": "1", "schema": {"$ref": "http://127.0.0.1:9/s.json"}}, "lies outside the schema"),
        ({"content": "1", "schema": {"$ref": "file:///etc/passwd"}}, "lies outside the schema"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_read(parameters, said, tmp_path):
    with pytest.raises(ValidationError, match=said):
        run_step("parse_json", parameters, tmp_path)
