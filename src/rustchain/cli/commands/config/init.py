"""Write a configuration file with every key, commented out."""

import os

import click

from rustchain.app.configuration import USER_TEMPLATE, sources, write_template
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> None:
    """Write the user's configuration file with every key, commented out; one that is there is left alone."""
    file = sources(os.environ, os.getcwd(), session.config).user
    written = write_template(file, USER_TEMPLATE)
    if session.json:
        document({"file": str(file), "written": written})
    else:
        emit(f"{'wrote' if written else 'left as it is:'} {file}")
