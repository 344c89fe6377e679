"""The plan of a mission: a value that the engine runs and that risk, policy and people judge."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from rustchain.model.effects import Effect
from rustchain.model.expression import Template
from rustchain.model.mission import Mission, MissionStep, On
from rustchain.model.problems import DocumentPath


class Hole(Struct, frozen=True, gc=False):
    """An expression's place in a step's parameters: the keys and indexes that lead to it."""

    path: tuple[str | int, ...]
    template: Template


class Need(Struct, frozen=True, gc=False):
    """A dependency: the index of the step, and how it must have ended (None: Success, or anything forgiven)."""

    step: int
    on: On | None = None


class PlannedStep(Struct, frozen=True, kw_only=True, eq=False):
    """
    A step that can run: its type is known and its parameters are checked as far as they are known.
    `parameters` is the typed model where nothing in it is an expression, else None and `holes` says what is open.
    """

    index: int
    id: str
    step: MissionStep
    type: str
    needs: tuple[Need, ...] = ()
    dependents: tuple[int, ...] = ()
    """Indexes of the steps that need this one, once for each time they name it."""
    parameters: Any = None
    holes: tuple[Hole, ...] = ()
    env: tuple[Hole, ...] = ()
    when: Template | None = None
    foreach: Template | None = None
    until: Template | None = None
    expect: Template | None = None
    child: "Plan | None" = None
    instant: bool = False
    """The function is plain, quick and without effects beyond local reads: it is called where it stands."""
    slotless: bool = False
    """Holds no slot while it runs: a parent, a wait, an approval."""
    reads_only: bool = False
    """No effect beyond local reads: no record before it starts."""
    repeatable: bool | None = None
    """Whether an interrupted attempt may be repeated; None where that is known only once rendered."""
    effects: tuple[Effect, ...] = ()


class Plan(Struct, frozen=True, kw_only=True, eq=False):
    """The steps of a mission, `finally` after the others (from index `main` on), and what was compiled for them."""

    mission: Mission
    steps: tuple[PlannedStep, ...]
    main: int
    outputs: tuple[Hole, ...] = ()
    connections: tuple[Hole, ...] = ()
    env_names: tuple[str, ...] = ()
    """Environment variables that the mission names, child missions included."""
    source: str = ""
    """The file's name as people wrote it."""
    warnings: tuple[str, ...] = ()
    """What was odd about the mission and did not keep it from running."""


def with_children(plan: Plan) -> Iterator[tuple[Plan, DocumentPath]]:
    """A plan and those of its child missions, each once, with the places of their steps in their documents."""
    waiting: list[tuple[Plan, DocumentPath]] = [(plan, ())]
    seen = set()
    for each, at in waiting:
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each, at
        for step in each.steps:
            if step.child is not None:
                inline = "steps" in step.step.parameters
                waiting.append((step.child, (*at, *place(each, step.index), "parameters") if inline else ()))


def place(plan: Plan, index: int) -> DocumentPath:
    """Where a step is in its document."""
    return ("steps", index) if index < plan.main else ("finally", index - plan.main)
