"""What step types declare, as digests: a run goes on only where they are what they were."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from rustchain.model.errors import Refused
from rustchain.model.plan import Plan, with_children
from rustchain.stepkit import StepType


def declarations(plan: Plan, catalogue: Mapping[str, StepType[Any]]) -> dict[str, str]:
    """The digest of each step type that a plan uses, by name: SHA-256 of the schemas of parameters and output."""
    used = {step.type for each, _ in with_children(plan) for step in each.steps}
    return {name: _digest(catalogue[name]) for name in sorted(used)}


def check_unchanged(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refused where step types that a run was started with have changed since."""
    changed = [name for name, digest in then.items() if now.get(name) != digest]
    if changed:
        raise Refused(
            f"step types have changed since the run was started: {', '.join(changed)}",
            help="Go on with the version that started it, or start the mission anew.",
        )


@cache
def _digest(type: StepType[Any]) -> str:
    schemas = [msgspec.json.schema(type.parameters), msgspec.json.schema(type.output)]
    return hashlib.sha256(msgspec.json.encode(schemas, order="deterministic")).hexdigest()
