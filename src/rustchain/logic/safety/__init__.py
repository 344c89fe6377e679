"""
How risky a mission is, judged from its plan: advice for people and a gate before runs, never the boundary itself.

Every rule looks at one step, and nothing takes a finding back: a further step never lowers level or score, and the
order of steps changes neither.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import msgspec

from rustchain.logic.safety import commands, effects, literals
from rustchain.logic.safety.findings import WEIGHT, Finding, Remark, Rule, Severity
from rustchain.model.effects import Action
from rustchain.model.plan import Hole, Plan, PlannedStep, place
from rustchain.model.problems import DocumentPath

__all__ = ["LEVELS", "RULES", "Assessment", "Finding", "Rule", "Severity", "assess"]

LEVELS = tuple(Severity)
"""From the least to the most risky."""
RULES = (*commands.RULES, *effects.RULES, *literals.RULES)


class Assessment(NamedTuple):
    """The level is that of the worst finding; the score is 0 to 100; findings are the worst first."""

    level: Severity
    score: int
    findings: tuple[Finding, ...]


@lru_cache(maxsize=1)  # a run asks before it starts, and again for its result
def assess(plan: Plan) -> Assessment:
    """Judge a plan, child missions included."""
    findings = sorted(
        _findings(plan, "", (), set()), key=lambda f: (-f.severity.rank, list(map(str, f.path)), f.rule)
    )
    level = max((f.severity for f in findings), key=lambda s: s.rank, default=Severity.LOW)
    score = 100 * (1 - prod(1 - WEIGHT[f.severity] for f in findings))
    return Assessment(level, round(score), tuple(findings))


def _findings(plan: Plan, inside: str, at: DocumentPath, seen: set[int]) -> Iterator[Finding]:
    """Those of a plan and of its child missions; one that many steps run is looked at once."""
    if id(plan) in seen:
        return
    seen.add(id(plan))
    for step in plan.steps:
        path = at or place(plan, step.index)
        for remark in _remarks(step):
            yield _finding(remark, inside + step.id, path if at else (*path, "parameters", *remark.path))
        if step.child is not None:
            yield from _findings(step.child, f"{inside}{step.id}/", path, seen)
    if literals.secret_in(
        msgspec.json.encode(plan.mission).decode()
    ):  # one look at all of it, mostly the only one
        for remark in literals.secret_remarks(msgspec.to_builtins(plan.mission)):
            yield _finding(remark, inside.rstrip("/"), at or remark.path)


def _remarks(step: PlannedStep) -> Iterator[Remark]:
    if not step.effects:
        return
    yield from effects.effect_remarks(step.effects)
    actions = {effect.action for effect in step.effects}
    parameters = _with_templates(step.step.parameters, step.holes)
    if Action.EXEC in actions and "command" in parameters:
        yield from commands.command_remarks(parameters)
    if Action.NET in actions:
        yield from effects.call_remarks(parameters)


def _with_templates(parameters: dict[str, Any], holes: tuple[Hole, ...]) -> dict[str, Any]:
    """Parameters with a template wherever a text holds expressions, one list deep."""
    filled = {name: list(part) if isinstance(part, list) else part for name, part in parameters.items()}
    for hole in holes:
        match hole.path:
            case (str(name),):
                filled[name] = hole.template
            case (str(name), int(index)):
                filled[name][index] = hole.template
            case _:
                pass
    return filled


def _finding(remark: Remark, step: str, path: DocumentPath) -> Finding:
    rule = remark.rule
    return Finding(rule.id, rule.severity, step, path, f"{rule.title}: {remark.detail:.120}", rule.fix)
