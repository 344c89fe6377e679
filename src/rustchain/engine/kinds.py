"""Step types as a plan needs them: facts that are the same for every step of a type."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.checks.sentences import short
from rustchain.engine.checks.structure import UNREAD
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.errors import RustChainError
from rustchain.model.problems import DocumentPath, Problem
from rustchain.stepkit import StepType, snake_case

MISSION = "mission"
"""The step type whose steps hold a mission of their own."""


class Kind(NamedTuple):
    """A step type and what follows from it alone; `empty` are its parameters where none are written, if it can do without."""

    type: StepType[Any]
    instant: bool
    reads_only: bool
    empty: Any
    outputs: tuple[str, ...] | None
    """The fields of its output; None where they are open."""


class Kinds:
    """The kinds that a mission uses, by the name that is written."""

    def __init__(self, catalogue: Mapping[str, StepType[Any]], suggestions: Suggestions) -> None:
        self.problems: list[Problem] = []
        self._catalogue = catalogue
        self._suggestions = suggestions
        self._found: dict[str, Kind | Problem] = {}

    def find(self, written: str, at: DocumentPath) -> Kind | None:
        """The kind of a step type; where there is none, a problem is noted, unless nothing that could be read is written."""
        found = self._found.get(written)
        if found is None:
            found = self._found[written] = self._look_up(written)
        if isinstance(found, Kind):
            return found
        if written != UNREAD:
            self.problems.append(found._replace(path=(*at, "step_type")))
        return None

    def _look_up(self, written: str) -> Kind | Problem:
        name = snake_case(written)
        if name not in self._catalogue:
            meant = self._suggestions.closest(name, list(self._catalogue)) if written else None
            help = "`rustchain steps list` shows every step type"
            message = f"unknown step type {short(written)!r}"
            return Problem(Code.UNKNOWN_TYPE, message, suggestion=meant, help=help)
        try:
            return _kind(self._catalogue[name])
        except RustChainError as error:
            return Problem(Code.UNKNOWN_TYPE, error.message, help=error.help)
        except ImportError as error:
            return Problem(Code.UNKNOWN_TYPE, f"step type {name!r} cannot be loaded: {error}")


def _kind(type: StepType[Any]) -> Kind:
    try:
        empty = msgspec.convert({}, type.parameters)
    except msgspec.ValidationError:
        empty = None
    model = type.output
    closed = isinstance(model, msgspec.StructMeta)
    outputs = tuple(model.__struct_encode_fields__) if closed else None
    return Kind(type, type.instant and type.reads_only, type.reads_only, empty, outputs)
