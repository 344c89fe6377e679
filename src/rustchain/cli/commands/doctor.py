"""Show what of this machine the steps can use."""

import os

import click

from rustchain.app.doctor import examine
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.findings import show_findings
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> int:
    """Show what of this machine the steps can use, with the install line for what is missing."""
    return show_findings(session, examine(os.environ, Catalogue()))
