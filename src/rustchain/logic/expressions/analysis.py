"""What an expression refers to and calls, read from its tokens; whether its syntax is right, asked of the library."""

from functools import lru_cache

from rustchain.logic.expressions.errors import InvalidExpression, did_you_mean
from rustchain.logic.expressions.language import FILTERS, FUNCTIONS, KEYWORDS, TESTS
from rustchain.logic.expressions.tokens import Token
from rustchain.model.expression import Expression, Reference

_VALUE_ENDS = frozenset({"name", "number", "string"})


def analyse(source: str, tokens: list[Token]) -> Expression:
    """The expression whose text is `source` and whose tokens are these. Raises InvalidExpression."""
    offset = tokens[0].start
    first, after = _reference(tokens, 0)
    if first is not None and after == len(tokens):
        return Expression(source, (first,), plain=True, offset=offset)
    references = [_reference(tokens, i)[0] for i in range(len(tokens)) if _judge(tokens, i)]
    problem = _syntax_problem(source)
    if problem is not None:
        raise InvalidExpression(problem[0], offset + problem[1])
    found = dict.fromkeys(r for r in references if r is not None)
    return Expression(source, tuple(found), plain=False, offset=offset)


def _reference(tokens: list[Token], i: int) -> tuple[Reference | None, int]:
    """The reference whose root is token `i`, and the index of the token after it."""
    if tokens[i].kind != "name" or tokens[i].text in KEYWORDS:
        return None, i
    path: list[str | int] = []
    after = i + 1
    while step := _step(tokens, after):
        path.append(step[0])
        after += step[1]
    return Reference(tokens[i].text, tuple(path)), after


def _step(tokens: list[Token], i: int) -> tuple[str | int, int] | None:
    """`.name`, `['name']`, `[0]` or `[-1]` at token `i`, and how many tokens that takes."""
    texts = [t.text for t in tokens[i : i + 4]]
    match texts:
        case [".", name, *_] if tokens[i + 1].kind == "name":
            return name, 2
        case [".", digits, *_] if digits.isdecimal():
            return int(digits), 2
        case ["[", digits, "]", *_] if digits.isdecimal():
            return int(digits), 3
        case ["[", "-", digits, "]"] if digits.isdecimal():
            return -int(digits), 4
        case ["[", text, "]", *_] if text[0] in "'\"" and "\\" not in text:
            return text[1:-1], 3
    return None


def _judge(tokens: list[Token], i: int) -> bool:
    """Whether token `i` is the root of a reference; raises InvalidExpression for words and calls not in the language."""
    token = tokens[i]
    before = tokens[i - 1].text if i else ""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if token.text == "(" and i:
        _judge_call(tokens, i)
    if token.kind != "name" or before == ".":
        return False
    if before == "|":
        _known("filter", token, FILTERS)
    elif before == "is" or (before == "not" and i > 1 and tokens[i - 2].text == "is" and token.text != "not"):
        _known("test", token, TESTS | {"not"})
    elif token.text not in KEYWORDS and after == "(":
        _known("function", token, FUNCTIONS)
    else:
        return token.text not in KEYWORDS and not (after == "=" and before in "(,")
    return False


def _judge_call(tokens: list[Token], i: int) -> None:
    """Refuse a call of anything but a name that `_judge` looks up."""
    callee = tokens[i - 1]
    attribute = i > 1 and tokens[i - 2].text == "."
    if callee.kind == "name" and attribute:
        hint = f"; there is a filter: `… | {callee.text}`" if callee.text in FILTERS else ""
        raise InvalidExpression(f"methods cannot be called: `.{callee.text}()`{hint}", callee.start)
    if callee.kind in {"number", "string"} or callee.text in {")", "]", "}"}:
        raise InvalidExpression("only functions can be called", tokens[i].start)


def _known(kind: str, token: Token, words: dict[str, str] | frozenset[str]) -> None:
    if token.text not in words:
        raise InvalidExpression(
            f"unknown {kind} `{token.text}`{did_you_mean(token.text, words)}", token.start
        )


@lru_cache(maxsize=4096)
def _syntax_problem(source: str) -> tuple[str, int] | None:
    """What the library's parser says is wrong, and where in the source."""
    # Loaded here because most missions have only plain references, which never come here.
    from rustchain.logic.expressions.library import syntax_problem

    return syntax_problem(source)
