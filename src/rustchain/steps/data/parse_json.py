"""Read JSON."""

from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, Text, UnsetType, doc, step
from rustchain.steps.data._json import parse
from rustchain.steps.data._schema import Schema, compile_schema, require
from rustchain.steps.data._source import exactly_one, read_document


class ParseJson(Parameters):
    """
    Read a JSON text or file, check it, and pick values from it.

    A key given twice in one object, NaN, Infinity and nesting beyond 200 are refused; integers keep all their digits.

    Example:
        step_type: parse_json
        parameters:
          content: '{"items": [{"name": "pen", "price": 2}, {"name": "ink", "price": 9}]}'
          query: items[?price > `5`].name
    """

    content: Annotated[Text | UnsetType, doc("The JSON text. Either this or `path`.")] = UNSET
    path: Annotated[ReadPath | UnsetType, doc("A JSON file (UTF-8, up to 64 MiB).", also=("input_file",))] = (
        UNSET
    )
    query: Annotated[Text | UnsetType, doc("A JMESPath expression; `parsed` is then its result.")] = UNSET
    schema: Annotated[
        Schema | UnsetType,
        doc("A JSON Schema that the whole document must fit; references may only point inside it."),
    ] = UNSET

    def __post_init__(self) -> None:
        exactly_one(self, "content", "path")
        if self.schema is not UNSET:
            compile_schema(self.schema)
        if self.query is not UNSET:
            jmespath.compile(self.query)


class ParseJsonOutput(Output):
    """What was read."""

    parsed: Annotated[Any, doc("The document, or the result of the query.")]
    valid: Annotated[bool, doc("True: what is not valid fails the step.")] = True


@step(idempotent=True)
def parse_json(p: ParseJson, ctx: Context) -> ParseJsonOutput:
    """Read, check, pick."""
    document = read_document(ctx.files, p.content, p.path)
    value = parse(document)
    if p.schema is not UNSET:
        require(p.schema, value, document.name)
    return ParseJsonOutput(parsed=value if p.query is UNSET else _pick(p.query, value))


def _pick(query: str, value: Any) -> Any:
    try:
        return jmespath.search(query, value)
    except JMESPathError as error:
        raise StepFailed(Failure.INVALID_DATA, f"query {query}: {error}") from error
