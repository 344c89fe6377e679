"""
XML read, queried, transformed and validated without reaching anything but the texts themselves.

Importing this fails a step where lxml, an extra, is missing: import it where it is used. Entities that a document
declares are refused (XML bombs, external entities), nothing is loaded from files or network, and libxml2's own limits
hold: 256 levels, 10 MB in one text.
"""

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import Any

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.data._findings import Finding
from rustchain.steps.data._source import invalid

try:
    from lxml import etree
except ImportError as error:
    raise StepFailed(Failure.MISSING_DEPENDENCY, "needs lxml: pip install 'rustchain[xml]'") from error

MAX_BYTES = 16 << 20
"""The largest document, in bytes."""
MAX_DEPTH = 100
"""How deep elements may lie in one another: as JSON, each takes two levels."""
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_CHECK = "urn:rustchain:check"
Element = etree._Element
_lxml: Any = etree
"""For what lxml's type stubs do not know."""


class _Nothing(etree.Resolver):
    def resolve(self, *request: Any) -> Any:
        raise ValueError(f"{request[0]} lies outside the document")


def parse(data: bytes | str, name: str) -> Element:
    """The root of a document; StepFailed (limit; invalid_data with line and column)."""
    encoded, encoding = (data.encode(), "utf-8") if isinstance(data, str) else (data, None)
    if len(encoded) > MAX_BYTES:
        raise StepFailed(Failure.LIMIT, f"{name} is larger than {MAX_BYTES:,} bytes")
    parser = etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    parser.resolvers.add(_Nothing())
    try:
        root = etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError as fault:
        line, column = fault.position
        message = str(fault.msg).partition(", line ")[0].strip()
        raise invalid(name, f"not XML: {message}", line or 1, max(column, 1)) from fault
    _refuse_entities(root, parser.error_log, name)
    return root


def _refuse_entities(root: Element, log: Iterable[Any], name: str) -> None:
    """Declared ones, undeclared ones in text, and in attributes, where they are only warned of."""
    dtd: Any = root.getroottree().docinfo.internalDTD
    declared = [] if dtd is None else [f"&{e.name};" for e in dtd.iterentities()]
    used = [e.text for e in root.iter(etree.Entity)]
    warned = [entry.message for entry in log if entry.type_name == "WAR_UNDECLARED_ENTITY"]
    if found := [*declared, *used, *warned]:
        message = f"{name}: {found[0]}: entities other than XML's own are refused"
        raise StepFailed(Failure.INVALID_DATA, message)


def to_json(root: Element, name: str) -> dict[str, Any]:
    """
    An element as tag (`{namespace}name`), attributes, text (before the first child) and children.

    A child has `tail` where text follows it. Text of nothing but white space is left out, so are comments.
    """
    found = _shallow(root)
    level = [(root, found)]
    for _ in range(MAX_DEPTH):
        level = [pair for element, shape in level for pair in _children(element, shape)]
        if not level:
            return found
    raise StepFailed(Failure.LIMIT, f"{name}: elements are nested deeper than {MAX_DEPTH}")


def _children(element: Element, shape: dict[str, Any]) -> list[tuple[Element, dict[str, Any]]]:
    pairs = [(child, _shallow(child)) for child in element]
    for child, described in pairs:
        if tail := _text(child.tail):
            described["tail"] = tail
    shape["children"] = [described for _, described in pairs]
    return pairs


def _shallow(element: Element) -> dict[str, Any]:
    return {
        "tag": element.tag,
        "attributes": dict(element.attrib),
        "text": _text(element.text),
        "children": [],
    }


def _text(text: str | None) -> str:
    return text if text and not text.isspace() else ""


def matches(root: Element, path: str, name: str) -> list[Any]:
    """What an XPath 1.0 expression finds, prefixes as the root declares them; a single value is a list of one."""
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        found = etree.XPath(path, namespaces=prefixes, regexp=False)(root)
    except etree.XPathError as fault:
        raise StepFailed(Failure.INVALID_PARAMETERS, f"xpath {path}: {fault}") from fault
    return [_match(f, name) for f in (found if isinstance(found, list) else [found])]


def _match(found: Any, name: str) -> Any:
    if isinstance(found, Element):
        return to_json(found, name)
    if isinstance(found, float):
        return (int(found) if found.is_integer() else found) if isfinite(found) else None
    return found if isinstance(found, bool) else str(found)


def transform(root: Element, stylesheet: str, check: Callable[[], None]) -> Element | str:
    """
    What an XSLT 1.0 stylesheet makes of a document: the root of another, or a text.

    A stylesheet is a program that need not end: `check`, which may raise, is called by every template and loop.
    """
    program = parse(stylesheet, "transform")
    _weave(program)

    def checked(_: object) -> bool:
        check()
        return False

    options = {"regexp": False, "access_control": _lxml.XSLTAccessControl.DENY_ALL}
    try:
        result = _lxml.XSLT(program, extensions={(_CHECK, "check"): checked}, **options)(root)
    except (etree.XSLTError, ValueError) as fault:
        raise StepFailed(Failure.INVALID_DATA, f"transform: {fault}") from fault
    made: Element | None = result.getroot()
    if made is None:
        return str(result)
    _lxml.strip_tags(made, etree.Comment, etree.ProcessingInstruction)
    return made


def _weave(program: Element) -> None:
    """Have every template and loop call `check`, after the declarations that must come first."""
    for body in program.iter(f"{_XSL}template", f"{_XSL}for-each"):
        first = sum(1 for child in body if child.tag in {f"{_XSL}param", f"{_XSL}sort"})
        body.insert(first, etree.Element(f"{_XSL}if", {"test": "c:check()"}, nsmap={"c": _CHECK}))


def compile_xsd(schema: Element) -> Any:
    """An XML Schema (XSD 1.0), ready for use; StepFailed (invalid_parameters) where it is wrong."""
    try:
        return _lxml.XMLSchema(schema)
    except etree.XMLSchemaParseError as fault:
        raise StepFailed(Failure.INVALID_PARAMETERS, f"the schema is wrong: {fault}") from fault


def validate(root: Element, xsd: Any) -> Iterator[Finding]:
    """Everything in which a document does not fit."""
    xsd.validate(root)
    for entry in xsd.error_log:
        yield Finding(entry.path or "", f"line {entry.line}: {entry.message}")
