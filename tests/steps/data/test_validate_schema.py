import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import ValidationError

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

PERSON = {"type": "object", "required": ["name"], "properties": {"age": {"type": "integer", "minimum": 0}}}
XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="order"><xs:complexType><xs:sequence>'
    '<xs:element name="item" type="xs:int" maxOccurs="9"/></xs:sequence></xs:complexType></xs:element></xs:schema>'
)


def errors(tmp_path: Path, **parameters: Any) -> list[tuple[str, str]]:
    found = run_step("validate_schema", {"fail_on_invalid": False, **parameters}, tmp_path)
    assert found["valid"] is (found["error_count"] == 0)
    return [(e["path"], e["message"]) for e in found["errors"]]


def test_the_specifications_example_works_as_printed(tmp_path):
    (tmp_path / "data.csv").write_text("name,value\ntest,100")
    found = run_step("validate_schema", {"file": "data.csv", "schema_type": "csv"}, tmp_path)
    assert found == {"valid": True, "errors": [], "error_count": 0}


def test_every_error_has_its_place(tmp_path):
    data = {"people": [{"name": "a"}, {"age": -1}]}
    schema = {"properties": {"people": {"items": PERSON}}}
    assert errors(tmp_path, data=data, schema=schema) == [
        ("/people/1", '"name" is a required property'),
        ("/people/1/age", "-1 is less than the minimum of 0"),
    ]


def test_invalid_data_fails_the_step_and_keeps_its_output(tmp_path):
    with pytest.raises(StepFailed, match="data does not fit the schema: /age") as caught:
        run_step("validate_schema", {"data": {"name": "x", "age": "y"}, "schema": PERSON}, tmp_path)
    assert caught.value.kind is Failure.INVALID_DATA
    assert caught.value.output["valid"] is False
    assert caught.value.output["errors"] == caught.value.detail
    assert caught.value.detail[0]["path"] == "/age"


def test_only_the_first_hundred_errors_are_kept_but_all_counted(tmp_path):
    parameters = {"data": ["x"] * 250, "schema": {"items": {"type": "null"}}, "fail_on_invalid": False}
    found = run_step("validate_schema", parameters, tmp_path)
    assert (len(found["errors"]), found["error_count"]) == (100, 250)


def test_a_long_value_is_cut_in_messages(tmp_path):
    assert len(errors(tmp_path, data=["x" * 10_000], schema={"type": "null"})[0][1]) <= 300


