"""Why a step stands as it does: sentences worked out from the state of a run."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.engine.checks.sentences import short
from rustchain.engine.history import Fact, History
from rustchain.engine.machine import Machine
from rustchain.engine.names import STATUS
from rustchain.engine.reasons import failure, undecided
from rustchain.engine.states import State
from rustchain.engine.tasks import Scope, Task
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
        return [*_after(task, history), f"its {counted(task.items.count, 'item')} ended{borne}"], []
    tries = f" at attempt {fact.attempts}" if fact.attempts > 1 else ""
    rounds = f" in round {task.round}" if task.round > 1 else ""
    return [*_after(task, history), f"it succeeded{tries}{rounds}, in {fact.ms} ms"], []


def _after(task: Task, history: History) -> list[str]:
    """Why a task started when it did."""
    if task.parent is None:
        return _after_steps(task, "it")
    listed = history.facts.get(task.parent.path, Fact()).items
    index = task.order[-1]
    value = f": {short(msgspec.json.encode(msgspec.json.decode(listed)[index]).decode())}" if listed else ""
    return [
        f"it is item {index} of {task.parent.path}{value}",
        *_after_steps(task.parent, task.parent.path),
    ]


def _after_steps(task: Task, name: str) -> list[str]:
    needs = [task.scope.tasks[n.step] for n in task.plan.needs]
    told = [f"{name} started after {_and(f'{t.path} ({STATUS[t.state]})' for t in needs)}"] if needs else []
    if task.plan.index < task.scope.plan.main:
        return told
    failed = [t.path for t in task.scope.tasks[: task.scope.plan.main] if _to_blame(t)]
    because = f"; {_and(failed)} failed" if failed else ""
    return [f"{name} belongs to `finally`, which starts when every other step has ended{because}", *told]


def _failed(task: Task, machine: Machine, history: History) -> Told:
    kind, error = failure(task, history)
    fact = history.facts.get(task.path, Fact())
    lines = [f"{kind}: {error}"]
    if fact.attempts > 1:
        lines.append(f"it was tried {counted(fact.attempts, 'time')}")
    if kind is Failure.CANCELLED:
        stop, culprits = _stop(task.scope)
        return [*lines, *_after(task, history), stop], [t.path for t in culprits]
    if kind is not None and not NATURE[kind].retryable:
        lines.append(f"a failure of kind {kind} is never tried again")
    if task.forgiven:
        lines.append("continue_on_error forgives it")
    return [*lines, *_after(task, history)], [t.path for t in _parts(task)]


def _parts(task: Task) -> list[Task]:
    """What failed of a task: items, or steps of its child mission."""
    if task.items is not None:
        return [item for item in task.items.tasks if item.state is State.FAILED]
    return [t for t in task.child.tasks if _to_blame(t)] if task.child is not None else []


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
    behind = _lost_needs(task)
    if behind:
        return [_because_of(t, history) for t in behind], [t.path for t in _roots(behind) or behind]
    stop, culprits = _stop(task.scope)
    return [f"it had not started when {stop}"], [t.path for t in culprits]


def _lost_needs(task: Task) -> list[Task]:
    """The dependencies whose failure, or whose being skipped by one, keeps a task from running."""
    needs = [task.scope.tasks[n.step] for n in task.plan.needs]
    return [t for t in needs if t.state is State.DROPPED or (t.state is State.FAILED and not t.forgiven)]


def _roots(tasks: Iterable[Task]) -> list[Task]:
    """The failures that are behind tasks which failed, were stopped, or were skipped because of a failure."""
    found: dict[Task, None] = {}
    seen: set[Task] = set()
    todo = list(tasks)
    while todo:
        task = todo.pop(0)
        if _to_blame(task):
            found[task] = None
        elif task not in seen:
            seen.add(task)
            todo += _lost_needs(task) or _stop(task.scope)[1]
    return list(found)


def _because_of(task: Task, history: History) -> str:
    roots = _roots([task])
    error = f": {failure(roots[0], history)[1]}" if len(roots) == 1 else ""
    if roots == [task]:
        return f"it needs {task.path}, which failed{error}"
    ended = "stopped" if task.state is State.FAILED else "skipped"
    because = f" because {_and(t.path for t in roots)} failed{error}" if roots else ""
    return f"it needs {task.path}, which was {ended}{because}"


def _stop(scope: Scope) -> tuple[str, list[Task]]:
    """What stopped a graph, perhaps by stopping the one around it; and the failures behind that."""
    while scope.cancelled and scope.owner is not None:
        scope = scope.owner.scope
    if scope.cancelled:
        return "the run was cancelled", []
    if scope.expired:
        return "the deadline passed", []
    culprits = [task for task in scope.tasks if _to_blame(task)] if scope.tripped else []
    told = f"fail_fast stopped the mission because {_and(t.path for t in culprits)} failed"
    return told if culprits else "it was stopped", culprits


def _to_blame(task: Task) -> bool:
    """Whether a task failed itself, and nothing forgives it."""
    return task.state is State.FAILED and not task.forgiven and task.kind is not Failure.CANCELLED


def _waiting(task: Task, machine: Machine, history: History) -> Told:
    open_ = [task.scope.tasks[n.step] for n in task.plan.needs]
    waits = [t.path for t in open_ if t.state not in STATUS]
    return [f"it waits for {_and(waits)}"], waits


def _ready(task: Task, machine: Machine, history: History) -> Told:
    return ["it is ready and waits for a slot: max_concurrent_steps are running"], []


def _running(task: Task, machine: Machine, history: History) -> Told:
    ended = "the run was interrupted before it ended" if history.stopped else "has not ended"
    return [*_after(task, history), f"its attempt {task.attempt} began and {ended}"], []


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
