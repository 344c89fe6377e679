"""Texts into literal texts and expressions."""

import re
from functools import lru_cache

from rustchain.logic.expressions.errors import InvalidExpression
from rustchain.logic.expressions.literals import KEYWORDS
from rustchain.logic.expressions.nodes import Node, chain, walk
from rustchain.logic.expressions.syntax import parse
from rustchain.logic.expressions.tokens import Token, scan
from rustchain.model.expression import Expression, Reference, Template

MAX_DEPTH = 100
"""Operators and brackets within one another; evaluation goes down as deep."""
_DOTTED = re.compile(r"\{\{\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\}\}")
"""By far the commonest expression; recognised without tokens."""
_QUOTED = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")


def split(text: str) -> Template:
    """
    Take a text with `{{ }}` apart. `{{ '{{' }}` gives a literal; nothing else is special.

    Raises InvalidExpression for an expression that is not closed, empty, wrong, or too long or deep.
    """
    position = text.find("{{")
    if position < 0:
        return Template((text,) if text else ())
    parts: list[str | Expression] = []
    literal = ""
    start = 0
    while position >= 0:
        part, end = _expression_at(text, position)
        literal += text[start:position]
        if isinstance(part, str):
            literal += part
        else:
            parts += [literal, part] if literal else [part]
            literal = ""
        start = end
        position = text.find("{{", start)
    literal += text[start:]
    return Template((*parts, literal) if literal else tuple(parts))


@lru_cache(maxsize=4096)
def bare(text: str) -> Template:
    """
    Take one expression, as of `when` or `foreach`; braces around it are optional.

    Raises InvalidExpression as `split` does, and for a text that is anything but one expression.
    """
    begin = len(text) - len(text.lstrip())
    if text.startswith("{{", begin):
        tokens, end = scan(text, begin + 2, braces=True)
        if text[end + 2 :].strip():
            raise InvalidExpression("write one expression: `a and b`, or `{{ a and b }}`", end + 2)
    else:
        tokens, end = scan(text, 0, braces=False)
    if not tokens:
        raise InvalidExpression("the expression is empty", begin)
    return Template((_analyse(text, tokens),))


def _expression_at(text: str, position: int) -> tuple[str | Expression, int]:
    """The expression whose `{{` is at `position`, or the text that it quotes; and where it ends."""
    dotted = _DOTTED.match(text, position)
    if dotted is not None:
        root, *path = dotted[1].split(".")
        if root not in KEYWORDS:
            reference = Reference(root, tuple(path))
            return Expression(dotted[1], (reference,), plain=True, offset=dotted.start(1)), dotted.end()
    tokens, end = scan(text, position + 2, braces=True)
    if not tokens:
        raise InvalidExpression("the expression is empty", position)
    if len(tokens) == 1 and _QUOTED.fullmatch(tokens[0].text):
        return tokens[0].text[1:-1], end + 2
    return _analyse(text, tokens), end + 2


def _analyse(text: str, tokens: list[Token]) -> Expression:
    """The expression made of these tokens of a text. Raises InvalidExpression."""
    offset = tokens[0].start
    source = text[offset : tokens[-1].end]
    node = parse(text, tokens)
    whole = chain(node)
    if whole is not None:
        return Expression(source, (whole,), plain=True, offset=offset)
    _check(node, source, offset)
    found = dict.fromkeys(r for n, _ in walk(node) if (r := chain(n)) is not None)
    return Expression(source, tuple(found), plain=False, offset=offset)


def _check(node: Node, source: str, offset: int) -> None:
    """Raise InvalidExpression for unknown words and for what is nested too deep."""
    # Loaded here because most missions have only plain references, which never come here.
    from rustchain.logic.expressions.program import program

    if any(depth > MAX_DEPTH for _, depth in walk(node)):
        raise InvalidExpression(f"the expression is nested more than {MAX_DEPTH} deep", offset)
    try:
        program(source)
    except InvalidExpression as e:
        raise InvalidExpression(e.message, offset + e.offset) from None
