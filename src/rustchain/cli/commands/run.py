"""Validate, plan and run a mission."""

from typing import Any, get_args

import click

from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, Loaded, load
from rustchain.app.wiring import Durability
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare, events_option
from rustchain.cli.driving import drive
from rustchain.cli.given import given, given_options, mission_argument
from rustchain.cli.output import say
from rustchain.cli.problems import rendered
from rustchain.cli.session import Session

RISKS = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


@declare()
@mission_argument
@given_options
@click.option("--dry-run", is_flag=True, help="Show the plan and run nothing.")
@click.option("--only", metavar="STEP", default="", help="Run this step and what it needs.")
@click.option("--max-risk", type=click.Choice(RISKS, case_sensitive=False), help="Refuse a higher risk.")
@click.option("--skip-safety", is_flag=True, help="Skip the check of the risk.")
@click.option("--durability", type=click.Choice(get_args(Durability)), help="What of the run survives what.")
@events_option()
@click.pass_obj
def command(session: Session, /, mission: str, dry_run: bool, **options: Any) -> int:
    """Validate, plan and run a mission; `-` reads it from standard input."""
    names = ("pairs", "file", "variables", "workdir")
    outside = given(**{name: options.pop(name) for name in names}, complete=not dry_run)
    catalogue = Catalogue()
    loaded = load(mission, catalogue, outside)
    if dry_run:
        from rustchain.cli.planning import show_plan  # a run shows no plan

        show_plan(session, loaded, catalogue, outside.variables)
        return 0
    return _run(session, loaded, outside, options)


def _run(session: Session, loaded: Loaded, outside: Given, options: dict[str, Any]) -> int:
    if loaded.warnings and not session.quiet:
        say(rendered(loaded.warnings, colour=session.colour))
    durability: Durability = options.pop("durability") or session.configuration.durability
    how = Options(workdir=outside.workdir, variables=outside.variables, durability=durability, **options)
    return drive(session, lambda engine, watch: launch(engine, loaded, how, watch), durability)
