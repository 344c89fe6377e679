"""Plans without text, and a world that answers a machine's instructions: tests of the machine need nothing else."""

from collections.abc import Callable, Iterable
from typing import Any

from rustchain.engine.instructions import Await, Close, Finish, Instruction, Start, Stop, Wake
from rustchain.engine.machine import Machine
from rustchain.engine.tasks import Task
from rustchain.model import events as ev
from rustchain.model.expression import Template
from rustchain.model.failures import Failure
from rustchain.model.mission import Mission, MissionConfig, MissionStep, On
from rustchain.model.plan import Need, Plan, PlannedStep

ANY = Template(("x",))
"""Stands for a foreach's list: the machine never looks at it."""


def planned(
    id: str, *needs: str | tuple[str, On], child: Plan | None = None, **keys: Any
) -> tuple[MissionStep, tuple[Any, ...], Plan | None]:
    """A step of a plan, its needs by name."""
    return MissionStep(id=id, step_type="noop", **keys), needs, child


def plan(*steps: Any, tidy: Iterable[Any] = (), **config: Any) -> Plan:
    """A plan of `planned` steps; `tidy` are those of `finally`."""
    every = [*steps, *tidy]
    index = {step.id: i for i, (step, _, _) in enumerate(every)}
    needs = [
        tuple(Need(index[n], None) if isinstance(n, str) else Need(index[n[0]], n[1]) for n in wanted)
        for _, wanted, _ in every
    ]
    dependents: list[list[int]] = [[] for _ in every]
    for i, wanted in enumerate(needs):
        for need in wanted:
            dependents[need.step].append(i)
    return Plan(
        mission=Mission(version="1.0", name="m", steps=[s for s, _, _ in every], config=MissionConfig(**config)),
        steps=tuple(
            PlannedStep(
                index=i, id=step.id, step=step, type="noop", needs=needs[i], dependents=tuple(dependents[i]), child=child,
                slotless=child is not None, foreach=ANY if step.foreach is not None else None,
            )
            for i, (step, _, child) in enumerate(every)
        ),
        main=len(steps),
    )  # fmt: skip


def started(slots: int = 100, inherits: int = 0) -> ev.Event:
    return ev.RunStarted(engine="0", mission="m", inputs="i", catalogue="c", slots=slots, inherits=inherits)


Answer = ev.Event | None


class World:
    """Feeds a machine; remembers every event and instruction."""

    def __init__(self, plan: Plan, slots: int = 100) -> None:
        self.machine = Machine(plan)
        self.slots = slots
        self.story: list[tuple[ev.Event, int]] = []
        self.log: list[Instruction] = []
        self.now = 0

    def tell(self, *events: ev.Event) -> list[Instruction]:
        """Events, a millisecond apart; the instructions of all of them."""
        said: list[Instruction] = []
        for event in events:
            self.now += 1
            self.story.append((event, self.now))
            said += self.machine.handle(event, self.now)
        self.log += said
        return said

    def begin(self) -> list[Instruction]:
        return self.tell(started(self.slots))

    def run(self, answer: Callable[[Task], Answer]) -> ev.Status | None:
        """Answer every instruction at once, the oldest first; None where the run awaits a decision."""
        todo = self.begin()
        while todo:
            instruction = todo.pop(0)
            match instruction:
                case Finish(status):
                    return status
                case Await():
                    return None
                case Start(path):
                    event = answer(self.machine.tasks[path])
                    todo += self.tell(event) if event else []
                case Wake(path):
                    todo += self.tell(ev.WaitElapsed(path=path))
                case Stop(path):
                    todo += self.tell(err(path, Failure.CANCELLED))
                case Close(path):
                    todo += self.tell(ok(path))
                case _:
                    pass
        raise AssertionError("the run neither ended nor waits")

    def states(self) -> dict[str, str]:
        return {path: str(task.state) for path, task in self.machine.tasks.items()}


def ok(path: str) -> ev.Event:
    return ev.StepSucceeded(path=path)


def err(path: str, kind: Failure = Failure.EXIT_CODE, **fields: Any) -> ev.Event:
    return ev.StepErred(path=path, kind=kind, **{"answered": kind is Failure.EXIT_CODE, **fields})


def starts(instructions: Iterable[Instruction]) -> list[str]:
    return [i.path for i in instructions if isinstance(i, Start)]


def succeed(task: Task) -> Answer:
    """Everything ends well; a foreach has two items, a child mission opens."""
    if task.expands:
        return ev.ChildrenAdded(path=task.path, nesting=ev.Nesting.ITEMS, count=2)
    if task.plan.child is not None:
        return ev.ChildrenAdded(path=task.path, nesting=ev.Nesting.GRAPH) if task.child is None else None
    return ok(task.path)


def failing(*names: str, **fields: Any) -> Callable[[Task], Answer]:
    """As `succeed`, but these paths fail, every time."""

    def answer(task: Task) -> Answer:
        return err(task.path, attempt=task.attempt, **fields) if task.path in names else succeed(task)

    return answer