@pytest.mark.parametrize(
    ("data", "schema", "valid"),
    [
        ('{"name": "x"}', PERSON, True),
        ('"text"', {"type": ["string", "null"]}, True),
        ("plain text", {"type": "string"}, True),
        ("plain text", {"type": ["string", "null"]}, False),
        ("[1", {}, False),
        (None, {"type": "null"}, True),
        ([1], True, True),
        ([1], False, False),
        ({"day": "2024-02-30"}, {"properties": {"day": {"format": "date"}}}, False),
        ('{"name": "x"}', json.dumps(PERSON), True),
    ],
)
def test_a_text_is_json_unless_the_schema_wants_a_text(data, schema, valid, tmp_path):
    assert (errors(tmp_path, data=data, schema=schema) == []) is valid


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"age": -5}'), ("a.yaml", "age: -5"), ("a.yml", "age: -5")]
)
def test_data_and_schema_come_from_files(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    (tmp_path / "schema.yaml").write_text(json.dumps(PERSON))
    paths = [path for path, _ in errors(tmp_path, data_file=name, schema_file="schema.yaml")]
    assert paths == ["", "/age"]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.yaml", "a: [1"), ("a.yaml", "a: 1\n---\nb: 2")]
)
def test_a_file_that_cannot_be_read_is_invalid(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    [(path, message)] = errors(tmp_path, file=name, schema={})
    assert path == ""
    assert message.startswith(name)


def test_a_file_that_is_not_there_is_no_question_of_validity(tmp_path):
    with pytest.raises(StepFailed) as caught:
        run_step("validate_schema", {"file": "none.json", "schema": {}, "fail_on_invalid": False}, tmp_path)
    assert caught.value.kind is Failure.NOT_FOUND


def test_a_wrong_schema_in_a_file_fails_whatever_the_data(tmp_path):
    (tmp_path / "schema.json").write_text('{"$ref": "other.json"}')
    (tmp_path / "other.json").write_text("true")
    with pytest.raises(StepFailed, match="the schema is wrong") as caught:
        run_step(
            "validate_schema", {"data": 1, "schema_file": "schema.json", "fail_on_invalid": False}, tmp_path
        )
    assert caught.value.kind is Failure.INVALID_PARAMETERS


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"schema": {}}, "exactly one of data, file"),
        ({"data": 1}, "exactly one of schema, schema_file"),
        ({"data": 1, "schema": {}, "schema_file": "x"}, "exactly one of schema, schema_file"),
        ({"data": "a", "schema_type": "csv", "schema": {}, "schema_file": "x"}, "exactly one of schema"),
        ({"data": 1, "schema": {"minimum": "x"}}, "the schema is wrong at /minimum"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_read(parameters, said, tmp_path):
    with pytest.raises(ValidationError, match=said):
        run_step("validate_schema", parameters, tmp_path)


def test_csv_rows_need_as_many_fields_as_the_header(tmp_path):
    text = 'a,b\n1,2\n3\n"x\ny",4\n5,6,7\n'
    assert errors(tmp_path, data=text, schema_type="csv") == [
        ("line 3", "the number of fields is 1, not 2"),
        ("line 6", "the number of fields is 3, not 2"),
    ]


def test_csv_rows_fit_a_schema_with_their_cells_as_it_wants_them(tmp_path):
    properties = {
        "n": {"type": ["integer", "null"], "minimum": 10},
        "ok": {"type": "boolean"},
        "s": {"type": "string"},
    }
    text = "\ufeffn,ok,s\n10,true,5\n,false,x\n9,maybe,y\nz,true,w\n"
    found = errors(
        tmp_path, data=text, schema_type="csv", schema={"properties": properties, "required": ["s"]}
    )
    assert found == [
        ("line 4/n", "9 is less than the minimum of 10"),
        ("line 4/ok", '"maybe" is not of type "boolean"'),
        ("line 5/n", '"z" is not of types "null", "integer"'),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no header line"),
        (b"a,a\n", "two columns"),
        (b'a,b\n"x', "line 2: not CSV"),
        (b"a\n\xff\n", "not utf-8"),
    ],
)
def test_what_is_not_csv_is_invalid(data, said, tmp_path):
    (tmp_path / "a.csv").write_bytes(data)
    assert said in "".join(errors(tmp_path, file="a.csv", schema_type="csv")[-1])


def test_xml_is_checked_against_an_xml_schema(tmp_path):
    (tmp_path / "order.xsd").write_text(XSD)
    (tmp_path / "order.xml").write_text("<order>\n<item>1</item>\n<item>x</item></order>")
    found = errors(tmp_path, file="order.xml", schema_file="order.xsd", schema_type="xsd")
    assert [(path, message[:7]) for path, message in found] == [("/order/item[2]", "line 3:")]
    assert errors(tmp_path, data="<order><item>1</item></order>", schema=XSD, schema_type="xsd") == []


def test_what_is_not_xml_is_invalid(tmp_path):
    assert "not XML" in errors(tmp_path, data="<order>", schema=XSD, schema_type="xsd")[0][1]


@pytest.mark.parametrize(
    "schema",
    [
        XSD.replace("xs:int", "xs:nonsense"),
        XSD.replace("<xs:element", '<xs:include schemaLocation="other.xsd"/><xs:element', 1),
        XSD.replace(
            "<xs:element", '<xs:import namespace="u" schemaLocation="http://127.0.0.1:9/x"/><xs:element', 1
        ),
        7,
    ],
)
def test_a_wrong_xml_schema_fails(schema, tmp_path):
    (tmp_path / "other.xsd").write_text(XSD)
    parameters = {"data": "<order/>", "schema": schema, "schema_type": "xsd", "fail_on_invalid": False}
    with pytest.raises(StepFailed) as caught:
        run_step("validate_schema", parameters, tmp_path)
    assert caught.value.kind is Failure.INVALID_PARAMETERS
