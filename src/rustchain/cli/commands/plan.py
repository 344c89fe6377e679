"""Show what a mission would do: order, parameters, effects, risk."""

from typing import Any

import click

from rustchain.app.loading import load
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.given import given, given_options, mission_argument
from rustchain.cli.planning import show_plan
from rustchain.cli.session import Session


@declare()
@mission_argument
@given_options
@click.pass_obj
def command(session: Session, /, mission: str, **options: Any) -> None:
    """Show what a mission would do, in order. Nothing of it is executed; what is not known yet stands as written."""
    outside, catalogue = given(**options), Catalogue()
    show_plan(session, load(mission, catalogue, outside), catalogue, outside.variables)
