"""Trees into closures, once for each source."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed, InvalidExpression
from rustchain.logic.expressions.evaluation import Evaluation, known, resolve
from rustchain.logic.expressions.lookup import ABSENT, Missing, item, look_up
from rustchain.logic.expressions.nodes import Apply, Item, ListOf, Literal, Node, ObjectOf, Operation, chain
from rustchain.logic.expressions.operators import BINARY, UNARY
from rustchain.logic.expressions.syntax import parse
from rustchain.logic.expressions.tokens import scan
from rustchain.logic.expressions.values import kind
from rustchain.model.expression import Reference

Run = Callable[[Evaluation], Any]
_FORGIVING = frozenset({"default", "d", "defined", "undefined"})
_NAMING = {
    "map": ("filter", 1),
    "select": ("test", 1),
    "reject": ("test", 1),
    "selectattr": ("test", 2),
    "rejectattr": ("test", 2),
}
"""Filters that apply what one of their arguments names: its sort, and which argument it is."""


@lru_cache(maxsize=4096)
def program(source: str) -> Run:
    """What evaluates an expression, by its source. Raises InvalidExpression with an offset in the source."""
    tokens, _ = scan(source, 0, braces=False)
    return build(parse(source, tokens))


def build(node: Node) -> Run:
    """What evaluates a tree. Raises InvalidExpression for words that are not in the language."""
    reference = chain(node)
    return _reference(reference) if reference is not None else _BUILDERS[type(node)](node)


def _reference(reference: Reference) -> Run:
    if reference.path:
        return lambda scope: look_up(scope.names, reference)
    root = reference.root

    def run(scope: Evaluation) -> Any:
        try:
            return scope.names[root]
        except KeyError:
            return look_up(scope.names, reference)

    return run


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda _: value


def _list(node: ListOf) -> Run:
    items = [build(item) for item in node.items]
    return lambda scope: [run(scope) for run in items]


def _object(node: ObjectOf) -> Run:
    pairs = [(build(key), build(value)) for key, value in node.pairs]

    def run(scope: Evaluation) -> dict[str, Any]:
        made = {}
        for key, value in pairs:
            name = key(scope)
            if not isinstance(name, str):
                raise EvaluationFailed(f"the names of an object's fields are texts, not {kind(name)}")
            made[name] = value(scope)
        return made

    return run


def _item(node: Item) -> Run:
    of, key, text = build(node.of), build(node.key), node.text
    return lambda scope: item(of(scope), key(scope), text)


def _operation(node: Operation) -> Run:
    operands = [build(operand) for operand in node.operands]
    if node.sign in _SPECIAL:
        return _SPECIAL[node.sign](*operands)
    if node.sign in UNARY:
        return _unary(UNARY[node.sign], *operands)
    return _binary(BINARY[node.sign], *operands)


def _unary(operator: Callable[[Any], Any], operand: Run) -> Run:
    return lambda scope: operator(operand(scope))


def _binary(operator: Callable[[Any, Any], Any], left: Run, right: Run) -> Run:
    return lambda scope: operator(left(scope), right(scope))


def _and(left: Run, right: Run) -> Run:
    return lambda scope: left(scope) and right(scope)


def _or(left: Run, right: Run) -> Run:
    return lambda scope: left(scope) or right(scope)


def _in(left: Run, right: Run) -> Run:
    return lambda scope: scope.contains(left(scope), right(scope))


def _no_else(_: Evaluation) -> Any:
    raise Missing("the condition is false, and there is no `else`")


def _choice(condition: Run, then: Run, otherwise: Run = _no_else) -> Run:
    return lambda scope: then(scope) if condition(scope) else otherwise(scope)


def _slice(of: Run, *bounds: Run) -> Run:
    def run(scope: Evaluation) -> Any:
        value = of(scope)
        limits = [bound(scope) for bound in bounds]
        if not isinstance(value, list | str) or not all(b is None or isinstance(b, int) for b in limits):
            raise EvaluationFailed("`[from:to]` goes with a text or list, and whole numbers")
        if limits[2:] == [0]:
            raise EvaluationFailed("`[from:to:step]`: the step is not 0")
        return value[slice(*limits)]

    return run


def _apply(node: Apply) -> Run:
    try:
        call = resolve(node.kind, node.name, len(node.arguments), tuple(name for name, _ in node.named))
        if node.kind == "filter" and node.name in _NAMING:
            _check_named(node)
    except EvaluationFailed as e:
        raise InvalidExpression(e.message, node.start) from None
    arguments = [build(a) for a in node.arguments] + [build(a) for _, a in node.named]
    if node.name in _FORGIVING:
        arguments[0] = _or_absent(arguments[0])
    return lambda scope: scope.call(call, [run(scope) for run in arguments])


def _check_named(node: Apply) -> None:
    """Raise EvaluationFailed where a filter is told to apply another filter, or a test, that there is none of."""
    sort, place = _NAMING[node.name]
    for argument in node.arguments[place : place + 1]:
        if isinstance(argument, Literal) and isinstance(argument.value, str):
            known(sort, argument.value)


def _or_absent(value: Run) -> Run:
    def run(scope: Evaluation) -> Any:
        try:
            return value(scope)
        except Missing:
            return ABSENT

    return run


_SPECIAL: dict[str, Callable[..., Run]] = {"and": _and, "or": _or, "in": _in, "if": _choice, "slice": _slice}
_BUILDERS: dict[type, Callable[[Any], Run]] = {
    Literal: _literal,
    ListOf: _list,
    ObjectOf: _object,
    Item: _item,
    Operation: _operation,
    Apply: _apply,
}
