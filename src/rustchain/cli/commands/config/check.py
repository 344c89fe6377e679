"""Check configuration, state folder and journal."""

import os

import click

from rustchain.app.doctor import Finding, check_state
from rustchain.cli.command import declare
from rustchain.cli.findings import show_findings
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> int:
    """Check that the configuration is valid, the state folder can be written, and the journal is healthy."""
    valid = Finding("ok", "configuration", f"durability {session.configuration.durability}")
    return show_findings(session, [valid, *check_state(os.environ)])
