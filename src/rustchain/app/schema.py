"""The JSON Schema of missions, for editors and other programs; every step type's parameters are in it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from rustchain.engine.parameters import spellings
from rustchain.model.mission import CONFIG_SPELLINGS, Mission
from rustchain.stepkit import Parameters, StepType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPRESSION = {"$ref": "#/$defs/Expression"}
_DEFINITION = {
    "title": "Expression",
    "description": "A text with an expression in it, such as {{ build.output.path }}.",
    "type": "string",
    "pattern": r"\{\{",
}


def mission_schema(catalogue: Mapping[str, StepType[Any]]) -> dict[str, Any]:
    """The schema of a mission with the step types of a catalogue."""
    schema = msgspec.json.schema(Mission)
    definitions = schema["$defs"]
    _with_other_spellings(definitions["MissionConfig"], CONFIG_SPELLINGS)
    names = list(catalogue)
    step = definitions["MissionStep"]
    step["properties"]["step_type"] = {
        **step["properties"]["step_type"],
        "anyOf": [{"enum": names}, {"enum": [_camel_case(name) for name in names]}],
    }
    step["allOf"] = []
    for name in names:
        parameters = _parameters(catalogue[name])
        definitions |= parameters.pop("$defs")
        definitions[f"parameters.{name}"] = parameters
        step["allOf"].append(_when(name, parameters))
    return {"$schema": DIALECT, "title": "RustChain mission", **schema}


def step_schema(step_type: StepType[Any]) -> dict[str, Any]:
    """The schema of one step type's parameters: every other spelling, and an expression wherever a value may stand."""
    return {"$schema": DIALECT, **_parameters(step_type)}


def _parameters(step_type: StepType[Any]) -> dict[str, Any]:
    model: type[Parameters] = step_type.parameters
    schema = msgspec.json.schema(model)
    definitions = {
        f"{step_type.name}.{name}": _open(_renamed(definition, step_type.name))
        for name, definition in schema["$defs"].items()
    }
    parameters = definitions.pop(f"{step_type.name}.{model.__name__}")
    _with_other_spellings(parameters, spellings(model))
    return {**parameters, "title": step_type.name, "$defs": {"Expression": _DEFINITION, **definitions}}


def _when(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a step of one type; they may be left out where none is required."""
    required = bool(parameters.get("required") or parameters.get("allOf"))
    return {
        "if": {"properties": {"step_type": {"enum": [name, _camel_case(name)]}}, "required": ["step_type"]},
        "then": {
            "properties": {"parameters": {"$ref": f"#/$defs/parameters.{name}"}},
            **({"required": ["parameters"]} if required else {}),
        },
    }


def _with_other_spellings(schema: dict[str, Any], others: Mapping[str, str]) -> None:
    """Add other names of properties; a required one is required under either name."""
    for other, name in others.items():
        schema["properties"][other] = schema["properties"][name]
    required = schema.get("required", [])
    spelled = {name for name in others.values() if name in required}
    if spelled:
        schema["required"] = [name for name in required if name not in spelled]
        names = {name: [name, *(o for o, n in others.items() if n == name)] for name in spelled}
        schema["allOf"] = [{"anyOf": [{"required": [one]} for one in all]} for all in names.values()]


def _renamed(schema: Any, prefix: str) -> Any:
    """The schema with references to its own definitions under a prefix."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{prefix}.") if key == "$ref" else _renamed(value, prefix)
            for key, value in schema.items()
        }
    return [_renamed(item, prefix) for item in schema] if isinstance(schema, list) else schema


def _open(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with an expression in the place of every property that is no text anyway."""
    properties = schema.get("properties")
    if properties is None:
        return dict(schema)
    return {**schema, "properties": {name: _or_expression(value) for name, value in properties.items()}}


def _or_expression(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if schema.get("type") == "string" or not schema.keys() & {"type", "anyOf", "enum", "$ref"}:
        return schema
    notes = {key: schema[key] for key in ("description", "default") if key in schema}
    rule = {key: value for key, value in schema.items() if key not in notes}
    return {**notes, "anyOf": [rule, _EXPRESSION]}


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
