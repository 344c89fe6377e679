import json
from typing import Any

import jsonschema_rs
import pytest

from harness.missions import CATALOGUE
from rustchain.app.schema import DIALECT, mission_schema, step_schema
from rustchain.catalogue import Catalogue

SCHEMA = mission_schema(CATALOGUE)
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def mission(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "1.0", "name": "x", "steps": [{"id": "a", **step}], **more}


def test_the_schema_is_one_and_names_every_type() -> None:
    assert SCHEMA["$schema"] == DIALECT
    jsonschema_rs.meta.validate(SCHEMA)
    assert all(f"parameters.{name}" in SCHEMA["$defs"] for name in CATALOGUE)


def test_the_schema_of_the_real_catalogue_is_one() -> None:
    schema = mission_schema(Catalogue())
    jsonschema_rs.meta.validate(schema)
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(mission({"step_type": "noop"}))


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        (mission({"step_type": "noop"}), True),
        (mission({"step_type": "Noop", "parameters": {"message": "x"}}), True),
        (mission({"step_type": "nop"}), False),
        (mission({"step_type": "Noop", "parameters": {"mesage": "x"}}), False),
        (mission({"step_type": "noop", "parameters": {"message": 3}}), False),
        (mission({"step_type": "noop", "parameters": {"values": "{{ a }}"}}), True),
        (mission({"step_type": "noop", "parameters": {"values": "a"}}), False),
        (mission({"step_type": "probe"}), False),
        (mission({"step_type": "probe", "parameters": {}}), False),
        (mission({"step_type": "probe", "parameters": {"path": "x"}}), True),
        (mission({"step_type": "probe", "parameters": {"file_name": "x", "count": "{{ 1 }}"}}), True),
        (mission({"step_type": "probe", "parameters": {"path": "x", "login": {"user": "u"}}}), False),
        (mission({"step_type": "noop", "nope": 1}), False),
        (mission({"step_type": "noop"}, config={"parallel_limit": 3}), True),
        (mission({"step_type": "noop"}, config={"parallel": 3}), False),
    ],
)
def test_editors_see_what_a_mission_may_say(value: dict[str, Any], valid: bool) -> None:
    assert VALIDATOR.is_valid(value) == valid


def test_the_schema_of_one_type_stands_alone() -> None:
    schema = step_schema(CATALOGUE["probe"])
    jsonschema_rs.meta.validate(schema)
    assert json.dumps(schema)
    assert schema["title"] == "probe"
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"path": "x", "login": {"user": "u", "password": "{{ secrets.p }}"}})
    assert not validator.is_valid({"login": {}})
