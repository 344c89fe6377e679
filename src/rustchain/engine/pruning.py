"""A part of a plan: one step and what it needs."""

from msgspec.structs import replace

from rustchain.logic.diagnostics import choices
from rustchain.model.errors import InvalidUse
from rustchain.model.plan import Need, Plan


def only(plan: Plan, id: str) -> Plan:
    """The plan with nothing but a step of the main graph and its ancestors. InvalidUse where there is no such step."""
    index = next((s.index for s in plan.steps[: plan.main] if s.id == id), None)
    if index is None:
        known = [step.id for step in plan.steps[: plan.main]]
        raise InvalidUse(f"there is no step {id!r}", help=choices("steps", known, id))
    kept, todo = {index}, [index]
    while todo:
        needs = [n.step for n in plan.steps[todo.pop()].needs if n.step not in kept]
        kept.update(needs)
        todo += needs
    place = {old: new for new, old in enumerate(sorted(kept))}
    steps = tuple(
        replace(
            step,
            index=place[step.index],
            needs=tuple(Need(place[n.step], n.on) for n in step.needs),
            dependents=tuple(place[d] for d in step.dependents if d in kept),
        )
        for step in plan.steps
        if step.index in kept
    )
    mission = replace(plan.mission, steps=[s.step for s in steps], finally_=[], outputs={})
    return replace(plan, mission=mission, steps=steps, main=len(steps), outputs=())
