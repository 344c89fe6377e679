"""JSON Schema over values: every error with its place; draft 2020-12 unless `$schema` names another."""

from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.data._findings import Finding, Findings

Validator = jsonschema_rs.Validator
Schema = dict[str, Any] | bool


def compile_schema(schema: Schema) -> Validator:
    """A validator; ValueError where the schema is wrong or refers to anything outside itself."""
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_refuse)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(
            f"the schema is wrong at {pointer(error.instance_path) or '/'}: {error.message}"
        ) from error


def validate(validator: Validator, value: Any) -> Iterator[Finding]:
    """Everything wrong with a value."""
    for error in validator.iter_errors(value):
        yield Finding(pointer(error.instance_path), error.message)


def require(schema: Schema, value: Any, name: str) -> None:
    """StepFailed (invalid_data), every error in its detail, where a value does not fit a schema."""
    found = Findings(validate(compile_schema(schema), value))
    if found.count:
        raise StepFailed(
            Failure.INVALID_DATA, f"{name} does not fit the schema: {found}", detail=found.detail()
        )


def pointer(path: Iterable[str | int]) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} lies outside the schema; references may only point inside")
