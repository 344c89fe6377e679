"""Runs as people read them: the list, a result, logs, reasons. Nothing is changed, and nothing is driven."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.app.reopen import Reopened, reopen
from rustchain.engine.history import Fact, History
from rustchain.engine.machine import Machine
from rustchain.engine.reasons import failure
from rustchain.engine.states import State
from rustchain.engine.tasks import Task
from rustchain.engine.why import Explanation, explain
from rustchain.logic.diagnostics import choices
from rustchain.model import paths
from rustchain.model.errors import InvalidUse, RustChainError
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.run import MissionResult, RunRecord
from rustchain.ports import Store
from rustchain.stepkit import StepType

Catalogue = Mapping[str, StepType[Any]]
LAST_LINES = 20
"""Lines of a failed step's log that are shown."""


class Wanted(NamedTuple):
    """Which runs: of one status, begun since a time in milliseconds since 1970, waiting for a person."""

    status: Status | None = None
    since: int = 0
    waiting: bool = False


def runs(store: Store, catalogue: Catalogue, wanted: Wanted) -> list[RunRecord]:
    """The runs that are wanted, the newest first; what they wait for is worked out for those that nobody drives."""
    found = (r for r in store.runs() if r.started_at >= wanted.since and wanted.status in (None, r.status))
    told = (_with_waiting(store, catalogue, record) for record in found)
    return [record for record in told if record.waiting or not wanted.waiting]


def _with_waiting(store: Store, catalogue: Catalogue, record: RunRecord) -> RunRecord:
    if record.status is not Status.RUNNING or record.driven:
        return record
    try:
        run = reopen(store, catalogue, record.run_id)
    except RustChainError:  # the list shows what it can
        return record
    paths = [task.path for task in run.replayed.machine.tasks.values() if undecided(task)]
    return msgspec.structs.replace(record, waiting=", ".join(paths))


def read(store: Store, catalogue: Catalogue, name: str) -> Reopened:
    """A run by any of its names."""
    return reopen(store, catalogue, store.find(name))


def record_of(store: Store, run_id: str) -> RunRecord:
    """A run's line in the list."""
    return next(record for record in store.runs() if record.run_id == run_id)


def undecided(task: Task) -> bool:
    """Whether a person must decide on a task before a run without an engine can go on past it."""
    running = task.state is State.RUNNING and task.recorded and not task.repeatable
    return task.state is State.UNKNOWN or (running and task.may_go_on)


def output_at(found: MissionResult, place: str) -> Any:
    """What stands at `step.field.0.other` in a result. InvalidUse where nothing does."""
    id, *rest = place.split(".")
    step = found.step_results.get(id)
    if step is None:
        raise InvalidUse(f"there is no step {id!r}", help=choices("steps", list(found.step_results), id))
    value = step.output
    for key in rest:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            known = choices("what there is", list(value), key) if isinstance(value, dict) else None
            raise InvalidUse(f"the output of {id!r} has no {key!r}", help=known) from None
    return value


def task_of(run: Reopened, path: str) -> Task:
    """A step of a run, or what belongs to one, by its path. InvalidUse where there is none."""
    tasks = run.replayed.machine.tasks
    if path not in tasks:
        raise InvalidUse(f"there is no step {path!r} in this run", help=choices("steps", list(tasks), path))
    return tasks[path]


def why(run: Reopened, path: str) -> Explanation:
    """Why a step stands as it does. InvalidUse where there is no such step."""
    return explain(task_of(run, path), run.replayed.machine, run.replayed.history)


class Failing(NamedTuple):
    """A step that failed: the command that it ran, where it ran one, and the last lines of its log."""

    path: str
    kind: Failure
    error: str
    command: list[str]
    last_lines: list[str]


def failures(store: Store, run_id: str, machine: Machine, history: History) -> list[Failing]:
    """What made a run fail, in the order of events: neither what is forgiven nor what was stopped because of it."""
    failed = [task for task in machine.tasks.values() if _to_blame(task)]
    failed.sort(key=lambda task: history.facts.get(task.path, Fact()).ended_at)
    return [_failing(store, run_id, task, history) for task in failed]


def _to_blame(task: Task) -> bool:
    """Whether it failed itself, not through its items or its child mission."""
    failed = task.state is State.FAILED and not task.forgiven and task.kind is not Failure.CANCELLED
    return failed and task.items is None and (task.child is None or not task.child.failed)


def _failing(store: Store, run_id: str, task: Task, history: History) -> Failing:
    kind, error = failure(task, history)
    fact = history.facts.get(task.path, Fact())
    shown = msgspec.json.decode(fact.shown)["parameters"] if fact.shown else {}
    command = [shown["command"], *map(str, shown.get("args", []))] if "command" in shown else []
    work = paths.in_round(task.path, task.round)
    lines = _lines(store.log_path(run_id, work, task.attempt))
    return Failing(task.path, kind or Failure.INTERNAL, error or "", command, lines[-LAST_LINES:])


def _lines(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()
    except FileNotFoundError:
        return []
