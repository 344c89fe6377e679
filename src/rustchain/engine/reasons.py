"""Why a task ended as it did: the kind and a sentence, told by an event or worked out from the task."""

from rustchain.engine.history import History
from rustchain.engine.states import State
from rustchain.engine.tasks import Items, Task
from rustchain.logic.counting import counted
from rustchain.model.failures import Failure


def failure(task: Task, history: History) -> tuple[Failure | None, str | None]:
    """The kind and the sentence of a task's failure; (None, None) where it did not fail."""
    if task.state is not State.FAILED:
        return None, None
    if task.items is not None:
        return task.kind, _of_items(task.items, history)
    fact = history.facts.get(task.path)
    if fact is not None and fact.kind is task.kind:
        return task.kind, fact.error
    if task.kind is Failure.EXHAUSTED:
        return task.kind, f"its `until` was still not true after {counted(task.round, 'round')}"
    if task.kind is Failure.UNKNOWN_OUTCOME:
        return task.kind, f"{_cut_short(task, history)} while it ran, and nobody decided what came of it"
    waited = fact is not None and fact.kind is not None
    return (
        task.kind,
        f"it was stopped {'while it waited for its next attempt' if waited else 'before it ended'}",
    )


def undecided(task: Task, history: History) -> str:
    """Why a person must decide on a task whose outcome is unknown."""
    return f"{_cut_short(task, history)} while it ran, and repeating it is not known to be safe"


def _cut_short(task: Task, history: History) -> str:
    return "the run was interrupted" if history.interrupted(task.path) else "the engine died"


def _of_items(items: Items, history: History) -> str:
    if items.kind is Failure.CANCELLED and not items.failures:
        return "it was stopped before all items ended"
    first = next(item for item in items.tasks if item.state is State.FAILED)
    return f"{items.failures} of {counted(items.count, 'item')} failed; the first is {first.path}: {failure(first, history)[1]}"
