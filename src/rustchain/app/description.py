"""A step type as people and programs read it, from its declaration alone."""

import inspect
import re
import textwrap
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.app.requirements import needed
from rustchain.stepkit import StepType, roles

_SECTION = re.compile(r"^(Given|Example):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)


class FieldDescription(Struct, frozen=True, kw_only=True):
    """A parameter, or a part of the output; `role`: what its text means to the world."""

    name: str
    type: str
    description: str
    required: bool = False
    default: Any = None
    also: tuple[str, ...] = ()
    role: str | None = None


class Description(Struct, frozen=True, kw_only=True):
    """What a step type takes, gives and does."""

    name: str
    summary: str
    text: str
    parameters: list[FieldDescription]
    output: list[FieldDescription]
    effects: list[str]
    """Every action that it can have."""
    idempotent: bool | None
    """Whether an interrupted attempt may be repeated; null: it depends on the parameters."""
    undo: bool
    needs: list[str]
    example: str


def describe(step_type: StepType[Any]) -> Description:
    """Describe a step type."""
    doc = inspect.cleandoc(step_type.doc)
    summary, _, text = _SECTION.sub("", doc).strip().partition("\n")
    examples = {name: textwrap.dedent(body).strip() for name, body in _SECTION.findall(doc)}
    answer = step_type.idempotent
    return Description(
        name=step_type.name,
        summary=summary,
        text=text.strip(),
        parameters=_fields(step_type.parameters),
        output=_fields(step_type.output),
        effects=sorted(step_type.actions),
        idempotent=answer if isinstance(answer, bool) else None,
        undo=step_type.undo is not None,
        needs=[needed(need) for need in step_type.needs],
        example=examples.get("Example", ""),
    )


def _fields(model: Any) -> list[FieldDescription]:
    """The fields of a model; none where the output is open."""
    if not (isinstance(model, type) and issubclass(model, Struct)):
        return []
    schema = msgspec.json.schema(model)
    properties = schema["$defs"][model.__name__]["properties"]
    known = roles(model)
    return [
        FieldDescription(
            name=field.encode_name,
            type=_type(properties[field.encode_name]),
            description=known[field.encode_name].description,
            required=field.required,
            default=properties[field.encode_name].get("default"),
            also=known[field.encode_name].also,
            role=known[field.encode_name].role,
        )
        for field in msgspec.structs.fields(model)
    ]


def _type(schema: dict[str, Any]) -> str:
    """A JSON Schema's type in a few words."""
    if "enum" in schema:
        return " or ".join(msgspec.json.encode(value).decode() for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}"
    return str(schema.get("type", "any"))
