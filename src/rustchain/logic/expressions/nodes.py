"""The tree of an expression."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rustchain.model.expression import Reference


class Literal(NamedTuple):
    """A value as it is written."""

    value: Any


class Name(NamedTuple):
    """A root of the names given to an evaluation."""

    name: str


class Item(NamedTuple):
    """A field of an object, an item of a list or a character of a text; `text` is how it is written."""

    of: "Node"
    key: "Node"
    text: str


class ListOf(NamedTuple):
    """A list of values."""

    items: "tuple[Node, ...]"


class ObjectOf(NamedTuple):
    """An object of names and values."""

    pairs: "tuple[tuple[Node, Node], ...]"


class Operation(NamedTuple):
    """An operator with its operands: `+`, `-x`, `in`, `not`, `if` (condition, then, else), `slice` …"""

    sign: str
    operands: "tuple[Node, ...]"


class Apply(NamedTuple):
    """A filter, test or function with its arguments; what a filter or test is applied to is the first of them."""

    kind: str
    name: str
    arguments: "tuple[Node, ...]"
    named: "tuple[tuple[str, Node], ...]"
    start: int


Node = Literal | Name | Item | ListOf | ObjectOf | Operation | Apply


def chain(node: Node) -> Reference | None:
    """The reference that a node is: a name, and below it nothing but fixed names and indexes."""
    path: list[str | int] = []
    while isinstance(node, Item):
        match node.key:
            case Operation("-x", (Literal(int(index)),)):
                path.append(-index)
            case Literal(str(name)):
                path.append(name)
            case Literal(int(index)) if not isinstance(index, bool):
                path.append(index)
            case _:
                return None
        node = node.of
    return Reference(node.name, tuple(reversed(path))) if isinstance(node, Name) else None


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Every node, from left to right, with its depth; what belongs to a reference is not entered."""
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        if chain(current) is None:
            waiting += [(child, depth + 1) for child in reversed(_children(current))]


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Item(of, key, _):
            return of, key
        case ListOf(items):
            return items
        case ObjectOf(pairs):
            return tuple(part for pair in pairs for part in pair)
        case Operation(_, operands):
            return operands
        case Apply(_, _, arguments, named, _):
            return arguments + tuple(value for _, value in named)
        case _:
            return ()
