"""Run again what failed: a new run, linked to the old one, that takes over what still holds."""

from collections.abc import Mapping
from typing import Any

import msgspec

from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, load
from rustchain.app.reopen import Reopened, reopen
from rustchain.app.run import NOBODY, Watch
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import Answer
from rustchain.engine.history import Fact
from rustchain.engine.inheritance import Heirloom, heirlooms
from rustchain.engine.reasons import failure
from rustchain.engine.states import State
from rustchain.model import events as ev
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status
from rustchain.model.run import MissionResult


async def retry(
    engine: Engine,
    name: str,
    *,
    from_step: str = "",
    failed_items_only: bool = False,
    secret_inputs: Mapping[str, Any] | None = None,
    watch: Watch = NOBODY,
) -> MissionResult:
    """
    Run an ended run's mission again from its failed steps, or from a step on.

    InvalidUse where the run has not ended, where nothing of it failed and no step is named, or there is no such step.
    """
    store = engine.services.store
    run = reopen(store, engine.catalogue, store.find(name))
    _check(run, from_step)
    origin = run.origin
    given = Given(
        inputs={**origin.inputs, **(secret_inputs or {})},
        variables=origin.variables,
        workdir=origin.workdir,
        complete=True,
        texts={origin.source: origin.text, **origin.files},
    )
    loaded = load(origin.source, engine.catalogue, given)
    kept = heirlooms(run.replayed.machine.root, from_step=from_step, failed_items_only=failed_items_only)
    options = Options(
        workdir=origin.workdir,
        variables=origin.variables,
        max_risk=origin.max_risk or None,
        skip_safety=origin.skip_safety,
        durability="memory" if origin.durability == "memory" else "full",
        only=origin.only,
        parent=run.run_id,
        inherit=lambda run_id: [_answer(engine, run, run_id, one) for one in kept],
    )
    return await launch(engine, loaded, options, watch)


def _check(run: Reopened, from_step: str) -> None:
    status = run.replayed.history.status
    if status is Status.RUNNING:
        raise InvalidUse(f"run {run.run_id} has not ended", help=f"rustchain resume {run.run_id}")
    if status is Status.COMPLETED and not from_step:
        help = f"rustchain retry {run.run_id} --from STEP runs a step and what follows it again"
        raise InvalidUse(f"nothing to retry: {run.run_id} completed", help=help)


def _answer(engine: Engine, run: Reopened, run_id: str, kept: Heirloom) -> Answer:
    """The event by which the new run takes over a task; a blob is copied, for it belongs to one run."""
    task, store = kept.task, engine.services.store
    fact = run.replayed.history.facts.get(task.path, Fact())
    blob = store.put_blob(run_id, store.get_blob(run.run_id, fact.blob)) if fact.blob else ""
    skipped = task.state is State.SKIPPED
    event = ev.StepInherited(path=kept.path, skipped=skipped, kind=task.kind, blob=blob, size=fact.size)
    if task.state is not State.FAILED:
        return Answer(event, fact.output)
    _, error = failure(task, run.replayed.history)
    output = msgspec.Raw(fact.output) if fact.output else None
    return Answer(event, msgspec.json.encode(ev.Report(error=error or "", detail=fact.detail, output=output)))
