"""Check the configuration files."""

import click

from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> None:
    """Check the configuration files; exit code 2 where one is wrong."""
    values = session.configuration
    document({"valid": True, "values": values}) if session.json else emit("valid")
