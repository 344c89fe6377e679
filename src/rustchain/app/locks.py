"""`config.lock`: one run at a time per key, by a lock of the operating system that ends with the process."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rustchain.app.wiring import Engine
from rustchain.engine.names import config_view, mission_view
from rustchain.logic import expressions
from rustchain.model.errors import InvalidUse, Refused
from rustchain.model.events import Origin
from rustchain.model.plan import Plan

LOOK_SECONDS = 0.25
"""How often a run that waits looks whether the lock is free."""


@asynccontextmanager
async def held(engine: Engine, plan: Plan, origin: Origin, inputs: Mapping[str, Any]) -> AsyncIterator[bool]:
    """Hold the mission's lock; False where it is busy and the mission says `skip`. Refused where it says `fail`."""
    lock = plan.mission.config.lock
    if lock is None:
        yield True
        return
    key = _key(lock.key, plan, origin, inputs)
    name = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:32]
    folder = engine.home / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / f"key-{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor):
            if lock.on_busy == "fail":
                raise Refused(
                    f"the lock {key!r} is busy: another run holds it", help="Wait, or set on_busy: wait."
                )
            if lock.on_busy == "skip":
                yield False
                return
            await asyncio.sleep(LOOK_SECONDS)
        yield True
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _key(text: str, plan: Plan, origin: Origin, inputs: Mapping[str, Any]) -> str:
    variables = {**plan.mission.variables, **origin.variables}
    names = {
        **variables,
        "context": variables,
        "inputs": dict(inputs),
        "config": config_view(plan.mission.config),
        "mission": mission_view(plan.mission),
        "env": origin.env,
        "timestamp": origin.timestamp,
    }
    try:
        return str(expressions.render(expressions.split(text), names))
    except expressions.EvaluationFailed as error:
        raise InvalidUse(f"config.lock.key: {error}") from None
