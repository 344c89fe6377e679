"""Why a step stands as it does: sentences worked out from the state of a run."""

from typing import Any

import msgspec
from msgspec import Struct

from rustchain.engine.history import Fact, History
from rustchain.engine.machine import Machine
from rustchain.engine.names import STATUS
from rustchain.engine.reasons import failure, undecided
from rustchain.engine.tasks import State, Task
from rustchain.logic.counting import counted
from rustchain.model.failures import NATURE, Failure
from rustchain.model.mission import On


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a step stands as it does; `causes` are the paths of the steps that are behind it."""

    path: str
    status: str
    because: list[str]
    causes: list[str] = []
    parameters: Any = None


def explain(task: Task, machine: Machine, history: History) -> Explanation:
    """Explain one task."""
    fact = history.facts.get(task.path, Fact())
    because, causes = _TELLERS[task.state](task, machine, history)
    shown = msgspec.json.decode(fact.shown)["parameters"] if fact.shown else None
    status = STATUS.get(task.state, str(task.state))
    return Explanation(path=task.path, status=status, because=because, causes=causes, parameters=shown)


Told = tuple[list[str], list[str]]


def _succeeded(task: Task, machine: Machine, history: History) -> Told:
    fact = history.facts.get(task.path, Fact())
    if fact.inherited:
        return ["it succeeded in the run that this one retries, and still holds"], []
    if task.items is not None:
        borne = f"; {task.items.failures} failed and are borne by max_failures" if task.items.failures else ""
        return [f"its {counted(task.items.count, 'item')} ended{borne}"], []
    tries = f" at attempt {fact.attempts}" if fact.attempts > 1 else ""
    rounds = f" in round {task.round}" if task.round > 1 else ""
    return [*_after(task), f"it succeeded{tries}{rounds}, in {fact.ms} ms"], []


def _after(task: Task) -> list[str]:
    needs = [task.scope.tasks[n.step] for n in task.plan.needs] if task.parent is None else []
    return [f"it started after {_and(f'{t.path} ({STATUS[t.state]})' for t in needs)}"] if needs else []


def _failed(task: Task, machine: Machine, history: History) -> Told:
    kind, error = failure(task, history)
    fact = history.facts.get(task.path, Fact())
    lines = [f"{kind}: {error}"]
    if fact.attempts > 1:
        lines.append(f"it was tried {counted(fact.attempts, 'time')}")
    if kind is Failure.CANCELLED and task.scope.tripped:
        culprits = _culprits(task)
        return [*lines, f"fail_fast stopped it because {_and(culprits)} failed"], culprits
    if kind is not None and not NATURE[kind].retryable:
        lines.append(f"a failure of kind {kind} is never tried again")
    if task.forgiven:
        lines.append("continue_on_error forgives it")
    return lines, [i.path for i in task.items.tasks if i.state is State.FAILED] if task.items else []


def _skipped(task: Task, machine: Machine, history: History) -> Told:
    fact = history.facts.get(task.path, Fact())
    if fact.condition:
        seen = msgspec.json.decode(fact.condition)
        values = [
            f"{name} was {msgspec.json.encode(value).decode()}" for name, value in seen["values"].items()
        ]
        return [f"its condition {seen['condition']} was false", *values], []
    unmet = [
        (need.on, task.scope.tasks[need.step])
        for need in task.plan.needs
        if need.on is not None and need.on is not On.ALWAYS
    ]
    return [f"it runs only on {on} of {dep.path}, which is {STATUS[dep.state]}" for on, dep in unmet], [
        dep.path for _, dep in unmet
    ]


def _dropped(task: Task, machine: Machine, history: History) -> Told:
    if task.parent is not None:
        return [f"{task.parent.path} started no more items"], [task.parent.path]
    lost = (State.FAILED, State.DROPPED)
    needs = [task.scope.tasks[n.step] for n in task.plan.needs]
    behind = [t for t in needs if t.state in lost and not (t.state is State.FAILED and t.forgiven)]
    if behind:
        return [_because_of(t, history) for t in behind], [t.path for t in behind]
    if task.scope.cancelled:
        return ["the run was cancelled before it started"], []
    if task.scope.expired:
        return ["the deadline passed before it started"], []
    culprits = _culprits(task)
    return [f"fail_fast stopped the mission because {_and(culprits)} failed"], culprits


def _because_of(task: Task, history: History) -> str:
    _, error = failure(task, history)
    return (
        f"it needs {task.path}, which failed: {error}"
        if error
        else f"it needs {task.path}, which was skipped"
    )


def _culprits(task: Task) -> list[str]:
    failed = (t for t in task.scope.tasks if t.state is State.FAILED and not t.forgiven)
    return [t.path for t in failed if t.kind is not Failure.CANCELLED]


def _waiting(task: Task, machine: Machine, history: History) -> Told:
    open_ = [task.scope.tasks[n.step] for n in task.plan.needs]
    waits = [t.path for t in open_ if t.state not in STATUS]
    return [f"it waits for {_and(waits)}"], waits


def _ready(task: Task, machine: Machine, history: History) -> Told:
    return ["it is ready and waits for a slot: max_concurrent_steps are running"], []


def _running(task: Task, machine: Machine, history: History) -> Told:
    ended = "the run was interrupted before it ended" if history.stopped else "has not ended"
    return [*_after(task), f"its attempt {task.attempt} began and {ended}"], []


def _paused(task: Task, machine: Machine, history: History) -> Told:
    error = history.facts.get(task.path, Fact()).error
    return [f"it waits for attempt {task.attempt}" + (f"; the last one failed: {error}" if error else "")], []


def _unknown(task: Task, machine: Machine, history: History) -> Told:
    return [
        undecided(task, history),
        f"decide with: rustchain resume RUN --decide {task.path}=done|again|failed",
    ], []


def _and(names: Any) -> str:
    found = list(names)
    return " and ".join((", ".join(found[:-1]), found[-1]) if len(found) > 1 else found)


_TELLERS = {
    State.SUCCEEDED: _succeeded,
    State.FAILED: _failed,
    State.SKIPPED: _skipped,
    State.DROPPED: _dropped,
    State.WAITING: _waiting,
    State.READY: _ready,
    State.RUNNING: _running,
    State.OPEN: _running,
    State.PAUSED: _paused,
    State.UNKNOWN: _unknown,
}
