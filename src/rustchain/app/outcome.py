"""The result of a run as its events tell it."""

from rustchain.engine.history import History
from rustchain.engine.machine import Machine
from rustchain.engine.results import Reading, result
from rustchain.logic import safety
from rustchain.model.run import MissionResult
from rustchain.ports import Store


def read_result(
    store: Store, run_id: str, machine: Machine, history: History, now: int, *, whole: bool = False
) -> MissionResult:
    """The result of a run; of one that goes on, at a time in milliseconds since 1970. `whole`: large outputs too."""
    reading = Reading(run_id, machine, history, now, lambda digest: store.get_blob(run_id, digest), whole)
    judged = safety.assess(machine.plan)
    return result(reading, risk={"level": judged.level, "score": judged.score})
