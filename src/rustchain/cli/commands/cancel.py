"""Cancel a run: its steps are stopped, and its `finally` runs."""

import click

from rustchain.app.cancel import cancel
from rustchain.app.run import Watch
from rustchain.app.wiring import Engine
from rustchain.cli.command import declare
from rustchain.cli.driving import drive
from rustchain.cli.given import inputs_option, written
from rustchain.cli.output import document, say
from rustchain.cli.session import Session
from rustchain.model.failures import FAILED, SUCCESS
from rustchain.model.run import MissionResult


@declare()
@click.argument("run")
@inputs_option()
@click.pass_obj
def command(session: Session, run: str, pairs: tuple[str, ...]) -> int:
    """
    Cancel a run. One that another process drives is asked; one that nobody drives is driven to its end here, for which
    secret inputs are given again with -i.
    """
    secret_inputs = written(pairs)

    async def work(engine: Engine, watch: Watch) -> MissionResult | None:
        result = await cancel(engine, run, secret_inputs, watch)
        if result is None:
            run_id = engine.services.store.find(run)
            say(f"run {run_id} is asked to cancel; the process that drives it sees to it")
            if session.json:
                document({"run_id": run_id, "status": "asked"})
        return result

    code = drive(session, work)
    return SUCCESS.code if code == FAILED.code else code  # cancelled is what it was to be
