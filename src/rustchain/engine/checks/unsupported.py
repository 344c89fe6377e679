"""What a mission asks for and this version cannot give: a run with it is refused, never made without it."""

from collections.abc import Iterator

import msgspec

from rustchain.model.codes import Code
from rustchain.model.mission import Budget, Compensate, Sandbox
from rustchain.model.plan import Plan, place, with_children
from rustchain.model.problems import DocumentPath, Problem

APPROVAL = "approval"


def unsupported(plan: Plan) -> Iterator[Problem]:
    """Every promise of sandbox, budget, compensation, rollback, approval and a child's lock, child missions included."""
    for each, at in with_children(plan):
        yield from _of_one(each, at)
        if each is not plan and each.mission.config.lock is not None:
            yield _problem(each.source, (*at, "config", "lock"), "a lock of a child mission")


def _of_one(plan: Plan, at: DocumentPath) -> Iterator[Problem]:
    config = plan.mission.config
    yield from _promises(plan.source, (*at, "config"), config.sandbox, config.budget, None)
    if config.rollback == "on_failure":
        yield _problem(plan.source, (*at, "config", "rollback"), "rollback on failure")
    for planned in plan.steps:
        path = (*at, *place(plan, planned.index))
        step = planned.step
        yield from _promises(plan.source, path, step.sandbox, step.budget, step.compensate)
        if planned.type == APPROVAL:
            yield _problem(plan.source, (*path, "step_type"), "an approval by a person")


def _promises(
    source: str,
    at: DocumentPath,
    sandbox: Sandbox | None,
    budget: Budget | None,
    compensate: Compensate | None,
) -> Iterator[Problem]:
    if sandbox is not None:
        if sandbox.require in ("strong", "basic"):
            yield _problem(source, (*at, "sandbox", "require"), f"a {sandbox.require} sandbox")
        for name in ("fs", "net", "limits"):
            if getattr(sandbox, name) is not msgspec.UNSET:
                yield _problem(source, (*at, "sandbox", name), f"a sandbox with {name!r}")
    if budget is not None:
        yield _problem(source, (*at, "budget"), "a budget")
    if compensate is not None:
        yield _problem(source, (*at, "compensate"), "compensation")


def _problem(source: str, path: DocumentPath, what: str) -> Problem:
    message = f"{what} is not available in this version"
    return Problem(Code.NOT_YET, message, path, key=True, source=source)
