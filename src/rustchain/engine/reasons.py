"""Why a task ended as it did: the kind and a sentence, told by an event or worked out from the task."""

from rustchain.engine.history import History
from rustchain.engine.tasks import Items, State, Task
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
        return task.kind, f"its `until` was still not true after {task.round} rounds"
    if task.kind is Failure.UNKNOWN_OUTCOME:
        return task.kind, "the engine died while it ran, and nobody decided what came of it"
    waited = fact is not None and fact.kind is not None
    return task.kind, f"it was stopped {'while it waited for its next attempt' if waited else 'before it ended'}"


def _of_items(items: Items, history: History) -> str:
    if items.kind is Failure.CANCELLED and not items.failures:
        return "it was stopped before all items ended"
    first = next(item for item in items.tasks if item.state is State.FAILED)
    return f"{items.failures} of {items.count} items failed; the first is {first.path}: {failure(first, history)[1]}"
