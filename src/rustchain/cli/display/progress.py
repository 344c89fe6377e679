"""How far a run is, by what an observer is told: one row for each piece of work."""

import time
from collections import Counter
from typing import Literal

from rustchain.engine.machine import Machine
from rustchain.engine.states import State
from rustchain.model import events as ev
from rustchain.model.plan import Plan

Look = Literal["waiting", "running", "done", "failed", "skipped"]
_LOOKS: dict[State, Look] = {
    State.SUCCEEDED: "done",
    State.FAILED: "failed",
    State.SKIPPED: "skipped",
    State.DROPPED: "skipped",
}


class Row:
    """One piece of work; `began` is on the monotonic clock, `ms` what it took."""

    __slots__ = ("attempt", "began", "children", "counts", "last", "look", "ms", "path", "total")

    def __init__(self, path: str) -> None:
        self.path = path
        self.look: Look = "waiting"
        self.began = 0.0
        self.ms = 0
        self.attempt = 1
        self.last = ""
        """The last line of its log."""
        self.total = 0
        """The items of a foreach; 0 for everything else."""
        self.counts: Counter[Look] = Counter()
        self.children: dict[str, Row] = {}
        """The steps of a child mission; items of a foreach are only counted."""


class Progress:
    """Rows of the mission's steps in file order, each with those below it."""

    def __init__(self, plan: Plan, machine: Machine) -> None:
        self.rows = {step.id: Row(step.id) for step in plan.steps}
        self._machine = machine
        self._items: dict[str, Row] = {}
        for path, task in machine.tasks.items():  # of a run that goes on, what ended before
            if task.items is not None:
                self._row(path).total = task.items.count
            self.end(path)

    def refresh(self) -> None:
        """Take note of what runs without an event that says so: steps without effects."""
        for row in self.rows.values():
            task = self._machine.tasks.get(row.path)
            if row.look == "waiting" and task is not None and task.state is State.RUNNING:
                self._look(row.path, "running")

    def event(self, event: ev.Event) -> None:
        """Take note of an event."""
        match event:
            case ev.StepStarted():
                self._look(event.path, "running").attempt = event.attempt
            case ev.StepSucceeded() | ev.StepErred():
                look: Look = "done" if isinstance(event, ev.StepSucceeded) else "failed"
                self._look(event.path, look).ms = event.ms
            case ev.StepSkipped():
                self._look(event.path, "skipped")
            case ev.StepInherited():
                self._look(event.path, "skipped" if event.skipped else "done")
            case ev.OutcomeDecided():
                self.end(event.path)
            case ev.ChildrenAdded():
                self._look(event.path, "running").total = event.count
            case _:
                pass

    def end(self, path: str) -> None:
        """Work ended without an event of its own."""
        look = _LOOKS.get(self._machine.tasks[path].state)
        if look is not None:
            self._look(path, look)

    def log(self, path: str, line: str) -> None:
        """A line was logged."""
        work = path.partition("~")[0]
        (self._parent_of_item(work) or self._row(work)).last = line

    def _look(self, path: str, look: Look) -> Row:
        row = self._row(path)
        parent = self._parent_of_item(path)
        if parent is not None:
            parent.counts[row.look] -= 1
            parent.counts[look] += 1
        if look == "running" and row.look != "running":
            row.began = time.monotonic()
        row.look = look
        return row

    def _row(self, path: str) -> Row:
        """The row of a path, made below the one it belongs to."""
        if path in self.rows:
            return self.rows[path]
        if path.endswith("]"):
            return self._items.setdefault(path, Row(path))
        above, _, _ = path.rpartition("/")
        if not above:
            return self.rows.setdefault(path, Row(path))
        return self._row(above).children.setdefault(path, Row(path))

    def _parent_of_item(self, path: str) -> Row | None:
        return self._row(path.rpartition("[")[0]) if path.endswith("]") else None
