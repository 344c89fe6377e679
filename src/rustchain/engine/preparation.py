"""What is known of a step before it runs: typed parameters, effects, whether it may be repeated."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.checks.sentences import PARAMETERS
from rustchain.engine.checks.shapes import from_msgspec
from rustchain.engine.kinds import Kind
from rustchain.engine.parameters import defaults, faults
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.effects import Effect
from rustchain.model.errors import StepFailed
from rustchain.model.plan import Hole
from rustchain.model.problems import Problem
from rustchain.stepkit import Unknown


class Prepared(NamedTuple):
    """A step's parameters as far as they are known, and what follows from them; paths start at the parameters."""

    parameters: Any = None
    effects: tuple[Effect, ...] = ()
    repeatable: bool | None = None
    problems: tuple[Problem, ...] = ()


def prepare(
    kind: Kind, values: dict[str, Any], holes: tuple[Hole, ...], suggestions: Suggestions
) -> Prepared:
    """Check parameters under their own names, and say what the step will do with them."""
    model = kind.type.parameters
    typed = None
    if holes:
        problems = faults(model, values, [hole.path for hole in holes], suggestions)
    else:
        try:
            typed, problems = msgspec.convert(values, model), []
        except msgspec.ValidationError as error:
            problems = faults(model, values, (), suggestions) or [from_msgspec(error, PARAMETERS)]
    if problems:
        return Prepared(problems=tuple(problems))
    try:
        return Prepared(typed, *_foreseen(kind, values, holes))
    except (ValueError, StepFailed) as error:
        return Prepared(problems=(Problem(Code.WRONG_PARAMETER, str(error)),))


def _foreseen(
    kind: Kind, values: dict[str, Any], holes: tuple[Hole, ...]
) -> tuple[tuple[Effect, ...], bool | None]:
    """Effects, and whether an interrupted attempt may be repeated."""
    step_type = kind.type
    asks = not isinstance(step_type.idempotent, bool)
    if not step_type.actions and not asks:
        return (), bool(step_type.idempotent)
    known = _known(step_type.parameters, values, holes)
    effects = tuple(step_type.effects(known)) if step_type.actions else ()
    idempotent = step_type.idempotent
    return effects, idempotent if isinstance(idempotent, bool) else idempotent(known)


def _known(model: type[msgspec.Struct], values: Mapping[str, Any], holes: tuple[Hole, ...]) -> dict[str, Any]:
    """Parameters with defaults; those with an expression in them as Unknown."""
    unknown = {name: Unknown(_source(values[name])) for name in {str(hole.path[0]) for hole in holes}}
    return {**defaults(model), **values, **unknown}


def _source(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
