"""From the journal's rows back to the state of a run."""

from collections.abc import Iterable
from typing import NamedTuple

from rustchain.engine.history import History
from rustchain.engine.machine import Machine
from rustchain.engine.states import State
from rustchain.logic import chain
from rustchain.model import events as ev
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Row
from rustchain.model.plan import Plan


class Replayed(NamedTuple):
    """A run as its events left it, and the number of the last of them."""

    machine: Machine
    history: History
    seq: int


def awaited(event: ev.Event, machine: Machine) -> bool:
    """Whether an event about to be handled says something: a decision does not where the outcome is known, or no more."""
    if not isinstance(event, ev.OutcomeDecided):
        return True
    task = machine.tasks.get(event.path)
    return task is not None and task.state is State.UNKNOWN


def replay(run_id: str, rows: Iterable[Row], plan: Plan) -> Replayed:
    """Read every event again. StorageFailed where the chain is broken or an event cannot be understood."""
    machine, history = Machine(plan), History()
    seen = list(rows)
    if findings := chain.verify(run_id, seen, None):
        raise StorageFailed(
            f"the journal of run {run_id} is damaged: {findings[0]}", help="See `rustchain audit verify`."
        )
    for row in seen:
        event = chain.read(row)
        if awaited(event, machine):
            history.add(event, row.at, row.payload)
        machine.handle(event, row.at)
    return Replayed(machine, history, len(seen))
