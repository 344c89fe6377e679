"""
The grammar: tokens into a tree, with Jinja's precedence.

    choice    = operation ["if" operation ["else" choice]]
    operation = or, and, not, comparison, sum (+ -), concatenation (~), product (* / // %), power (**); all from the left
    signed    = ("-" | "+") signed | primary {.name | [subscript]}, then {"|" filter | "is" ["not"] test}
"""

from collections.abc import Callable
from typing import TypeVar

from rustchain.logic.expressions.errors import InvalidExpression
from rustchain.logic.expressions.literals import CONSTANTS, KEYWORDS, number, string
from rustchain.logic.expressions.nodes import Apply, Item, ListOf, Literal, Name, Node, ObjectOf, Operation
from rustchain.logic.expressions.tokens import Token

T = TypeVar("T")
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not"})
_NOT = 3
_STRENGTH = {"or": 1, "and": 2} | dict.fromkeys(_COMPARISONS, 4) | {"+": 5, "-": 5, "~": 6}
_STRENGTH |= {"*": 7, "/": 7, "//": 7, "%": 7, "**": 8}
_VALUES = frozenset({"name", "number", "string"})
_NO_ARGUMENT = frozenset({"and", "or", "if", "else", "is", "in", "not"})
_END = Token("end", "", 0)


def parse(text: str, tokens: list[Token]) -> Node:
    """The tree of the expression that lies in `text`. Raises InvalidExpression."""
    parser = _Parser(text, tokens)
    node = parser.choice()
    if parser.token is not _END:
        raise parser.unexpected()
    return node


