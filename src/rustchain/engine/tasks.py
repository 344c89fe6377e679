"""What the machine keeps of a run: tasks, the graphs they belong to, the items of a foreach, and slots."""

from heapq import heappop, heappush
from math import inf

from rustchain.engine import states
from rustchain.engine.states import ENDED
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.plan import Plan, PlannedStep

Order = tuple[int, ...]
"""Place in the files: index in the mission, then item or index in the child mission, and so on."""
Entry = tuple[Order, int, "Task"]
"""A queued task; the number tells a task from its like in an earlier attempt of the child mission, which was dropped."""


class Gate:
    """A limit on the tasks of one graph that run at once; `outer` limits those of the graph around it as well."""

    __slots__ = ("limit", "outer", "parked", "used")

    def __init__(self, limit: int | None, outer: "Gate | None" = None) -> None:
        self.limit: float = inf if limit is None else limit
        self.outer = outer
        self.used = 0
        self.parked: list[Entry] = []


class Slots:
    """Ready tasks in file order, handed out as far as the gates of their graphs allow."""

    __slots__ = ("_count", "_ready", "root")

    def __init__(self) -> None:
        self.root = Gate(None)
        self._ready: list[Entry] = []
        self._count = 0

    def add(self, task: "Task") -> None:
        """Queue a task."""
        self._count += 1
        heappush(self._ready, (task.order, self._count, task))

    def take(self) -> "Task | None":
        """The next task that may run, its slots taken; None when there is none."""
        while self._ready and self.root.used < self.root.limit:
            entry = heappop(self._ready)
            task = entry[2]
            if task.state is not states.READY:
                self._occupy(task, 0)
            elif (full := _first_full(task.scope.gate)) is not None:
                heappush(full.parked, entry)
            else:
                task.holding = True
                self._occupy(task, 1)
                return task
        return None

    def release(self, task: "Task") -> None:
        """Give a task's slots back."""
        task.holding = False
        self._occupy(task, -1)

    def _occupy(self, task: "Task", slots: int) -> None:
        """Take slots of a task's gates; one with room has a parked task among the ready, as long as there are any."""
        gate: Gate | None = task.scope.gate
        while gate is not None:
            gate.used += slots
            if gate.parked and gate.used < gate.limit:
                heappush(self._ready, heappop(gate.parked))
            gate = gate.outer


def _first_full(gate: Gate | None) -> Gate | None:
    while gate is not None and gate.used < gate.limit:
        gate = gate.outer
    return gate


class Items:
    """The items of a foreach: how many there are, were started, run now and failed."""

    __slots__ = ("active", "closing", "count", "failures", "kind", "tasks")

    def __init__(self, count: int) -> None:
        self.count = count
        self.tasks: list[Task] = []
        """Those that were started, in order."""
        self.active = 0
        self.failures = 0
        self.closing = False
        """No more items start: too many failed, or the foreach is being stopped."""
        self.kind: Failure | None = None
        """Why it fails: the kind of the first failed item, or `cancelled`."""

    def live(self) -> "list[Task]":
        """The items that have not ended."""
        return [item for item in self.tasks if item.state not in ENDED]


class Scope:
    """A graph that runs: the mission's (path "") or a child mission's (the path of its step)."""

    __slots__ = (
        "cancelled", "deadline", "expired", "failed", "gate", "halted", "left", "order", "over",
        "owner", "path", "plan", "tasks", "tidying", "tripped",
    )  # fmt: skip

    def __init__(self, plan: Plan, path: str, order: Order, gate: Gate, owner: "Task | None") -> None:
        self.plan = plan
        self.path = path
        self.order = order
        self.gate = gate
        self.owner = owner
        self.tasks: list[Task] = []
        self.left = plan.main
        """Tasks of the present phase that have not ended."""
        self.tidying = False
        """The phase is `finally`."""
        self.over = False
        self.failed: Failure | None = None
        """Kind of the first unforgiven failure."""
        self.tripped = False
        """Fail-fast has stopped it."""
        self.cancelled = False
        self.halted = False
        """The present phase is being stopped."""
        self.expired = False
        """Its deadline passed."""
        self.deadline: int | None = None

    @property
    def name(self) -> str:
        """The path of the step that it is the child mission of; "" for the mission itself."""
        return self.owner.path if self.owner else ""

    @property
    def phase(self) -> "list[Task]":
        """The tasks of the present phase."""
        return self.tasks[self.plan.main :] if self.tidying else self.tasks[: self.plan.main]

    @property
    def repeatable(self) -> bool:
        """Whether running all of it again repeats nothing that must not be repeated."""
        items = (item for task in self.tasks if task.items for item in task.items.tasks)
        return all(task.may_be_repeated for task in (*self.tasks, *items))

    @property
    def status(self) -> Status:
        """How it stands, or ended."""
        if not self.over:
            return Status.RUNNING
        if self.cancelled:
            return Status.CANCELLED
        return Status.FAILED if self.failed or self.expired else Status.COMPLETED


class Task:
    """One piece of work: a step of a graph, or an item of a foreach."""

    __slots__ = (
        "attempt", "child", "exempt", "holding", "items", "kind", "order", "parent", "path",
        "pending", "plan", "recorded", "repeatable", "round", "scope", "slotless", "state", "wake_at",
    )  # fmt: skip

    def __init__(
        self, plan: PlannedStep, scope: Scope, path: str, order: Order, parent: "Task | None" = None
    ) -> None:
        self.plan = plan
        self.scope = scope
        self.path = path
        self.order = order
        self.parent = parent
        """The foreach that it is an item of."""
        self.state = states.WAITING
        self.pending = len(plan.needs)
        self.attempt = 1
        self.round = 1
        self.holding = False
        self.recorded = False
        """A `StepStarted` of the present attempt is in the journal."""
        self.repeatable = False
        self.exempt = False
        """Fail-fast leaves it alone."""
        self.kind: Failure | None = None
        self.items: Items | None = None
        self.child: Scope | None = None
        self.wake_at = 0
        self.slotless = plan.slotless or (plan.step.foreach is not None and parent is None)
        """It runs without a slot; a foreach only has its list evaluated."""

    @property
    def forgiven(self) -> bool:
        """Whether its failure counts for nothing."""
        return self.plan.step.continue_on_error

    @property
    def expands(self) -> bool:
        """Whether it is a foreach that has not got its items yet."""
        return self.plan.step.foreach is not None and self.parent is None and self.items is None

    @property
    def may_be_repeated(self) -> bool:
        """Whether what it did so far may be done again."""
        if self.child is not None and not self.child.repeatable:
            return False
        return self.repeatable or not self.recorded

    @property
    def may_go_on(self) -> bool:
        """Whether its graph, and those around it, still let it be tried again."""
        if self.parent is not None and self.parent.items is not None and self.parent.items.closing:
            return False
        if self.scope.tripped and not self.exempt and not self.scope.tidying:
            return False
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.halted:
                return False
            # a `finally` goes on although the graphs around it are being stopped
            scope = scope.owner.scope if scope.owner and not scope.tidying else None
        return True
