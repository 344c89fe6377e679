"""Read XML."""

from typing import Annotated, Any

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, Requirement, Text, UnsetType, doc, step
from rustchain.steps.data._source import exactly_one, read_bytes


class ParseXml(Parameters):
    """
    Read an XML text or file, transform it, and pick parts of it.

    Elements become `{tag, attributes, text, children}`: `text` is what stands before the first child, a child has a
    `tail` where text follows it, and a tag in a namespace is `{namespace}name`. Comments are left out. Documents that
    use entities of their own are refused, files and network are never reached. Documents have up to 16 MiB and 100
    levels.

    Example:
        step_type: parse_xml
        parameters:
          content: <order id="7"><item price="2">pen</item><item price="9">ink</item></order>
          xpath: //item[@price > 5]/text()
    """

    content: Annotated[Text | UnsetType, doc("The XML text. Either this or `path`.")] = UNSET
    path: Annotated[ReadPath | UnsetType, doc("An XML file, in the encoding it declares.")] = UNSET
    xpath: Annotated[
        Text | UnsetType,
        doc("An XPath 1.0 expression; it may use the prefixes that the root element declares."),
    ] = UNSET
    transform: Annotated[
        Text | UnsetType, doc("An XSLT 1.0 stylesheet; `parsed` and `xpath` are then about its result.")
    ] = UNSET

    def __post_init__(self) -> None:
        exactly_one(self, "content", "path")


class ParseXmlOutput(Output):
    """What was read."""

    parsed: Annotated[Any, doc("The root element, or the text that the transform made.")]
    matches: Annotated[
        list[Any], doc("What the xpath found: elements, texts, or one number, text or boolean; else empty.")
    ]
    valid: Annotated[bool, doc("True: what is not valid fails the step.")] = True


@step(idempotent=True, needs=(Requirement(package="lxml", extra="xml"),))
def parse_xml(p: ParseXml, ctx: Context) -> ParseXmlOutput:
    """Read, transform, pick."""
    from rustchain.steps.data import _xml  # needs an extra, which only this step's run may miss

    name = "content" if p.path is UNSET else p.path
    root = _xml.parse(
        str(p.content) if p.path is UNSET else read_bytes(ctx.files, p.path, _xml.MAX_BYTES), name
    )
    found = root if p.transform is UNSET else _xml.transform(root, p.transform, ctx.check)
    if not isinstance(found, str):
        picked = [] if p.xpath is UNSET else _xml.matches(found, p.xpath, name)
        return ParseXmlOutput(parsed=_xml.to_json(found, name), matches=picked)
    if p.xpath is not UNSET:
        raise StepFailed(Failure.INVALID_DATA, "the transform made a text, in which xpath finds nothing")
    return ParseXmlOutput(parsed=found, matches=[])
