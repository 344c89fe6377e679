"""What a mission would do, for people and programs to read before it does it."""

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.app.loading import Loaded
from rustchain.engine.filling import fill
from rustchain.engine.names import config_view, mission_view
from rustchain.engine.parameters import defaults
from rustchain.logic import expressions, safety
from rustchain.model.effects import Effect
from rustchain.model.errors import StepFailed
from rustchain.model.expression import Template
from rustchain.model.plan import Plan, PlannedStep
from rustchain.stepkit import Parameters, StepType, Unknown

Catalogue = Mapping[str, StepType[Any]]


class StepPreview(Struct, frozen=True, kw_only=True):
    """One step: parameters as far as they are known, the rest as it is written; secrets by their names."""

    id: str
    step_type: str
    after: list[dict[str, str]] = []
    """Steps that must have ended, each with `on`: how."""
    parameters: dict[str, Any] = {}
    effects: list[dict[str, Any]] = []
    reversible: bool = False
    """Whether what it does can be undone; true where it does nothing."""
    repeatable: bool | None = None
    """Whether an interrupted attempt may be repeated; null: known at run time."""
    when: str | None = None
    foreach: str | list[Any] | None = None
    until: str | None = None
    steps: "list[StepPreview]" = []
    """Of the child mission."""


class Preview(Struct, frozen=True, kw_only=True):
    """A plan; steps in the order in which they can start, file order first."""

    mission: str
    source: str
    steps: list[StepPreview]
    finally_: list[StepPreview] = msgspec.field(name="finally")
    max_concurrent_steps: int | None
    risk: dict[str, Any]
    warnings: list[str] = []


def preview(loaded: Loaded, catalogue: Catalogue, variables: Mapping[str, Any]) -> Preview:
    """Everything that can be said of a mission without running it."""
    plan, judged = loaded.plan, safety.assess(loaded.plan)
    known = _known_names(plan, loaded.inputs, variables)
    seen: set[int] = set()
    steps = [_step(plan, step, known, catalogue, seen) for step in in_order(plan)]
    first_of_finally = sum(step.index < plan.main for step in plan.steps)
    return Preview(
        mission=plan.mission.name,
        source=plan.source,
        steps=steps[:first_of_finally],
        finally_=steps[first_of_finally:],
        max_concurrent_steps=plan.mission.config.max_concurrent_steps,
        risk={"level": judged.level, "score": judged.score},
        warnings=[p.message for p in loaded.warnings],
    )


def in_order(plan: Plan) -> Iterator[PlannedStep]:
    """The steps in the order in which they can start, `finally` last; among those that can, file order decides."""
    open_needs = [len(step.needs) for step in plan.steps]
    ready = [(i >= plan.main, i) for i, count in enumerate(open_needs) if not count]
    heapify(ready)
    while ready:
        step = plan.steps[heappop(ready)[1]]
        yield step
        for index in step.dependents:
            open_needs[index] -= 1
            if not open_needs[index]:
                heappush(ready, (index >= plan.main, index))


def _step(
    plan: Plan, step: PlannedStep, known: Mapping[str, Any], catalogue: Catalogue, seen: set[int]
) -> StepPreview:
    step_type = catalogue[step.type]
    parameters = fill(step.step.parameters, step.holes, lambda template: _rendered(template, known))
    return StepPreview(
        id=step.id,
        step_type=step.type,
        after=[{"step": plan.steps[n.step].id, "on": str(n.on or "success or forgiven")} for n in step.needs],
        parameters=parameters,
        effects=[e._asdict() for e in _effects(step, step_type, parameters, known)],
        reversible=step.reads_only or step_type.undo is not None,
        repeatable=step.repeatable,
        when=step.when.source if step.when else None,
        foreach=step.foreach.source if step.foreach else step.step.foreach,
        until=step.until.source if step.until else None,
        steps=_child(step, catalogue, seen),
    )


def _child(step: PlannedStep, catalogue: Catalogue, seen: set[int]) -> list[StepPreview]:
    """The steps of a child mission, whose inputs are known at run time; of one that many steps run at the first."""
    if step.child is None or id(step.child) in seen:
        return []
    seen.add(id(step.child))
    known = _known_names(step.child, {}, {})
    return [_step(step.child, inner, known, catalogue, seen) for inner in in_order(step.child)]


def _known_names(plan: Plan, inputs: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The roots of expressions whose values are known before anything runs."""
    mission = plan.mission
    own = {**mission.variables, **variables}
    open_ = {name for name, spec in mission.inputs.items() if spec.secret}
    config = config_view(mission.config)
    shown = {name: value for name, value in inputs.items() if name not in open_}
    return {**own, "context": own, "inputs": shown, "config": config, "mission": mission_view(mission)}


def _knowable(template: Template, known: Mapping[str, Any]) -> bool:
    references = [ref for expression in template.expressions for ref in expression.references]
    given = known["inputs"]
    return all(
        r.root in known and (r.root != "inputs" or (r.path and r.path[0] in given)) for r in references
    )


def _rendered(template: Template, known: Mapping[str, Any]) -> Any:
    """The value of a template, or its text where it is not known yet."""
    if not _knowable(template, known):
        return template.source
    try:
        return expressions.render(template, known)
    except expressions.EvaluationFailed:
        return template.source


def _effects(
    step: PlannedStep, step_type: StepType[Any], parameters: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[Effect, ...]:
    """The effects with what is known filled in."""
    if not step.holes or not step.effects:
        return step.effects
    open_ = {str(hole.path[0]) for hole in step.holes if not _knowable(hole.template, known)}
    unknown = {name: Unknown(_text(parameters[name])) for name in open_}
    model: type[Parameters] = step_type.parameters
    try:
        return tuple(step_type.effects({**defaults(model), **parameters, **unknown}))
    except (ValueError, StepFailed):  # the values are wrong; the run will say so
        return step.effects


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
