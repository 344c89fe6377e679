"""Finding and splitting the expressions of a mission."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from rustchain.logic.expressions import InvalidExpression, bare, split
from rustchain.model.codes import Code
from rustchain.model.expression import Template
from rustchain.model.plan import Hole
from rustchain.model.problems import DocumentPath, Problem

_EXCERPT = 30
"""Characters of an expression that are pointed at."""


class Templates:
    """Splits texts into templates, each text once; what is no expression becomes a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._split: dict[str, Template] = {}
        self._bare: dict[str, Template] = {}

    def holes(self, value: Any, at: DocumentPath) -> tuple[Hole, ...]:
        """The texts with expressions in a value that stands at `at`; paths are relative to the value."""
        found = []
        for path, text in _texts(value):
            template = self._made(split, self._split, text, (*at, *path))
            if template is not None:
                found.append(Hole(path, template))
        return tuple(found)

    def bare(self, text: str, at: DocumentPath) -> Template | None:
        """One expression, braces optional; None where it is none."""
        return self._made(bare, self._bare, text, at)

    def _made(
        self, make: Callable[[str], Template], made: dict[str, Template], text: str, at: DocumentPath
    ) -> Template | None:
        try:
            return made[text]
        except KeyError:
            pass
        try:
            made[text] = template = make(text)
        except InvalidExpression as error:
            rest = re.split(r"\n|}}", text[error.offset :])[0][:_EXCERPT].strip()
            self.problems.append(Problem(Code.EXPRESSION, error.message, at, excerpt=rest or None))
            return None
        return template


def _texts(value: Any) -> Iterator[tuple[DocumentPath, str]]:
    """Every text that may hold an expression, in the order of the document."""
    todo: list[tuple[DocumentPath, Any]] = [((), value)]
    while todo:
        path, part = todo.pop()
        if isinstance(part, str):
            if "{{" in part:
                yield path, part
        elif isinstance(part, dict):
            todo.extend([((*path, key), item) for key, item in part.items()][::-1])
        elif isinstance(part, list):
            todo.extend([((*path, index), item) for index, item in enumerate(part)][::-1])
