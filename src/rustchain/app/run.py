"""Run a mission: from its plan to its result."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rustchain._version import VERSION
from rustchain.adapters.secret_files import secret_files
from rustchain.app.declarations import declarations
from rustchain.app.exposure import check_exposure
from rustchain.app.outcome import read_result
from rustchain.app.values import Values, gather, in_files, secret_input_names
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import INLINE, Answer
from rustchain.engine.history import History
from rustchain.engine.machine import Machine
from rustchain.engine.runner import Runner
from rustchain.engine.services import Observer, RunSetup
from rustchain.logic import names
from rustchain.model import events as ev
from rustchain.model.plan import Plan
from rustchain.model.run import MissionResult, Request
from rustchain.ports import Lease


class Watch(Struct, frozen=True):
    """Who looks on: `observer` is told what happens; `hold` is given the runner, to cancel or interrupt it."""

    observer: Observer | None = None
    hold: Callable[[Runner], None] | None = None
    whole: bool = False
    """Large outputs stand in the result, instead of their names."""


NOBODY = Watch()


class Start(Struct, frozen=True, kw_only=True):
    """A run about to begin: its plan and all that it is started with."""

    plan: Plan
    origin: ev.Origin
    inputs: Mapping[str, Any]
    """All inputs, secret ones included."""
    parent: str = ""
    inherit: Callable[[str], list[Answer]] | None = None
    """From the run's id to what it takes over from `parent`."""


async def start_run(engine: Engine, start: Start, watch: Watch = NOBODY) -> MissionResult:
    """Run to the end, to a wait for a person, or to an interruption. MissingSecret or Refused before anything is done."""
    services, plan = engine.services, start.plan
    values = gather(engine, plan, start.inputs)
    check_exposure(plan, start.origin, values)
    now = services.clock.now()
    run_id, alias = names.new_run_id(now, os.urandom(10)), names.new_alias(os.urandom(8))
    with secret_files(engine.home, run_id, in_files(plan, values)) as files:
        lease = services.store.create_run(run_id, alias, plan.mission.name, now, start.parent)
        setup = setup_of(engine, plan, start.origin, lease, start.inputs, values, files)
        inherited = start.inherit(run_id) if start.inherit else []
        first = [_started(engine, setup, start, len(inherited)), *inherited]
        return await drive(engine, setup, Machine(plan), History(), first, watch)


def setup_of(
    engine: Engine,
    plan: Plan,
    origin: ev.Origin,
    lease: Lease,
    inputs: Mapping[str, Any],
    values: Values,
    files: Mapping[str, str],
) -> RunSetup:
    """What the engine needs to know of one run."""
    return RunSetup(
        plan=plan, origin=origin, lease=lease, catalogue=engine.catalogue, inputs=inputs,
        secrets=values.secrets, secret_files=files, env=values.env, redactor=values.redactor,
    )  # fmt: skip


async def drive(
    engine: Engine,
    setup: RunSetup,
    machine: Machine,
    history: History,
    first: Sequence[Answer],
    watch: Watch,
    requests: Sequence[Request] = (),
) -> MissionResult:
    """Drive a run with the lease held, and read its result."""
    runner = Runner(engine.services, setup, machine, history, watch.observer)
    if watch.hold is not None:
        watch.hold(runner)
    try:
        await runner.run(*first, requests=requests)
        store, now = engine.services.store, engine.services.clock.now()
        return read_result(store, setup.lease.run_id, machine, history, now, whole=watch.whole)
    finally:
        setup.lease.release()


def _started(engine: Engine, setup: RunSetup, start: Start, inherits: int) -> Answer:
    """The first event: it commits to the mission, its inputs, the catalogue and the engine."""
    types = declarations(start.plan, engine.catalogue)
    slots = start.plan.mission.config.max_concurrent_steps or engine.services.slots
    event = ev.RunStarted(
        engine=VERSION,
        mission=_digest(start.origin.text.encode()),
        inputs=_digest(setup.lease.key + msgspec.json.encode(start.origin.inputs)),
        catalogue=_digest(msgspec.json.encode(types)),
        parent=start.parent,
        slots=slots,
        inherits=inherits,
    )
    origin = msgspec.structs.replace(start.origin, types=types)
    return Answer(event, msgspec.json.encode(_with_blobs(engine, setup, origin)))


def _with_blobs(engine: Engine, setup: RunSetup, origin: ev.Origin) -> ev.Origin:
    """Large members apart from the row."""
    store, run_id = engine.services.store, setup.lease.run_id
    if len(origin.text) <= INLINE:
        return origin
    digest = store.put_blob(run_id, origin.text.encode())
    return msgspec.structs.replace(origin, text="", blobs={"text": digest})


def without_secrets(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that may be stored."""
    secret = secret_input_names(plan)
    return {name: value for name, value in inputs.items() if name not in secret}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
