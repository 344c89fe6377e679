"""The verdict on a mission's risk."""

from typing import Any

from msgspec import Struct

from rustchain.logic import safety
from rustchain.model.plan import Plan


class Verdict(Struct, frozen=True, kw_only=True):
    """A mission's risk beside what is allowed; findings with rule, severity, step, message and fix."""

    level: str
    score: int
    allowed: str
    within: bool
    findings: list[dict[str, Any]]


def judge(plan: Plan, *, strict: bool) -> Verdict:
    """Judge a plan by its own `max_risk`, without one by HIGH; `strict`: by one level less."""
    judged = safety.assess(plan)
    limit = safety.LEVELS.index(plan.mission.config.max_risk or "HIGH")
    allowed = safety.LEVELS[max(0, limit - strict)]
    return Verdict(
        level=judged.level,
        score=judged.score,
        allowed=allowed,
        within=safety.LEVELS.index(judged.level) <= safety.LEVELS.index(allowed),
        findings=[finding._asdict() for finding in judged.findings],
    )
