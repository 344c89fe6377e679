"""Start a run of a loaded mission: its origin, its locks, what it may not do yet."""

import getpass
import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from rustchain.app.loading import Loaded
from rustchain.app.locks import held
from rustchain.app.run import NOBODY, Start, Watch, start_run, without_secrets
from rustchain.app.wiring import Durability, Engine
from rustchain.engine.attempts import Answer
from rustchain.engine.checks.unsupported import unsupported
from rustchain.engine.pruning import only
from rustchain.engine.results import rfc3339
from rustchain.logic import safety
from rustchain.model import events as ev
from rustchain.model.errors import Refused
from rustchain.model.plan import Plan
from rustchain.model.run import MissionResult
from rustchain.model.secrecy import hidden


class Options(Struct, frozen=True, kw_only=True):
    """How a mission is run; `workdir` is absolute."""

    workdir: str
    variables: Mapping[str, Any] = {}
    max_risk: str | None = None
    skip_safety: bool = False
    durability: Durability = "full"
    only: str = ""
    parent: str = ""
    inherit: Callable[[str], list[Answer]] | None = None
    """From the new run's id to what it takes over from `parent`."""


async def launch(engine: Engine, loaded: Loaded, options: Options, watch: Watch = NOBODY) -> MissionResult:
    """Run a loaded mission. Refused where its risk is too high, its lock is busy, or it asks for what is not there."""
    await engine.turn()
    plan = only(loaded.plan, options.only) if options.only else loaded.plan
    if problems := loaded.locate(list(unsupported(plan))):
        raise Refused(
            "\n".join(f"{p.source}:{p.at.line if p.at else 0}: {p.message}" for p in problems),
            help="What is written and cannot be held to is refused: take it out to run without it.",
        )
    if not options.skip_safety:
        check_risk(plan, options.max_risk)
    inputs = loaded.inputs
    origin = ev.Origin(
        source=loaded.document.source,
        text=loaded.document.text,
        files={name: d.text for name, d in loaded.documents.items() if name != loaded.document.source},
        inputs=without_secrets(plan, inputs),
        variables=dict(options.variables),
        env=_shown_env(engine, plan),
        workdir=options.workdir,
        timestamp=rfc3339(engine.services.clock.now()),
        actor=_actor(),
        only=options.only,
        skip_safety=options.skip_safety,
        max_risk=options.max_risk or "",
        durability=options.durability,
    )
    start = Start(plan=plan, origin=origin, inputs=inputs, parent=options.parent, inherit=options.inherit)
    async with held(engine, plan, origin, inputs) as free:
        if not free:
            return _skipped(plan)
        return await start_run(engine, start, watch)


def check_risk(plan: Plan, given: str | None) -> None:
    """Refused where a plan's risk is above `given`, else above the mission's own `max_risk`, else above HIGH."""
    most = given or plan.mission.config.max_risk or "HIGH"
    judged = safety.assess(plan)
    if safety.LEVELS.index(judged.level) > safety.LEVELS.index(most):
        worst = "; ".join(f"{f.rule} in {f.step}: {f.message}" for f in judged.findings[:3])
        raise Refused(
            f"the risk is {judged.level}, above {most}: {worst}", help="--max-risk or --skip-safety"
        )


def _shown_env(engine: Engine, plan: Plan) -> dict[str, str]:
    named = {n: engine.environ[n] for n in plan.env_names if n in engine.environ}
    return {n: value for n, value in named.items() if hidden(n, value) is None}


def _actor() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return str(os.getuid())


def _skipped(plan: Plan) -> MissionResult:
    lock = plan.mission.config.lock
    why = f"not run: the lock {lock.key!r} is busy" if lock else ""
    return MissionResult(
        run_id="", mission=plan.mission.name, status=ev.Status.COMPLETED, timestamp="", total_duration_ms=0, warnings=[why]
    )  # fmt: skip
