"""Cancel a run: ask the process that drives it, or drive it to its end here."""

from collections.abc import Mapping
from typing import Any

from rustchain.app.reading import record_of
from rustchain.app.reopen import Reopened
from rustchain.app.resume import go_on
from rustchain.app.run import NOBODY, Watch
from rustchain.app.values import Values
from rustchain.app.wiring import Engine
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status
from rustchain.model.run import MissionResult


async def cancel(
    engine: Engine, name: str, secret_inputs: Mapping[str, Any] | None = None, watch: Watch = NOBODY
) -> MissionResult | None:
    """
    Cancel a run that has not ended. None where another process drives it and will see to it; else its result, once it
    has been driven to its end here, for which secret inputs are given again.
    """
    store = engine.services.store
    record = record_of(store, store.find(name))
    if record.status is not Status.RUNNING:
        raise InvalidUse(f"run {record.run_id} has ended: {record.status}")
    if record.driven:
        store.ask(record.run_id, "cancel", {})
        return None

    def ask(run: Reopened, values: Values) -> None:
        store.ask(run.run_id, "cancel", {})

    return await go_on(engine, record.run_id, secret_inputs or {}, ask, watch)
