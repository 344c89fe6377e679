"""What becomes of a task before it starts: judged by how its dependencies ended, or by the run before."""

from rustchain.engine.tasks import Scope, State, Task
from rustchain.model.events import StepInherited
from rustchain.model.mission import On


def settle(task: Task) -> State:
    """What becomes of a task whose dependencies have all ended: READY, SKIPPED by a condition, or DROPPED."""
    tasks = task.scope.tasks
    for need in task.plan.needs:
        if need.on is not None or tasks[need.step].state is not State.SUCCEEDED:
            break
    else:
        return State.READY
    verdicts = [_verdict(tasks[need.step], need.on) for need in task.plan.needs]
    if State.DROPPED in verdicts:
        return State.DROPPED
    return State.SKIPPED if State.SKIPPED in verdicts else State.READY


def _verdict(dependency: Task, on: On | None) -> State:
    """READY where the need is met, DROPPED where a failure forbids, SKIPPED where only its condition is unmet."""
    state = dependency.state
    lost = state is State.DROPPED or (state is State.FAILED and not dependency.forgiven)
    match on:
        case On.ALWAYS:
            return State.READY
        case On.FAILURE:
            return State.READY if state is State.FAILED else State.SKIPPED
        case On.SUCCESS if not lost:
            return State.READY if state is State.SUCCEEDED else State.SKIPPED
        case _:
            return State.DROPPED if lost else State.READY


def exempt(scope: Scope) -> None:
    """Mark the waiting tasks that fail-fast leaves alone: those that wait for a failure or any end, and what follows."""
    waiting = (t for t in scope.phase if t.state is State.WAITING)
    found = [t for t in waiting if any(n.on in (On.FAILURE, On.ALWAYS) for n in t.plan.needs)]
    while found:
        task = found.pop()
        if not task.exempt:
            task.exempt = True
            found += [scope.tasks[i] for i in task.plan.dependents]


def take_over(task: Task, event: StepInherited) -> State:
    """How a task ended in the run before; the kind of its failure is noted."""
    task.kind = event.kind
    if event.kind is not None:
        return State.FAILED
    return State.SKIPPED if event.skipped else State.SUCCEEDED
