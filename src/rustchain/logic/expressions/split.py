"""Texts into literal texts and expressions."""

import re

from rustchain.logic.expressions.analysis import analyse
from rustchain.logic.expressions.errors import InvalidExpression
from rustchain.logic.expressions.language import KEYWORDS
from rustchain.logic.expressions.tokens import scan
from rustchain.model.expression import Expression, Reference, Template

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
    return Template((analyse(text[tokens[0].start : tokens[-1].end], tokens),))


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
    source = text[tokens[0].start : tokens[-1].end]
    if len(tokens) == 1 and _QUOTED.fullmatch(source):
        return source[1:-1], end + 2
    return analyse(source, tokens), end + 2
