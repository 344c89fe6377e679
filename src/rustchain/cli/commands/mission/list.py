"""List the missions of a folder."""

import click

from rustchain.app.missions import find_missions
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.paint import table
from rustchain.cli.session import Session
from rustchain.logic.counting import counted


@declare()
@click.argument("folder", default=".")
@click.pass_obj
def command(session: Session, folder: str) -> None:
    """List the missions in a folder and in its folder `missions`."""
    found = find_missions(folder)
    if session.json:
        document(found)
    elif found:
        emit(table([(one.file, one.name, counted(one.steps, "step"), one.description) for one in found]))
