"""Go on with a run whose process is gone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rustchain._version import VERSION
from rustchain.app.loading import Loaded
from rustchain.app.locks import held
from rustchain.app.outcome import read_result
from rustchain.app.reopen import Reopened, reopen
from rustchain.app.run import NOBODY, Watch, drive, setup_of
from rustchain.app.values import gather
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import Answer
from rustchain.engine.inputs import check_inputs
from rustchain.engine.tasks import State, Task
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
    run_id = store.find(name)
    run = reopen(store, engine.catalogue, run_id)
    if _ended(run):
        return _result(engine, run, watch)
    lease = store.take_lease(run_id)
    try:
        run = reopen(store, engine.catalogue, run_id)
        if _ended(run):  # another process has driven it to its end meanwhile
            return _result(engine, run, watch)
        await engine.services.shell.end_run(run_id)
        _check(run, verdicts)
        for verdict in verdicts:
            body = {"path": verdict.path, "decision": verdict.decision, "output": verdict.output}
            store.ask(run_id, "decide", body)
        inputs = {**run.loaded.inputs, **_secret(run.loaded, secret_inputs or {})}
        async with held(engine, run.plan, run.origin, inputs) as free:
            if not free:
                raise Refused(f"run {run_id} stays open: the lock of its mission is busy")
            return await _drive(engine, run, lease, inputs, watch)
    finally:
        lease.release()


async def _drive(
    engine: Engine, run: Reopened, lease: Lease, inputs: Mapping[str, Any], watch: Watch
) -> MissionResult:
    with gather(engine, run.plan, inputs, run.origin.env) as values:
        setup = setup_of(engine, run.plan, run.origin, lease, inputs, values)
        first = [Answer(ev.RunResumed(engine=VERSION))]
        machine, history = run.replayed.machine, run.replayed.history
        requests = engine.services.store.requests(run.run_id)
        return await drive(engine, setup, machine, history, first, watch, requests)


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


def _check(run: Reopened, verdicts: tuple[Verdict, ...]) -> None:
    """A verdict must speak of a step whose outcome is unknown, or will be once the run is taken over."""
    open_ = [task.path for task in run.replayed.machine.tasks.values() if undecided(task)]
    for verdict in verdicts:
        if verdict.path not in open_:
            help = choices("steps with an unknown outcome", open_, verdict.path)
            raise InvalidUse(f"{verdict.path!r} has no unknown outcome", help=help)


def undecided(task: Task) -> bool:
    """Whether a person must decide on a task before a run without an engine can go on past it."""
    running = task.state is State.RUNNING and task.recorded and not task.repeatable
    return task.state is State.UNKNOWN or (running and task.may_go_on)
