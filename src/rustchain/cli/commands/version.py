"""Say which version this is."""

import click

from rustchain._version import VERSION
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> None:
    """Say which version this is."""
    document({"version": VERSION}) if session.json else emit(f"rustchain {VERSION}")
