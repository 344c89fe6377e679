"""Missions from texts: their plans, or the problems in them, with a few step types that take everything."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Annotated, Any

from rustchain.engine.checks.structure import read_mission
from rustchain.engine.plan import Built, Surroundings, build
from rustchain.logic.diagnostics import render
from rustchain.logic.documents import load_document
from rustchain.model.effects import Action, Effect
from rustchain.model.plan import Plan
from rustchain.model.problems import Problem
from rustchain.stepkit import (
    UNSET,
    Argv,
    Deferred,
    Output,
    Parameters,
    ReadPath,
    SecretText,
    StepType,
    UnsetType,
    Url,
    WritePath,
    doc,
    step,
)
from rustchain.steps.flow.mission import mission
from rustchain.steps.flow.noop import noop

HEAD = 'version: "1.0"\nname: test\n'


class Login(Parameters):
    """Who one is."""

    user: Annotated[str, doc("The name.")]
    password: Annotated[SecretText, doc("The password.")]


class Probe(Parameters):
    """Takes one parameter of every kind."""

    path: Annotated[WritePath, doc("Where to.", also=["file_name"])]
    source: Annotated[ReadPath | UnsetType, doc("Where from.")] = UNSET
    url: Annotated[Url | UnsetType, doc("An address.")] = UNSET
    args: Annotated[Argv, doc("Arguments.")] = []
    headers: Annotated[dict[str, SecretText], doc("May hold secrets.")] = {}
    login: Annotated[Login | UnsetType, doc("Who.")] = UNSET
    count: Annotated[int, doc("How many.")] = 1
    either: Annotated[list[int] | bool | UnsetType, doc("A list or a flag.")] = UNSET
    later: Annotated[Deferred[str], doc("Rendered by the step.")] = ""


class ProbeOutput(Output):
    """What was seen."""

    size: Annotated[int, doc("How much.")]


@step(idempotent=lambda p: None if p["count"] != 1 else True)
def probe(p: Probe, ctx: object) -> ProbeOutput:
    """Tell the size."""
    return ProbeOutput(size=p.count)


class Hook(Parameters):
    """Names its effects itself."""

    target: Annotated[str, doc("Where.")]


def _effects(parameters: Mapping[str, Any]) -> list[Effect]:
    if parameters["target"] == "nowhere":
        raise ValueError("nowhere is no target")
    return [Effect(Action.NET, str(parameters["target"]))]


@step(idempotent=False, effects=_effects, actions=[Action.NET])
def hook(p: Hook, ctx: object) -> Any:
    """Answer with anything."""
    return p.target


CATALOGUE: dict[str, StepType[Any]] = {t.name: t for t in (noop, mission, probe, hook)}


def built(text: str, **around: Any) -> Built:
    """Plan a mission's text; problems have positions."""
    document = load_document(dedent(text), "m.yaml")
    around = {"catalogue": CATALOGUE, "source": "m.yaml", **around}
    result = build(read_mission(document.value), Surroundings(**around))
    return result._replace(problems=tuple(document.locate(result.problems)))


def plan_of(text: str, **around: Any) -> Plan:
    """The plan of a mission without problems."""
    result = built(text, **around)
    assert result.plan is not None, shown(result.problems)
    return result.plan


def problems_in(text: str, **around: Any) -> list[str]:
    """Each problem as `CODE line:column message`, in the order of the text."""
    return [
        f"{p.code} {p.at.line}:{p.at.column} {p.message}" if p.at else f"{p.code} nowhere {p.message}"
        for p in built(text, **around).problems
    ]


def steps(*lines: str) -> str:
    """A mission of these steps, one a line, from line 4 on."""
    return HEAD + "steps:\n" + "".join(f"  - {line}\n" for line in lines)


def shown(problems: tuple[Problem, ...] | list[Problem]) -> str:
    """Problems as people see them."""
    return "\n".join(render(p) for p in problems)
