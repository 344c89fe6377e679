"""Read YAML."""

from typing import Annotated, Any

from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, Text, UnsetType, doc, step
from rustchain.steps.data._schema import Schema, compile_schema, require
from rustchain.steps.data._source import exactly_one, read_document
from rustchain.steps.data._yaml import parse


class ParseYaml(Parameters):
    """
    Read a YAML text or file safely, by the rules of mission files, and check it.

    YAML 1.2 core schema: `on` and `no` are texts, tags and keys given twice are refused, anchors and merges work within
    limits. Unlike a mission file, a text may hold several documents.

    Example:
        step_type: parse_yaml
        parameters:
          content: |
            region: EU
            limits: {daily: 100}
          schema: {type: object, required: [region]}
    """

    content: Annotated[Text | UnsetType, doc("The YAML text. Either this or `path`.")] = UNSET
    path: Annotated[ReadPath | UnsetType, doc("A YAML file (UTF-8, up to 64 MiB).")] = UNSET
    schema: Annotated[
        Schema | UnsetType,
        doc("A JSON Schema that each document must fit; references may only point inside it."),
    ] = UNSET

    def __post_init__(self) -> None:
        exactly_one(self, "content", "path")
        if self.schema is not UNSET:
            compile_schema(self.schema)


class ParseYamlOutput(Output):
    """What was read."""

    parsed: Annotated[Any, doc("The document; of several, the list of them; of none, null.")]
    documents: Annotated[int, doc("How many documents there are.")]
    valid: Annotated[bool, doc("True: what is not valid fails the step.")] = True


@step(idempotent=True)
def parse_yaml(p: ParseYaml, ctx: Context) -> ParseYamlOutput:
    """Read and check."""
    document = read_document(ctx.files, p.content, p.path)
    values = parse(document)
    if p.schema is not UNSET:
        for value in values:
            require(p.schema, value, document.name)
    parsed = values if len(values) > 1 else next(iter(values), None)
    return ParseYamlOutput(parsed=parsed, documents=len(values))
