"""Cancel a run: ask the process that drives it, or drive it to its end here."""

from rustchain.app.resume import resume
from rustchain.app.run import NOBODY, Watch
from rustchain.app.wiring import Engine
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status
from rustchain.model.run import MissionResult


async def cancel(engine: Engine, name: str, watch: Watch = NOBODY) -> MissionResult | None:
    """
    Cancel a run that has not ended. None where another process drives it and will see to it; else its result, once it
    has been driven to its end here.
    """
    store = engine.services.store
    run_id = store.find(name)
    record = next(r for r in store.runs() if r.run_id == run_id)
    if record.status is not Status.RUNNING:
        raise InvalidUse(f"run {run_id} has ended: {record.status}")
    store.ask(run_id, "cancel", {})
    return None if record.driven else await resume(engine, run_id, watch=watch)
