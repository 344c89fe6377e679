import pytest
from msgspec import ValidationError

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def test_one_document_is_the_value_itself(tmp_path):
    found = run_step("parse_yaml", {"content": "on: yes\nlimits: {daily: 100}"}, tmp_path)
    assert found == {"parsed": {"on": "yes", "limits": {"daily": 100}}, "documents": 1, "valid": True}


def test_several_documents_are_a_list(tmp_path):
    found = run_step("parse_yaml", {"content": "a: 1\n---\n- 2\n"}, tmp_path)
    assert (found["parsed"], found["documents"]) == ([{"a": 1}, [2]], 2)


def test_a_text_without_a_document_is_null(tmp_path):
    found = run_step("parse_yaml", {"content": "# nothing\n"}, tmp_path)
    assert (found["parsed"], found["documents"]) == (None, 0)


def test_a_file_is_read(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1, 2.5, x]")
    assert run_step("parse_yaml", {"path": "a.yaml"}, tmp_path)["parsed"] == {"a": [1, 2.5, "x"]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", 2),
        ("a: [1\nb: }", 2),
        ("x: !!python/object/apply:os.getcwd []", 1),
        ("a: .inf", 1),
        ("[" * 300, 1),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, line, tmp_path):
    with pytest.raises(StepFailed, match=f"content: line {line}, column") as caught:
        run_step("parse_yaml", {"content": text}, tmp_path)
    assert caught.value.kind is Failure.INVALID_DATA
    assert caught.value.detail["line"] == line


def test_every_document_must_fit_the_schema(tmp_path):
    parameters = {"content": "a: 1\n---\na: x\n", "schema": {"properties": {"a": {"type": "integer"}}}}
    with pytest.raises(StepFailed, match="does not fit the schema: /a"):
        run_step("parse_yaml", parameters, tmp_path)


def test_text_and_file_at_once_are_refused(tmp_path):
    with pytest.raises(ValidationError, match="exactly one of"):
        run_step("parse_yaml", {"content": "a", "path": "b"}, tmp_path)
