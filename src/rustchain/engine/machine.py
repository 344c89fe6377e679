"""
The run of a plan as a state machine: events in, instructions out.

Rule 1: everything that decides what happens next is decided here (with `tasks` and `retries`, as pure).
Rule 2: nothing here reads a clock, awaits, logs or touches the world, and nothing here sees an output.
Rule 3: the state is changed only by `handle`; the same events always give the same instructions.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from rustchain.engine import states
from rustchain.engine.instructions import (
    Await,
    Close,
    Ended,
    Finish,
    ImpossibleEvent,
    Instruction,
    SetDeadline,
    Start,
    Stop,
    Wake,
)
from rustchain.engine.needs import exempt, settle, take_over
from rustchain.engine.retries import retry_delay
from rustchain.engine.states import State
from rustchain.engine.tasks import Gate, Items, Order, Scope, Slots, Task
from rustchain.model import events as ev
from rustchain.model import paths
from rustchain.model.failures import Failure
from rustchain.model.plan import Plan


class Machine:
    """The state of one run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tasks: dict[str, Task] = {}
        self._slots = Slots()
        self.root = Scope(plan, "", (), self._slots.root, None)
        self._inherited: dict[str, ev.StepInherited] = {}
        self.held = 0
        """Tasks still to be inherited before anything starts."""
        self._before = self._now = 0
        self._out: list[Instruction] = []
        self._just_ended: deque[Task] = deque()
        self._unknown = 0
        self._handlers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.RunStarted: self._started,
            ev.StepInherited: self._inherit,
            ev.RunResumed: self._resumed,
            ev.RunInterrupted: _nothing,
            ev.CancelRequested: lambda _: self._cancel_scope(self.root, again=self.root.cancelled),
            ev.DeadlinePassed: self._deadline_passed,
            ev.RunEnded: _nothing,
            ev.StepStarted: self._step_started,
            ev.StepSkipped: self._step_ended,
            ev.StepSucceeded: self._step_ended,
            ev.StepErred: self._step_erred,
            ev.RoundEnded: self._round_ended,
            ev.WaitElapsed: self._wait_elapsed,
            ev.ChildrenAdded: self._children_added,
            ev.OutcomeDecided: self._decided,
        }

    def handle(self, event: ev.Event, at: int) -> list[Instruction]:
        """Take one event, which happened `at` (milliseconds since 1970); return what must be done because of it."""
        out: list[Instruction] = []
        self._out = out
        self._before, self._now = self._now, at
        self._handlers[type(event)](event)
        while self._just_ended:
            self._after(self._just_ended.popleft())
        while (task := self._slots.take()) is not None:
            self._run(task)
        if self._unknown:
            self._await_decisions()
        return out

    def _started(self, event: ev.RunStarted) -> None:
        if self.tasks or self.held:
            raise ImpossibleEvent("the run started twice")
        self._slots.root.limit = event.slots
        self.held = event.inherits
        if not self.held:
            self._open(self.root)

    def _inherit(self, event: ev.StepInherited) -> None:
        self._inherited[event.path] = event
        self.held -= 1
        if not self.held:
            self._open(self.root)

    def _resumed(self, event: ev.RunResumed) -> None:
        for task in list(self.tasks.values()):
            if task.state is states.RUNNING:
                self._reconsider(task)
            elif task.state is states.PAUSED:
                self._out.append(Wake(task.path, task.wake_at))
        for scope in (self.root, *(task.child for task in self.tasks.values())):
            if scope is not None and scope.deadline is not None:
                scope.deadline += self._now - self._before  # it stands still while no engine drives the run
                self._out.append(SetDeadline(scope.name, scope.deadline))
        if self.root.over:
            self._out.append(Finish(self.root.status))

    def _deadline_passed(self, event: ev.DeadlinePassed) -> None:
        scope = self.root if not event.scope else self.tasks[event.scope].child
        if scope is None or scope.over or (event.due and event.due != scope.deadline):
            return  # a timer of a phase that is over
        scope.expired = True
        self._halt(scope)

    def _step_started(self, event: ev.StepStarted) -> None:
        task = self._task(event.path, states.RUNNING)
        task.recorded = True
        task.repeatable = event.repeatable

    def _step_ended(self, event: ev.StepSkipped | ev.StepSucceeded) -> None:
        state = states.SKIPPED if isinstance(event, ev.StepSkipped) else states.SUCCEEDED
        self._end(self._task(event.path, states.RUNNING), state)

    def _step_erred(self, event: ev.StepErred) -> None:
        task = self._task(event.path, states.RUNNING)
        delay = retry_delay(task.plan.step, task.scope.plan.mission.config, event)
        if delay is None or not task.may_go_on:
            self._fail(task, event.kind)
            return
        task.attempt += 1
        self._again(task, delay)

    def _round_ended(self, event: ev.RoundEnded) -> None:
        task = self._task(event.path, states.RUNNING)
        repeat = task.plan.step.repeat
        if repeat is None or event.round >= repeat.max:
            self._lose(task, Failure.EXHAUSTED)
            return
        task.round += 1
        task.attempt = 1
        self._again(task, repeat.delay_ms)

    def _wait_elapsed(self, event: ev.WaitElapsed) -> None:
        task = self.tasks[event.path]
        if task.state is states.PAUSED:
            self._ready(task)

    def _children_added(self, event: ev.ChildrenAdded) -> None:
        task = self._task(event.path, states.RUNNING)
        if event.nesting is ev.Nesting.ITEMS:
            task.state = states.OPEN
            task.items = Items(event.count)
            task.items.closing = not task.may_go_on  # it may have been stopped before its list was evaluated
            self._admit(task, task.items)
        else:
            self._open_child(task)

    def _decided(self, event: ev.OutcomeDecided) -> None:
        task = self.tasks.get(event.path)
        if task is None or task.state is not states.UNKNOWN:
            return  # decided twice, or cancelled before
        self._unknown -= 1
        task.state = states.PAUSED
        match event.decision:
            case ev.Decision.DONE:
                self._end(task, states.SUCCEEDED)
            case ev.Decision.AGAIN:
                self._ready(task)
            case _:
                self._fail(task, Failure.UNKNOWN_OUTCOME)

    def _task(self, path: str, state: State) -> Task:
        task = self.tasks.get(path)
        if task is None or task.state is not state:
            raise ImpossibleEvent(f"{path} is {task.state if task else 'not there'}, not {state}")
        return task

    def _open_child(self, task: Task) -> None:
        plan = task.plan.child
        if plan is None or task.child is not None:
            raise ImpossibleEvent(f"{task.path} cannot get a child mission")
        path = paths.in_attempt(paths.in_round(task.path, task.round), task.attempt)
        gate = Gate(plan.mission.config.max_concurrent_steps, task.scope.gate)
        task.child = Scope(plan, path, task.order, gate, task)
        self._open(task.child)
        if not task.may_go_on:
            self._cancel_scope(task.child)

    def _open(self, scope: Scope) -> None:
        prefix = f"{scope.path}/" if scope.path else ""
        for planned in scope.plan.steps:
            task = Task(planned, scope, prefix + planned.id, (*scope.order, planned.index))
            scope.tasks.append(task)
            self.tasks[task.path] = task
        self._begin_phase(scope, scope.plan.mission.config.timeout_seconds)
        if scope.cancelled:
            self._halt(scope)

    def _begin_phase(self, scope: Scope, seconds: float | None) -> None:
        scope.halted = False
        scope.deadline = None if seconds is None else self._now + round(seconds * 1000)
        if scope.deadline is not None:
            self._out.append(SetDeadline(scope.name, scope.deadline))
        for task in scope.phase:
            if task.path in self._inherited:
                self._end(task, take_over(task, self._inherited[task.path]))
            elif not task.pending:
                self._ready(task)

    def _ready(self, task: Task) -> None:
        if task.slotless:
            self._run(task)
        else:
            task.state = states.READY
            self._slots.add(task)

    def _run(self, task: Task) -> None:
        task.state = states.RUNNING
        self._out.append(Start(task.path))

    def _again(self, task: Task, delay: int) -> None:
        """Leave the slot; be ready after `delay` milliseconds."""
        task.recorded = False
        task.child = None
        if task.holding:
            self._slots.release(task)
        if delay:
            task.state = states.PAUSED
            task.wake_at = self._now + delay
            self._out.append(Wake(task.path, task.wake_at))
        else:
            self._ready(task)

    def _admit(self, task: Task, items: Items) -> None:
        """Start items as far as `max_parallel` allows; end the foreach with its last item."""
        most = task.plan.step.max_parallel
        while len(items.tasks) < items.count and not items.closing and (most is None or items.active < most):
            order: Order = (*task.order, len(items.tasks))
            item = Task(task.plan, task.scope, paths.item(task.path, len(items.tasks)), order, task)
            self.tasks[item.path] = item
            items.tasks.append(item)
            items.active += 1
            if item.path in self._inherited:
                self._end(item, take_over(item, self._inherited[item.path]))
            else:
                self._ready(item)
        if not items.active:
            self._close_items(task, items)

    def _end(self, task: Task, state: State) -> None:
        if task.holding:
            self._slots.release(task)
        if task.state is states.UNKNOWN:
            self._unknown -= 1
        task.state = state
        self._just_ended.append(task)

    def _fail(self, task: Task, kind: Failure) -> None:
        task.kind = kind
        self._end(task, states.FAILED)

    def _lose(self, task: Task, kind: Failure) -> None:
        """Fail a task without an event of its own."""
        self._fail(task, kind)
        self._out.append(Ended(task.path))

    def _after(self, task: Task) -> None:
        """What follows from a task's end."""
        if task.parent is not None and task.parent.items is not None:
            self._item_ended(task, task.parent, task.parent.items)
            return
        scope = task.scope
        if task.state is states.FAILED and not task.forgiven:
            self._trip(scope, task.kind or Failure.INTERNAL)
        for index in task.plan.dependents:
            dependent = scope.tasks[index]
            dependent.pending -= 1
            if not dependent.pending and dependent.state is states.WAITING:
                self._settle(dependent)
        scope.left -= 1
        if not scope.left:
            self._end_phase(scope)

    def _settle(self, task: Task) -> None:
        found = settle(task)
        if found is states.READY:
            self._ready(task)
        else:
            self._conclude(task, found)

    def _conclude(self, task: Task, state: State = states.DROPPED) -> None:
        """End a task without an event of its own."""
        self._end(task, state)
        self._out.append(Ended(task.path))

    def _end_phase(self, scope: Scope) -> None:
        if not scope.tidying and len(scope.tasks) > scope.plan.main:
            scope.tidying = True
            scope.left = len(scope.tasks) - scope.plan.main
            self._begin_phase(scope, scope.plan.mission.config.finally_timeout_seconds)
            return
        scope.over = True
        scope.deadline = None
        self._out.append(Close(scope.owner.path) if scope.owner else Finish(scope.status))

    def _item_ended(self, item: Task, parent: Task, items: Items) -> None:
        items.active -= 1
        if item.state is states.FAILED:
            items.failures += 1
            items.kind = items.kind or item.kind
            if items.failures > parent.plan.step.max_failures and not items.closing:
                self._close_early(parent, items)
        self._admit(parent, items)

    def _close_items(self, task: Task, items: Items) -> None:
        if items.closing:
            self._lose(task, items.kind or Failure.CANCELLED)
        else:
            self._conclude(task, states.SUCCEEDED)

    def _close_early(self, task: Task, items: Items) -> None:
        """Start no more items; those that run go on."""
        items.closing = True
        for item in items.live():
            if item.state in (states.READY, states.PAUSED):
                self._conclude(item)

    def _trip(self, scope: Scope, kind: Failure) -> None:
        """Note the first unforgiven failure of a graph; with fail-fast stop what does not wait for failures."""
        if not scope.expired:
            scope.failed = scope.failed or kind
        if scope.tidying or scope.tripped or scope.halted or not scope.plan.mission.config.fail_fast:
            return
        scope.tripped = True
        exempt(scope)
        for task in scope.phase:
            if not task.exempt:
                self._stop(task)

    def _cancel_scope(self, scope: Scope, *, again: bool = False) -> None:
        """Stop a graph and go on with its `finally`; asked `again`, stop that too."""
        scope.cancelled = True
        if not scope.over and (again or not scope.tidying):
            self._halt(scope, again=again)

    def _halt(self, scope: Scope, *, again: bool = False) -> None:
        """Stop everything of a graph's present phase."""
        scope.halted = True
        for task in scope.phase:
            self._stop(task, again=again)

    def _stop(self, task: Task, *, again: bool = False) -> None:
        match task.state:
            case states.WAITING | states.READY:
                self._conclude(task)
            case states.PAUSED:
                self._lose(task, Failure.CANCELLED)
            case states.UNKNOWN:
                self._lose(task, Failure.UNKNOWN_OUTCOME)
            case states.OPEN if task.items is not None:
                self._stop_items(task, task.items, again=again)
            case states.RUNNING if task.child is not None:
                self._cancel_scope(task.child, again=again)
            case states.RUNNING:
                self._out.append(Stop(task.path))
            case _:
                pass

    def _stop_items(self, task: Task, items: Items, *, again: bool) -> None:
        items.closing = True
        items.kind = items.kind or Failure.CANCELLED
        for item in items.live():
            self._stop(item, again=again)

    def _reconsider(self, task: Task) -> None:
        """The engine that ran the task is gone."""
        if task.holding:
            self._slots.release(task)
        lost = task.recorded and not task.repeatable
        if task.child is None and not task.may_go_on:
            self._lose(task, Failure.UNKNOWN_OUTCOME if lost else Failure.CANCELLED)
        elif lost:
            task.state = states.UNKNOWN
            self._unknown += 1
        else:
            task.recorded = False
            self._ready(task)

    def _await_decisions(self) -> None:
        if any(isinstance(i, Start) and self.tasks[i.path].child is None for i in self._out):
            return  # work goes on: no need to look at every task
        busy, tasks = (states.READY, states.RUNNING, states.PAUSED), self.tasks.values()
        if not any(t.state in busy and (t.child is None or t.child.over) for t in tasks):
            self._out.append(Await(tuple(t.path for t in tasks if t.state is states.UNKNOWN)))


def _nothing(event: ev.Event) -> None:
    """The event decides nothing."""
