"""Check data against a schema."""

from typing import Annotated, Any, Literal

import msgspec

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, UnsetType, doc, step
from rustchain.steps.data._conformance import Given, check_csv, check_json, check_xsd
from rustchain.steps.data._findings import Finding
from rustchain.steps.data._schema import compile_schema
from rustchain.steps.data._source import exactly_one


class ValidateSchema(Parameters):
    """
    Check data against a JSON Schema or XML Schema, or CSV row by row; every error is reported with its place.

    Given:
        data.csv: |
          name,value
          test,100

    Example:
        step_type: validate_schema
        parameters:
          file: data.csv
          schema_type: csv
          schema: {properties: {value: {type: integer, minimum: 1}}}
    """

    data: Annotated[
        Any,
        doc(
            "The data: a value, or its text in JSON, XML or CSV. A text is not read as JSON where the schema's own "
            "`type` is `string`. Either this or `file`."
        ),
    ] = UNSET
    file: Annotated[
        ReadPath | UnsetType,
        doc("A file with the data; JSON, or YAML where its name ends in .yaml or .yml.", also=("data_file",)),
    ] = UNSET
    schema: Annotated[
        Any,
        doc(
            "A JSON Schema (draft 2020-12 unless `$schema` says otherwise; references may only point inside it), or "
            "the text of an XML Schema. For CSV a JSON Schema of one row: an object of its cells by header, empty "
            "ones left out, read as numbers and booleans where `properties` wants them. CSV needs none: then every "
            "row must have as many fields as the header line."
        ),
    ] = UNSET
    schema_file: Annotated[
        ReadPath | UnsetType, doc("A file with the schema instead, JSON, YAML or XML.")
    ] = UNSET
    schema_type: Annotated[Literal["json", "xsd", "csv"], doc("What kind of schema it is.")] = "json"
    fail_on_invalid: Annotated[bool, doc("Fail the step where data does not fit; false: only say so.")] = True

    def __post_init__(self) -> None:
        exactly_one(self, "data", "file")
        if self.schema_type != "csv" or UNSET not in (self.schema, self.schema_file):
            exactly_one(self, "schema", "schema_file")
        if self.schema_type != "xsd" and isinstance(self.schema, dict | bool):
            compile_schema(self.schema)


class ValidateSchemaOutput(Output):
    """How the data fits."""

    valid: Annotated[bool, doc("Whether there is no error.")]
    errors: Annotated[list[Finding], doc("The first 100 errors.")]
    error_count: Annotated[int, doc("How many errors there are.")]


_CHECKS = {"json": check_json, "xsd": check_xsd, "csv": check_csv}


@step(idempotent=True)
def validate_schema(p: ValidateSchema, ctx: Context) -> ValidateSchemaOutput:
    """Read the schema, then the data, and compare."""
    data = Given(p.data, p.file, "data" if p.file is UNSET else p.file)
    schema = Given(p.schema, p.schema_file, "schema" if p.schema_file is UNSET else p.schema_file)
    found = _CHECKS[p.schema_type](ctx.files, data, schema)
    output = ValidateSchemaOutput(valid=not found.count, errors=found.kept, error_count=found.count)
    if found.count and p.fail_on_invalid:
        message = f"{data.name} does not fit the schema: {found}"
        raise StepFailed(
            Failure.INVALID_DATA, message, output=msgspec.to_builtins(output), detail=found.detail()
        )
    return output
