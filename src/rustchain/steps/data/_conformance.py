"""How data fits a schema: JSON and YAML by JSON Schema, XML by XML Schema, CSV row by row."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, TextIO

from msgspec import UNSET, UnsetType

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Files
from rustchain.steps.data import _json, _yaml
from rustchain.steps.data._csv import Dialect, opened, read_lines
from rustchain.steps.data._findings import Findings
from rustchain.steps.data._schema import Validator, compile_schema, validate
from rustchain.steps.data._source import read_bytes, read_document
from rustchain.steps.data._table import Cell, Row, missing, number


class Given(NamedTuple):
    """A value among the parameters, or the file that holds it; `name` is what messages call it."""

    value: Any
    path: str | UnsetType
    name: str


def check_json(files: Files, data: Given, schema: Given) -> Findings:
    """A text is data itself where the schema's `type` is `string`, else JSON; StepFailed where the schema is wrong."""
    rules = _value(files, schema)
    validator = _compiled(rules)
    if data.path is UNSET and isinstance(rules, dict) and rules.get("type") == "string":
        return Findings(validate(validator, data.value))
    try:
        return Findings(validate(validator, _value(files, data)))
    except StepFailed as fault:
        return _unreadable(fault, Findings())


def check_xsd(files: Files, data: Given, schema: Given) -> Findings:
    """StepFailed where the schema is wrong, or lxml is missing."""
    from rustchain.steps.data import _xml  # imported where it is used: lxml is an extra

    def root(given: Given) -> _xml.Element:
        return _xml.parse(_xml_source(files, given, _xml.MAX_BYTES), given.name)

    rules = _xml.compile_xsd(root(schema))
    try:
        return Findings(_xml.validate(root(data), rules))
    except StepFailed as fault:
        return _unreadable(fault, Findings())


def check_csv(files: Files, data: Given, schema: Given) -> Findings:
    """Without a schema, every row needs as many fields as the header; StepFailed where the schema is wrong."""
    rules = True if schema.value is UNSET and schema.path is UNSET else _value(files, schema)
    validator = _compiled(rules)
    found = Findings()
    with ExitStack() as stack:
        try:
            headers, lines = read_lines(_csv_source(files, data, stack), Dialect(), found.at_line)
            for line, row in lines:
                for finding in validate(validator, _typed(headers, row, rules)):
                    found.add(f"line {line}{finding.path}", finding.message)
        except StepFailed as fault:
            return _unreadable(fault, found)
    return found


def _unreadable(fault: StepFailed, found: Findings) -> Findings:
    """Data that cannot be read does not fit; any other failure stays one."""
    if fault.kind is not Failure.INVALID_DATA:
        raise fault
    found.add("", fault.message)
    return found


def _compiled(schema: Any) -> Validator:
    try:
        return compile_schema(schema)
    except ValueError as error:
        raise StepFailed(Failure.INVALID_PARAMETERS, str(error)) from error


def _value(files: Files, given: Given) -> Any:
    """A value as it is; a text, or what is in a file, as JSON, or as YAML by the file's name."""
    if given.path is UNSET and not isinstance(given.value, str):
        return given.value
    document = read_document(files, given.value, given.path, given.name)
    if not document.name.endswith((".yaml", ".yml")):
        return _json.parse(document)
    values = _yaml.parse(document)
    if len(values) != 1:
        raise StepFailed(Failure.INVALID_DATA, f"{document.name} holds {len(values)} documents, not one")
    return values[0]


def _written(given: Given) -> str:
    if not isinstance(given.value, str):
        raise StepFailed(Failure.INVALID_PARAMETERS, f"{given.name} must be a text here")
    return given.value


def _xml_source(files: Files, given: Given, limit: int) -> bytes | str:
    return _written(given) if given.path is UNSET else read_bytes(files, given.path, limit)


def _csv_source(files: Files, given: Given, stack: ExitStack) -> TextIO:
    source = _written(given) if given.path is UNSET else stack.enter_context(files.open(given.path))
    return stack.enter_context(opened(source, Dialect().encoding))


def _typed(headers: Sequence[str], row: Row, schema: Any) -> dict[str, Cell]:
    """A row by header, empty cells left out, the others as what the schema's `properties` want where they can be."""
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    filled = {header: cell for header, cell in zip(headers, row, strict=True) if not missing(cell)}
    return {header: _read(cell, properties.get(header)) for header, cell in filled.items()}


def _read(cell: Cell, schema: Any) -> Cell:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "integer" in kinds or "number" in kinds:
        value = number(cell)
        return cell if value is None else value
    return {"true": True, "false": False}.get(str(cell), cell) if "boolean" in kinds else cell
