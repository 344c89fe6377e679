"""What a retry takes over from the run before: how every step ended that need not run again."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rustchain.engine.states import State
from rustchain.engine.tasks import Scope, Task
from rustchain.logic.diagnostics import choices
from rustchain.model import paths
from rustchain.model.errors import InvalidUse


class Heirloom(NamedTuple):
    """One task of the run before, and the path that it has in the new run."""

    task: Task
    path: str


def heirlooms(root: Scope, *, from_step: str = "", failed_items_only: bool = False) -> list[Heirloom]:
    """
    Tasks that still hold: all but those that failed unforgiven or never ran, `from_step`, and what follows them.

    Of a foreach that runs again, the items that succeeded hold with `failed_items_only`. InvalidUse where there is no
    step `from_step`.
    """
    chosen = [t for t in root.tasks[: root.plan.main] if t.plan.id == from_step]
    if from_step and not chosen:
        known = [t.plan.id for t in root.tasks[: root.plan.main]]
        help = choices("steps", known, from_step)
        raise InvalidUse(f"there is no step {from_step!r} to start from", help=help)
    return list(_of_scope(root, "", chosen, failed_items_only))


def _of_scope(scope: Scope, prefix: str, chosen: list[Task], failed_items_only: bool) -> Iterator[Heirloom]:
    again = _again(scope, chosen)
    for task in scope.tasks[: scope.plan.main]:
        path = prefix + task.plan.id
        if task not in again:
            yield from _whole(task, path)
        elif task.state is State.FAILED and task not in chosen and not _behind(task, again):
            yield from _parts(task, path, failed_items_only)


def _again(scope: Scope, chosen: Iterable[Task]) -> set[Task]:
    """Tasks that run again, and all that follow them."""
    todo = [*chosen, *(t for t in scope.tasks[: scope.plan.main] if not _holds(t))]
    found = set(todo)
    while todo:
        after = [scope.tasks[i] for i in todo.pop().plan.dependents]
        todo += [t for t in after if t not in found]
        found.update(after)
    return found


def _holds(task: Task) -> bool:
    return task.state in (State.SUCCEEDED, State.SKIPPED) or (task.state is State.FAILED and task.forgiven)


def _behind(task: Task, again: set[Task]) -> bool:
    """Whether a step before it runs again too, so that what it reads may change."""
    return any(task.scope.tasks[need.step] in again for need in task.plan.needs)


def _whole(task: Task, path: str) -> Iterator[Heirloom]:
    """A task that holds; of a foreach its items, so that the new run knows them as well."""
    if task.items is None:
        yield Heirloom(task, path)
    else:
        ended = (t for t in task.items.tasks if t.state in (State.SUCCEEDED, State.FAILED))
        yield from (Heirloom(item, paths.item(path, item.order[-1])) for item in ended)


def _parts(task: Task, path: str, failed_items_only: bool) -> Iterator[Heirloom]:
    """What holds of a task that failed: items that succeeded, steps of its child mission."""
    if task.items is not None and failed_items_only:
        good = (t for t in task.items.tasks if t.state is State.SUCCEEDED)
        yield from (Heirloom(item, paths.item(path, item.order[-1])) for item in good)
    elif task.child is not None:
        yield from _of_scope(task.child, f"{path}/", [], failed_items_only)
