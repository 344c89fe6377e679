"""How a run stands, as the list of runs shows it: the last word of those of its events that tell."""

from typing import NamedTuple

from rustchain.logic.chain import read
from rustchain.model.events import Row, RunEnded, RunStarted, Status

TELLING = (RunStarted.KIND, RunEnded.KIND)
"""Kinds of events that change how a run stands."""


class Standing(NamedTuple):
    """Status of a run, and when it ended, in milliseconds since 1970."""

    status: Status
    ended_at: int | None


def standing(row: Row) -> Standing:
    """How a run stands after an event of a telling kind."""
    event = read(row)
    return Standing(event.status, row.at) if isinstance(event, RunEnded) else Standing(Status.RUNNING, None)
