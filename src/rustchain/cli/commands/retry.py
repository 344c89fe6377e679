"""Run again what failed, as a new run linked to the old one."""

from functools import partial

import click

from rustchain.app.retry import retry
from rustchain.cli.command import declare, events_option
from rustchain.cli.driving import drive
from rustchain.cli.given import inputs_option, written
from rustchain.cli.session import Session


@declare()
@click.argument("run")
@click.option(
    "--from", "from_step", metavar="STEP", default="", help="Run this step and what follows it again."
)
@click.option("--items", type=click.Choice(["failed"]), help="Of a foreach, run only failed items again.")
@inputs_option()
@events_option()
@click.pass_obj
def command(session: Session, run: str, from_step: str, items: str | None, pairs: tuple[str, ...]) -> int:
    """Run again what failed, as a new run linked to the old one; what still holds is taken over."""
    again = partial(
        retry,
        name=run,
        from_step=from_step,
        failed_items_only=items == "failed",
        secret_inputs=written(pairs),
    )
    return drive(session, lambda engine, watch: again(engine, watch=watch))
