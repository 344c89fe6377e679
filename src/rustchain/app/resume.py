"""Go on with a run whose process is gone."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain._version import VERSION
from rustchain.adapters.secret_files import secret_files
from rustchain.app.loading import Loaded
from rustchain.app.locks import held
from rustchain.app.outcome import read_result
from rustchain.app.reading import record_of, undecided
from rustchain.app.reopen import Reopened, reopen
from rustchain.app.run import NOBODY, Watch, drive, setup_of
from rustchain.app.values import Values, gather, in_files
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import Answer
from rustchain.engine.inputs import check_inputs
from rustchain.engine.results import unknown
from rustchain.logic.diagnostics import choices
from rustchain.model import events as ev
from rustchain.model.errors import InvalidMission, InvalidUse, Refused
from rustchain.model.events import Decision, Status
from rustchain.model.run import MissionResult
from rustchain.ports import Lease


class Verdict(NamedTuple):
    """What a person says of a step whose outcome is unknown; `output` goes with `done`."""

    path: str
    decision: Decision
    output: Any = None


async def resume(
    engine: Engine,
    name: str,
    verdicts: tuple[Verdict, ...] = (),
    secret_inputs: Mapping[str, Any] | None = None,
    watch: Watch = NOBODY,
) -> MissionResult:
    """
    Drive a run on to its end; one that has ended gives its result again.

    StorageFailed where another process drives it, InvalidUse where a verdict names a step without an unknown outcome,
    Refused where the mission's lock is busy and it does not wait.
    Whatever processes the old engine left are ended first.
    """
    store = engine.services.store

    def ask(run: Reopened, values: Values) -> None:
        _check(verdicts, [task.path for task in run.replayed.machine.tasks.values() if undecided(task)])
        for verdict in verdicts:
            store.ask(run.run_id, "decide", _asked(verdict, values))

    return await go_on(engine, store.find(name), secret_inputs or {}, ask, watch)


def leave(
    engine: Engine, name: str, verdicts: tuple[Verdict, ...], secret_inputs: Mapping[str, Any] | None = None
) -> str:
    """
    Leave verdicts to the process that drives a run: the run's id; "" where nobody drives it, and nothing was done.

    InvalidUse where a verdict names a step without an unknown outcome; MissingSecret where an output goes with one, and
    secret inputs that must not stand in it were not given again.
    """
    store = engine.services.store
    run_id = store.find(name)
    if not record_of(store, run_id).driven:
        return ""
    run = reopen(store, engine.catalogue, run_id)
    _check(verdicts, [task.path for task in unknown(run.replayed.machine)])
    for verdict in verdicts:
        body: Mapping[str, Any] = verdict._asdict()
        if verdict.output is not None:
            body = _asked(verdict, _values(engine, run, _inputs(run, secret_inputs or {})))
        store.ask(run_id, "decide", body)
    return run_id


async def go_on(
    engine: Engine,
    run_id: str,
    secret_inputs: Mapping[str, Any],
    ask: Callable[[Reopened, Values], object],
    watch: Watch,
) -> MissionResult:
    """
    Drive a run that nobody drives to its end, as `resume` does. `ask` leaves requests to it, and is called once nothing
    stands in their way: a failure before leaves none behind.
    """
    store = engine.services.store
    run = reopen(store, engine.catalogue, run_id)
    if _ended(run):
        return _result(engine, run, watch)
    if record_of(store, run_id).driven:
        store.take_lease(run_id).release()  # fails at once and tells who drives it: its lock is busy, too
    inputs = _inputs(run, secret_inputs)
    values = _values(engine, run, inputs)
    async with held(engine, run.plan, run.origin, inputs) as free:
        if not free:
            raise Refused(f"run {run_id} stays open: the lock of its mission is busy")
        lease = store.take_lease(run_id)  # not while waiting for the lock: who holds it answers requests
        try:
            run = reopen(store, engine.catalogue, run_id)
            if _ended(run):  # another process has driven it to its end meanwhile
                return _result(engine, run, watch)
            await engine.services.shell.end_run(run_id)
            ask(run, values)
            return await _drive(engine, run, lease, inputs, values, watch)
        finally:
            lease.release()


async def _drive(
    engine: Engine, run: Reopened, lease: Lease, inputs: Mapping[str, Any], values: Values, watch: Watch
) -> MissionResult:
    with secret_files(engine.home, run.run_id, in_files(run.plan, values)) as files:
        setup = setup_of(engine, run.plan, run.origin, lease, inputs, values, files)
        first = [Answer(ev.RunResumed(engine=VERSION))]
        machine, history = run.replayed.machine, run.replayed.history
        requests = engine.services.store.requests(run.run_id)
        return await drive(engine, setup, machine, history, first, watch, requests)


def _inputs(run: Reopened, secret: Mapping[str, Any]) -> dict[str, Any]:
    return {**run.loaded.inputs, **_secret(run.loaded, secret)}


def _values(engine: Engine, run: Reopened, inputs: Mapping[str, Any]) -> Values:
    return gather(engine, run.plan, inputs, run.origin.env)


def _asked(verdict: Verdict, values: Values) -> dict[str, Any]:
    """A verdict as it is stored until the run answers it: secrets masked, as in every output."""
    output = msgspec.json.decode(values.redactor.json(msgspec.json.encode(verdict.output)))
    return {"path": verdict.path, "decision": verdict.decision, "output": output}


def _ended(run: Reopened) -> bool:
    return run.replayed.history.status is not Status.RUNNING


def _result(engine: Engine, run: Reopened, watch: Watch) -> MissionResult:
    store, now = engine.services.store, engine.services.clock.now()
    machine, history = run.replayed.machine, run.replayed.history
    return read_result(store, run.run_id, machine, history, now, whole=watch.whole)


def _secret(loaded: Loaded, given: Mapping[str, Any]) -> dict[str, Any]:
    """Secret inputs given again, checked like the first time."""
    specs = {name: spec for name, spec in loaded.mission.inputs.items() if spec.secret and name in given}
    checked = check_inputs(specs, given, complete=True)
    if checked.problems:
        raise InvalidMission(checked.problems)
    return checked.values


def _check(verdicts: tuple[Verdict, ...], open_: list[str]) -> None:
    """A verdict must speak of a step whose outcome is unknown, or will be once the run is taken over."""
    for verdict in verdicts:
        if verdict.path not in open_:
            help = choices("steps with an unknown outcome", open_, verdict.path)
            raise InvalidUse(f"{verdict.path!r} has no unknown outcome", help=help)
