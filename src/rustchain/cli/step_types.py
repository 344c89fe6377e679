"""Step types named on the command line."""

from typing import Any

from rustchain.catalogue import Catalogue
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.errors import InvalidUse
from rustchain.stepkit import StepType, snake_case


def step_type(catalogue: Catalogue, written: str) -> StepType[Any]:
    """The step type of a name in either spelling. InvalidUse where there is none."""
    name = snake_case(written)
    if name not in catalogue:
        meant = Suggestions().closest(name, list(catalogue))
        help = f"did you mean {meant!r}?" if meant else "`rustchain steps list` shows every step type"
        raise InvalidUse(f"there is no step type {written!r}", help=help)
    return catalogue[name]
