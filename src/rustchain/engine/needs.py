"""What becomes of a task before it starts: judged by how its dependencies ended, or by the run before."""

from rustchain.engine import states
from rustchain.engine.states import State
from rustchain.engine.tasks import Scope, Task
from rustchain.model.events import StepInherited
from rustchain.model.mission import On


def settle(task: Task) -> State:
    """What becomes of a task whose dependencies have all ended: READY, SKIPPED by a condition, or DROPPED."""
    tasks = task.scope.tasks
    for need in task.plan.needs:
        if need.on is not None or tasks[need.step].state is not states.SUCCEEDED:
            break
    else:
        return states.READY
    verdicts = [_verdict(tasks[need.step], need.on) for need in task.plan.needs]
    if states.DROPPED in verdicts:
        return states.DROPPED
    return states.SKIPPED if states.SKIPPED in verdicts else states.READY


def _verdict(dependency: Task, on: On | None) -> State:
    """READY where the need is met, DROPPED where a failure forbids, SKIPPED where only its condition is unmet."""
    state = dependency.state
    lost = state is states.DROPPED or (state is states.FAILED and not dependency.forgiven)
    match on:
        case On.ALWAYS:
            return states.READY
        case On.FAILURE:
            return states.READY if state is states.FAILED else states.SKIPPED
        case On.SUCCESS if not lost:
            return states.READY if state is states.SUCCEEDED else states.SKIPPED
        case _:
            return states.DROPPED if lost else states.READY


def exempt(scope: Scope) -> None:
    """Mark the waiting tasks that fail-fast leaves alone: those that wait for a failure or any end, and what follows."""
    waiting = (t for t in scope.phase if t.state in (states.WAITING, states.READY))
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
        return states.FAILED
    return states.SKIPPED if event.skipped else states.SUCCEEDED
