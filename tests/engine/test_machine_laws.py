"""Laws of the machine, for any plan and any answers of the world."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.machines import Answer, World, err, ok, plan, planned
from rustchain.engine.instructions import Await, Close, Finish, Start, Stop, Wake
from rustchain.engine.machine import Machine
from rustchain.engine.states import ENDED, State
from rustchain.engine.tasks import Task
from rustchain.model import events as ev
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.mission import On, Repeat, Retry
from rustchain.model.plan import Plan

KINDS = [Failure.EXIT_CODE, Failure.TIMEOUT, Failure.INVALID_PARAMETERS]


@st.composite
def steps(draw: st.DrawFn, prefix: str, depth: int) -> list[Any]:
    names = [f"{prefix}{i}" for i in range(draw(st.integers(1, 6)))]
    ons = st.sampled_from([None, On.SUCCESS, On.FAILURE, On.ALWAYS])
    made = []
    for i, name in enumerate(names):
        needs = [(n, on) if on else n for n in names[:i] if draw(st.booleans()) for on in [draw(ons)]]
        keys: dict[str, Any] = {"continue_on_error": draw(st.booleans())}
        if draw(st.booleans()):
            keys["retry"] = Retry(attempts=draw(st.integers(0, 2)), delay_ms=draw(st.sampled_from([0, 5])))
        if draw(st.integers(0, 4)) == 0:
            keys |= {
                "foreach": "x",
                "max_parallel": draw(st.sampled_from([None, 1, 2])),
                "max_failures": draw(st.integers(0, 1)),
            }
        if draw(st.integers(0, 4)) == 0:
            keys["repeat"] = Repeat(until="x", max=draw(st.integers(1, 3)))
        child = draw(plans(depth - 1)) if depth and draw(st.integers(0, 4)) == 0 else None
        made.append(planned(name, *needs, child=child, **keys))
    return draw(st.permutations(made))


@st.composite
def plans(draw: st.DrawFn, depth: int = 1) -> Plan:
    tidy = draw(steps("f", 0)) if draw(st.booleans()) else []
    config: dict[str, Any] = {
        "fail_fast": draw(st.booleans()),
        "retry_attempts": draw(st.integers(0, 1)),
        "retry_delay_ms": 0,
    }
    if draw(st.booleans()):
        config["max_concurrent_steps"] = draw(st.integers(1, 3))
    return plan(*draw(steps("s", depth)), tidy=tidy, **config)


class Fate(World):
    """Answers at random, now and then with a cancellation, a deadline or a crash; checks every start."""

    def __init__(self, plan: Plan, slots: int, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        super().__init__(plan, slots)
        self.draw = draw
        self.trouble = 2

    def live(self) -> Status | None:
        todo = self.begin()
        while True:
            self.check(todo)
            if ends := [i for i in todo if isinstance(i, Finish)]:
                return ends[0].status
            if any(isinstance(i, Await) for i in todo):
                todo = [i for i in todo if not isinstance(i, Await)] + self.decide()
                continue
            assert todo, f"nothing to do, and yet not over: {self.states()}"
            todo += self.disturb() if self.trouble and self.draw(st.integers(0, 9)) == 0 else []
            if any(isinstance(i, Finish | Await) for i in todo):
                continue
            instruction = todo.pop(self.draw(st.integers(0, len(todo) - 1)))
            todo += self.carry_out(instruction)

    def carry_out(self, instruction: Any) -> list[Any]:
        match instruction:
            case Start(path) if self.machine.tasks[path].state is State.RUNNING:
                event = self.answer(self.machine.tasks[path])
                return self.tell(event) if event else []
            case Stop(path) if (
                self.machine.tasks[path].state is State.RUNNING and not self.machine.tasks[path].child
            ):
                return self.tell(err(path, Failure.CANCELLED))
            case Close(path) if self.machine.tasks[path].state is State.RUNNING:
                return self.tell(self.closed(self.machine.tasks[path]))
            case Wake(path):
                return self.tell(ev.WaitElapsed(path=path))
            case _:
                return []

    def answer(self, task: Task) -> Answer:
        if task.expands:
            return ev.ChildrenAdded(
                path=task.path, nesting=ev.Nesting.ITEMS, count=self.draw(st.integers(0, 3))
            )
        if task.plan.child is not None:
            return self.opened(task)
        if not task.recorded and self.draw(st.booleans()):
            self.tell(
                ev.StepStarted(path=task.path, attempt=task.attempt, repeatable=self.draw(st.booleans()))
            )
        match self.draw(st.integers(0, 5)):
            case 0 | 1:
                return err(task.path, self.draw(st.sampled_from(KINDS)), attempt=task.attempt)
            case 2 if task.plan.step.when is None and task.parent is None:
                return ev.StepSkipped(path=task.path)
            case 3 if task.plan.step.repeat is not None:
                return ev.RoundEnded(path=task.path, round=task.round)
            case _:
                return ok(task.path)

    def opened(self, task: Task) -> Answer:
        """What a step with a child mission says when it starts, for the first time or after a crash."""
        if task.child is None:
            return ev.ChildrenAdded(path=task.path, nesting=ev.Nesting.GRAPH)
        return self.closed(task) if task.child.over else None

    def closed(self, task: Task) -> ev.Event:
        """What a step says whose child mission is over."""
        good = task.child is None or task.child.status is Status.COMPLETED
        return ok(task.path) if good else err(task.path, attempt=task.attempt)

    def disturb(self) -> list[Any]:
        self.trouble -= 1
        match self.draw(st.sampled_from(["cancel", "deadline", "nothing"])):
            case "cancel":
                return self.tell(ev.CancelRequested())
            case "deadline":
                return self.tell(ev.DeadlinePassed())
            case _:
                return []

    def decide(self) -> list[Any]:
        unknown = [t.path for t in self.machine.tasks.values() if t.state is State.UNKNOWN]
        return self.tell(
            ev.OutcomeDecided(path=unknown[0], decision=self.draw(st.sampled_from(list(ev.Decision))))
        )

    def check(self, instructions: list[Any]) -> None:
        for start in (i for i in instructions if isinstance(i, Start)):
            task = self.machine.tasks[start.path]
            for need in task.plan.needs:
                assert task.scope.tasks[need.step].state in ENDED, (
                    f"{start.path} started before its needs ended"
                )


@given(plans(), st.integers(1, 4), st.data())
def test_every_run_ends_with_every_step_ended_and_no_slot_held(
    plan: Plan, slots: int, data: st.DataObject
) -> None:
    world = Fate(plan, slots, data.draw)
    status = world.live()
    assert status is world.machine.root.status is not Status.RUNNING
    assert all(task.state in ENDED for task in world.machine.root.tasks)
    assert not any(task.holding for task in world.machine.tasks.values())
    assert world.machine._slots.root.used == 0


@given(plans(), st.integers(1, 4), st.data())
def test_the_same_events_give_the_same_instructions_and_the_same_state(
    plan: Plan, slots: int, data: st.DataObject
) -> None:
    world = Fate(plan, slots, data.draw)
    world.live()
    again = Machine(plan)
    said = [i for event, at in world.story for i in again.handle(event, at)]
    assert said == world.log
    assert {p: t.state for p, t in again.tasks.items()} == {
        p: t.state for p, t in world.machine.tasks.items()
    }


@given(plans(), st.integers(1, 4), st.data())
def test_no_more_steps_run_at_once_than_there_are_slots(plan: Plan, slots: int, data: st.DataObject) -> None:
    world = Fate(plan, slots, data.draw)
    tell = world.tell

    def watched(*events: ev.Event) -> list[Any]:
        said = tell(*events)
        assert sum(task.holding for task in world.machine.tasks.values()) <= slots
        return said

    world.tell = watched  # type: ignore[method-assign]  # a look at every event
    world.live()


@given(plans(), st.integers(1, 4), st.data())
def test_a_run_that_crashed_anywhere_ends_after_resume(plan: Plan, slots: int, data: st.DataObject) -> None:
    world = Fate(plan, slots, data.draw)
    world.live()
    crash = data.draw(st.integers(1, len(world.story)))
    again = Fate(plan, slots, data.draw)
    again.tell(*(event for event, _ in world.story[:crash]))
    if again.machine.root.over:
        assert again.tell(ev.RunResumed(engine="0")) == [Finish(again.machine.root.status)]
        return
    done = {p for p, t in again.machine.tasks.items() if t.state in ENDED}
    again.begin = lambda: again.tell(ev.RunResumed(engine="0"))  # type: ignore[method-assign]  # it goes on from here
    seen = len(again.log)
    again.live()
    assert all(task.state in ENDED for task in again.machine.root.tasks)
    assert not done & {i.path for i in again.log[seen:] if isinstance(i, Start)}, (
        "what had ended started again"
    )


@given(plans(), st.integers(1, 4), st.data())
def test_what_was_being_stopped_when_the_engine_died_does_not_start_again(
    plan: Plan, slots: int, data: st.DataObject
) -> None:
    world = Fate(plan, slots, data.draw)
    world.live()
    crash = data.draw(st.integers(1, len(world.story)))
    again = World(plan, slots)
    again.tell(*(event for event, _ in world.story[:crash]))
    tasks = again.machine.tasks
    for path in (i.path for i in again.tell(ev.RunResumed(engine="0")) if isinstance(i, Start)):
        assert tasks[path].child is not None or tasks[path].may_go_on
