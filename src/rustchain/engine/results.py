"""The result document of a run, read off its state."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.attempts import INLINE
from rustchain.engine.history import Fact, History
from rustchain.engine.machine import Machine
from rustchain.engine.names import STATUS
from rustchain.engine.reasons import failure, undecided
from rustchain.engine.states import State
from rustchain.engine.tasks import Items, Scope, Task
from rustchain.model.events import Status
from rustchain.model.failures import EXHAUSTED, FAILED, NATURE, SUCCESS, WAITING, Exit
from rustchain.model.run import MissionResult, StepResult

PREVIEW = 500
"""Characters of a large output that its stored result shows."""

_decode = msgspec.json.Decoder().decode
_NOTHING = Fact()


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
        waiting_for=[_waiting(task, history) for task in unknown(machine)],
        exit_code=exit_of(machine.root, history.status, waiting=bool(unknown(machine))).code,
    )


def unknown(machine: Machine) -> list[Task]:
    """Tasks whose outcome a person must decide."""
    return [task for task in machine.tasks.values() if task.state is State.UNKNOWN]


def _waiting(task: Task, history: History) -> dict[str, Any]:
    return {"path": task.path, "reason": "unknown_outcome", "message": undecided(task, history)}


def exit_of(root: Scope, status: Status, *, waiting: bool) -> Exit:
    """The exit code of a run: the first unforgiven failure, in the order of events, decides."""
    if status is Status.COMPLETED:
        return SUCCESS
    if waiting:
        return WAITING
    if status is Status.FAILED and root.failed is not None:
        return NATURE[root.failed].exit
    if status is Status.FAILED and root.expired:
        return EXHAUSTED
    return FAILED


def step_result(task: Task, reading: Reading) -> StepResult:
    """How a step stands or ended."""
    fact = reading.history.facts.get(task.path, _NOTHING)
    kind, error = failure(task, reading.history)
    return StepResult(
        step_id=task.path,
        status=STATUS.get(
            task.state, "Running" if fact.started_at or task.state is State.RUNNING else "Waiting"
        ),
        output=_output(task, fact, reading),
        error=error,
        error_kind=kind,
        error_detail=fact.detail if kind else None,
        duration_ms=fact.ms if task.items is None else _duration(task.items, fact, reading.history),
        attempts=fact.attempts if task.items is None else _attempts(task.items, fact, reading.history),
        started_at=rfc3339(fact.started_at) if fact.started_at else None,
        resources={"cpu_ms": fact.cpu_ms, "max_rss_kb": fact.max_rss_kb} if fact.max_rss_kb else {},
        items=None if task.items is None else _items(task.items, fact, reading),
    )


@lru_cache(maxsize=64)  # many steps without effects start in the same millisecond
def rfc3339(milliseconds: int) -> str:
    """Milliseconds since 1970 as RFC 3339, UTC."""
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _duration(items: Items, fact: Fact, history: History) -> int:
    ends = (history.facts.get(item.path, _NOTHING).ended_at for item in items.tasks)
    return max(0, max(ends, default=0) - fact.started_at)


def _attempts(items: Items, fact: Fact, history: History) -> int:
    return sum((history.facts.get(item.path, _NOTHING).attempts for item in items.tasks), fact.attempts)


def _output(task: Task, fact: Fact, reading: Reading) -> Any:
    if task.items is not None:
        given = [_item_output(item, reading) for item in task.items.tasks]
        return given + [None] * (task.items.count - len(given))
    data = reading.blob(fact.blob) if fact.blob else fact.output
    if data is None:
        return None
    if reading.whole or (not fact.blob and len(data) <= INLINE):
        return _decode(data)
    name = {"blob": fact.blob} if fact.blob else {}  # a failed step's output is no blob, however large
    return {**name, "size": fact.size or len(data), "preview": data[:PREVIEW].decode("utf-8", "replace")}


def _item_output(item: Task, reading: Reading) -> Any:
    if item.state is not State.SUCCEEDED:
        return None
    return _output(item, reading.history.facts.get(item.path, _NOTHING), reading)


def _items(items: Items, fact: Fact, reading: Reading) -> list[dict[str, Any]]:
    """Every item of a foreach, those that were never started included."""
    values = _decode(fact.items) if fact.items else [None] * items.count
    return [
        _item(items.tasks[index] if index < len(items.tasks) else None, index, value, reading)
        for index, value in enumerate(values)
    ]


def _item(item: Task | None, index: int, value: Any, reading: Reading) -> dict[str, Any]:
    if item is None:
        return {"item": value, "index": index, "status": "Skipped", "output": None, "error": None}
    fact = reading.history.facts.get(item.path, _NOTHING)
    return {
        "item": value,
        "index": index,
        "status": STATUS.get(item.state, "Running"),
        "output": _output(item, fact, reading),
        "error": failure(item, reading.history)[1],
    }