class _Parser:
    """Reads tokens from left to right; every method reads what its name says."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._next] if self._next < len(self._tokens) else _END

    def unexpected(self) -> InvalidExpression:
        """What to raise where the next token does not fit."""
        if self.token is _END:
            return InvalidExpression("the expression ends too early", self._tokens[-1].end)
        return InvalidExpression(f"unexpected `{self.token.text}`", self.token.start)

    def choice(self) -> Node:
        node = self._operation(0)
        if not self._accept("if"):
            return node
        condition = self._operation(0)
        return Operation(
            "if", (condition, node, self.choice()) if self._accept("else") else (condition, node)
        )

    def _operation(self, strength: int) -> Node:
        negated = strength <= _NOT and self._accept("not")
        node = Operation("not", (self._operation(_NOT),)) if negated else self._signed()
        compared: Node | None = None
        while _STRENGTH.get(self.token.text, 0) > strength:
            sign = self._take().text
            if sign in _COMPARISONS:
                right, link = self._comparison(sign, node if compared is None else compared)
                node = link if compared is None else Operation("and", (node, link))
                compared = right
            else:
                node = Operation(sign, (node, self._operation(_STRENGTH[sign])))
                compared = None
        return node

    def _comparison(self, sign: str, left: Node) -> tuple[Node, Node]:
        """The right side of a comparison, which may be compared further, and the comparison."""
        if sign == "not":
            self._expect("in")
        right = self._operation(_STRENGTH[sign])
        link = Operation("in" if sign == "not" else sign, (left, right))
        return right, Operation("not", (link,)) if sign == "not" else link

    def _signed(self, *, filters: bool = True) -> Node:
        start = self.token.start
        if self.token.text in {"-", "+"}:
            sign = self._take().text
            node: Node = Operation(f"{sign}x", (self._signed(filters=False),))
        else:
            node = self._subscripts(self._primary(), start)
        while filters and self.token.text in {"|", "is"}:
            node = self._filter(node) if self._accept("|") else self._test(node)
        return node

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "string":
            return Literal(string(token))
        if token.kind == "number":
            return Literal(number(token))
        if token.kind == "name" and token.text in CONSTANTS:
            return Literal(CONSTANTS[token.text])
        if token.kind == "name" and token.text not in KEYWORDS:
            return self._apply("function", token, ()) if self._is("(") else Name(token.text)
        bracket = {"(": self._group, "[": self._list, "{": self._object}.get(token.text)
        if bracket is not None:
            return bracket()
        self._next -= 1
        raise self.unexpected()

    def _group(self) -> Node:
        node = self.choice()
        if self._is(","):
            return ListOf((node, *(self._sequence(")", self.choice) if self._accept(",") else ())))
        self._expect(")")
        return node

    def _list(self) -> Node:
        return ListOf(tuple(self._sequence("]", self.choice)))

    def _object(self) -> Node:
        return ObjectOf(tuple(self._sequence("}", self._pair)))

    def _pair(self) -> tuple[Node, Node]:
        key = self.choice()
        self._expect(":")
        return key, self.choice()

    def _subscripts(self, node: Node, start: int) -> Node:
        while self.token.text in {".", "[", "("}:
            if self._is("("):
                raise self._refused_call()
            bounds = [self._name_key()] if self._accept(".") else self._bounds()
            text = self._text[start : self._tokens[self._next - 1].end]
            node = Item(node, bounds[0], text) if len(bounds) == 1 else Operation("slice", (node, *bounds))
        return node

    def _name_key(self) -> Node:
        token = self._take()
        if token.kind == "name":
            return Literal(token.text)
        if token.text.isdecimal():
            return Literal(int(token.text))
        self._next -= 1
        raise self.unexpected()

    def _bounds(self) -> list[Node]:
        """What stands between brackets: one key, or two or three bounds of a slice."""
        self._expect("[")
        bounds = [self._bound()]
        while len(bounds) < 3 and self._accept(":"):
            bounds.append(self._bound())
        if bounds == [None]:
            raise self.unexpected()
        self._expect("]")
        return [bound or Literal(None) for bound in bounds]

    def _bound(self) -> Node | None:
        return None if self.token.text in {":", "]"} else self.choice()

    def _refused_call(self) -> InvalidExpression:
        callee = self._tokens[self._next - 1]
        if callee.kind == "name":
            return InvalidExpression(
                f"methods cannot be called: `.{callee.text}()`; for filters write `… | name`", callee.start
            )
        return InvalidExpression("only functions can be called", self.token.start)

    def _filter(self, node: Node) -> Node:
        return self._apply("filter", self._word(), (node,))

    def _test(self, node: Node) -> Node:
        self._expect("is")
        negated = self._accept("not")
        token = self._word()
        single = self.token.kind in _VALUES and self.token.text not in _NO_ARGUMENT
        if single or self.token.text in {"[", "{"}:
            start = self.token.start
            argument = self._subscripts(self._primary(), start)
            test: Node = Apply("test", token.text, (node, argument), (), token.start)
        else:
            test = self._apply("test", token, (node,))
        return Operation("not", (test,)) if negated else test

    def _word(self) -> Token:
        if self.token.kind != "name":
            raise self.unexpected()
        return self._take()

    def _apply(self, kind: str, token: Token, first: tuple[Node, ...]) -> Node:
        given = list(self._sequence(")", self._argument)) if self._accept("(") else []
        arguments = tuple(node for name, node in given if not name)
        named = tuple((name, node) for name, node in given if name)
        return Apply(kind, token.text, first + arguments, named, token.start)

    def _argument(self) -> tuple[str, Node]:
        following = self._tokens[self._next + 1 : self._next + 2]
        if self.token.kind == "name" and following and following[0].text == "=":
            name = self._take().text
            self._expect("=")
            return name, self.choice()
        return "", self.choice()

    def _sequence(self, closing: str, read: Callable[[], T]) -> list[T]:
        found: list[T] = []
        while not self._accept(closing):
            if found:
                self._expect(",")
                if self._accept(closing):
                    break
            found.append(read())
        return found

    def _is(self, text: str) -> bool:
        return self.token.text == text

    def _accept(self, text: str) -> bool:
        accepted = self._is(text)
        self._next += accepted
        return accepted

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self.unexpected()

    def _take(self) -> Token:
        token = self.token
        if token is _END:
            raise self.unexpected()
        self._next += 1
        return token
