"""Child missions: which files a document names, steps written in line, and what is handed to them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.checks.structure import Draft, read_mission
from rustchain.engine.inputs import check_inputs
from rustchain.engine.kinds import MISSION
from rustchain.model.codes import Code
from rustchain.model.mission import Input, MissionStep
from rustchain.model.plan import Plan
from rustchain.model.problems import DocumentPath, Problem

MAX_DEPTH = 16
"""How deep child missions nest."""


class ChildFile(NamedTuple):
    """A file that a step names as its child mission; `depth` counts from 1, steps written in line included."""

    path: DocumentPath
    file: str
    depth: int


Children = Mapping[tuple[str, int], Plan | None]
"""Plans of child missions by file and depth, None where the file has problems of its own."""


def child_files(value: Any, depth: int = 0, at: DocumentPath = ()) -> Iterator[ChildFile]:
    """Every file that steps of a document name as a child mission, whatever else is wrong with the document."""
    if not isinstance(value, dict) or depth >= MAX_DEPTH:
        return
    for graph in ("steps", "finally"):
        steps = value.get(graph)
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            parameters = _mission_parameters(step)
            path = (*at, graph, index, "parameters")
            if isinstance(file := parameters.get("file"), str) and "{{" not in file:
                yield ChildFile((*path, "file"), file, depth + 1)
            yield from child_files({"steps": parameters.get("steps")}, depth + 1, path)


def _mission_parameters(step: Any) -> dict[str, Any]:
    """The parameters of a step, if its type is `mission`."""
    if not isinstance(step, dict) or str(step.get("step_type")).lower() != MISSION:
        return {}
    parameters = step.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def inline_mission(step: MissionStep, version: str, parameters: Mapping[str, Any]) -> Draft:
    """The mission of steps written in line: they see their inputs, and nothing else of the mission around them."""
    draft = read_mission({"version": version, "name": step.id, "steps": parameters["steps"]})
    if draft.mission is None:
        return draft
    names = parameters.get("inputs")
    untyped = {name: Input(type=msgspec.UNSET) for name in names} if isinstance(names, dict) else {}
    return Draft(msgspec.structs.replace(draft.mission, inputs=untyped), draft.problems)


def check_source(parameters: Mapping[str, Any], at: DocumentPath) -> Iterator[Problem]:
    """A step of type `mission` names a file, written out, or holds steps."""
    file, steps = parameters.get("file"), parameters.get("steps")
    if (file is None) == (steps is None):
        message = "a mission step takes either 'file' or 'steps'"
        yield Problem(Code.CHILD_FILE, message, at, key=True)
    elif isinstance(file, str) and "{{" in file:
        message = "the file of a child mission is written out: it is loaded before anything runs"
        yield Problem(Code.CHILD_FILE, message, (*at, "file"))


def check_passed(
    child: Plan, parameters: Mapping[str, Any], holes: list[DocumentPath], at: DocumentPath
) -> Iterator[Problem]:
    """Whether a child mission gets the inputs it declares; what comes from an expression is judged at run time."""
    passed = parameters.get("inputs", {})
    if not isinstance(passed, dict):
        return
    open = {str(path[1]) for path in holes if path[0] == "inputs" and len(path) > 1}
    known = {name: value for name, value in passed.items() if name not in open}
    declared = {name: spec for name, spec in child.mission.inputs.items() if name not in open}
    unknown = {name for name in open if name not in child.mission.inputs}
    for problem in check_inputs(declared, {**known, **dict.fromkeys(unknown)}).problems:
        yield problem._replace(path=(*at, *problem.path), help=None)
