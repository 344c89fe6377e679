"""What step types need of the machine, and which of it is missing."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from rustchain.model.codes import Code
from rustchain.model.plan import Plan, place, with_children
from rustchain.model.problems import DocumentPath, Problem
from rustchain.stepkit import Requirement, StepType


def missing(plan: Plan, catalogue: Mapping[str, StepType[Any]]) -> list[Problem]:
    """A warning for each thing that a step type of the plan needs and the machine lacks, at the type's first step."""
    first: dict[str, tuple[Plan, DocumentPath, int]] = {}
    for each, at in with_children(plan):
        for step in each.steps:
            if step.type not in first:
                first[step.type] = (each, at, step.index)
    return [
        _problem(name, need, *place)
        for name, place in first.items()
        for need in catalogue[name].needs
        if not is_there(need)
    ]


def is_there(need: Requirement) -> bool:
    """Whether the machine has it; nothing is imported."""
    if need.program:
        return shutil.which(need.program) is not None
    # Of a dotted name the first part alone is looked for: a search for the rest would import it.
    return find_spec(need.package.partition(".")[0]) is not None


def needed(need: Requirement) -> str:
    """What the machine must have, in words, and how to get it."""
    install = install_line(need)
    what = f"the program {need.program}" if need.program else f"the package {need.package}"
    return f"{what}: {install}" if install else what


def install_line(need: Requirement) -> str:
    """The command that installs what may be missing; empty where none is known."""
    return need.install or (f"pip install 'rustchain[{need.extra}]'" if need.extra else "")


def _problem(name: str, need: Requirement, plan: Plan, at: DocumentPath, index: int) -> Problem:
    path = (*at, *place(plan, index), "step_type")
    message = f"{name} lacks {needed(need)}"
    return Problem(Code.NOT_INSTALLED, message, path, source=plan.source, warning=True)
