"""The result document of a run, read off its state."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.history import Fact, History
from rustchain.engine.machine import Machine
from rustchain.engine.names import STATUS
from rustchain.engine.reasons import failure
from rustchain.engine.tasks import Scope, State, Task
from rustchain.model.events import Status
from rustchain.model.failures import EXHAUSTED, FAILED, NATURE, SUCCESS, WAITING, Exit
from rustchain.model.run import MissionResult, StepResult

PREVIEW = 500
"""Characters of a large output that its stored result shows."""

_decode = msgspec.json.Decoder().decode


class Reading(NamedTuple):
    """What a result is read from; `blob` gives a large output, None where results only name it."""

    run_id: str
    machine: Machine
    history: History
    now: int
    blob: Callable[[str], bytes]
    whole: bool = False


def result(reading: Reading, *, risk: dict[str, Any]) -> MissionResult:
    """The result of a run, ended or not."""
    machine, history = reading.machine, reading.history
    ended: dict[str, Any] = _decode(history.outputs) if history.outputs else {}
    tasks = machine.root.tasks
    return MissionResult(
        run_id=reading.run_id,
        mission=machine.plan.mission.name,
        status=history.status,
        timestamp=rfc3339(history.started_at),
        total_duration_ms=(history.ended_at or reading.now) - history.started_at,
        outputs=ended.get("outputs", {}),
        step_results={task.plan.id: step_result(task, reading) for task in tasks},
        warnings=[*machine.plan.warnings, *ended.get("warnings", [])],
        risk=risk,
        waiting_for=[{"path": t.path, "reason": "unknown_outcome"} for t in unknown(machine)],
        exit_code=exit_of(machine.root, history.status, waiting=bool(unknown(machine))).code,
    )


def unknown(machine: Machine) -> list[Task]:
    """Tasks whose outcome a person must decide."""
    return [task for task in machine.tasks.values() if task.state is State.UNKNOWN]


def exit_of(root: Scope, status: Status, *, waiting: bool) -> Exit:
    """The exit code of a run: the first unforgiven failure, in the order of events, decides."""
    if status is Status.COMPLETED:
        return SUCCESS
    if waiting:
        return WAITING
    if status is Status.FAILED and root.expired:
        return EXHAUSTED
    if status is Status.FAILED and root.failed is not None:
        return NATURE[root.failed].exit
    return FAILED


def step_result(task: Task, reading: Reading) -> StepResult:
    """How a step stands or ended."""
    fact = reading.history.facts.get(task.path, Fact())
    kind, error = failure(task, reading.history)
    return StepResult(
        step_id=task.path,
        status=STATUS.get(
            task.state, "Running" if fact.started_at or task.state is State.RUNNING else "Waiting"
        ),
        output=_output(task, reading),
        error=error,
        error_kind=kind,
        error_detail=fact.detail if kind else None,
        duration_ms=_duration(task, fact, reading.history),
        attempts=sum(_attempts(t, reading.history) for t in (task, *_items(task))),
        started_at=rfc3339(fact.started_at) if fact.started_at else None,
        resources={"cpu_ms": fact.cpu_ms, "max_rss_kb": fact.max_rss_kb} if fact.max_rss_kb else {},
        items=[_item(task, index, reading) for index in range(task.items.count)] if task.items else None,
    )


def rfc3339(milliseconds: int) -> str:
    """Milliseconds since 1970 as RFC 3339, UTC."""
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _items(task: Task) -> list[Task]:
    return task.items.tasks if task.items else []


def _attempts(task: Task, history: History) -> int:
    fact = history.facts.get(task.path)
    return fact.attempts if fact else 0


def _duration(task: Task, fact: Fact, history: History) -> int:
    if task.items is None:
        return fact.ms
    ends = [history.fact(item.path).ended_at for item in task.items.tasks]
    return max(0, max(ends, default=0) - fact.started_at)


def _output(task: Task, reading: Reading) -> Any:
    if task.items is not None:
        return [
            _output(item, reading) if item.state is State.SUCCEEDED else None for item in task.items.tasks
        ]
    fact = reading.history.facts.get(task.path)
    if fact is None:
        return None
    if not fact.blob:
        return None if fact.output is None else _decode(fact.output)
    data = reading.blob(fact.blob)
    if reading.whole:
        return _decode(data)
    return {"blob": fact.blob, "size": fact.size, "preview": data[:PREVIEW].decode("utf-8", "replace")}


def _item(task: Task, index: int, reading: Reading) -> dict[str, Any]:
    started = _items(task)
    item = started[index] if index < len(started) else None
    listed = reading.history.fact(task.path).items
    value = _decode(listed)[index] if listed else None
    if item is None:
        return {"item": value, "index": index, "status": "Skipped", "output": None, "error": None}
    _, error = failure(item, reading.history)
    status = STATUS.get(item.state, "Running")
    return {"item": value, "index": index, "status": status, "output": _output(item, reading), "error": error}
