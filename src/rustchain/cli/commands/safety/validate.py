"""Judge the risk of a mission."""

from typing import Any

import click

from rustchain.app.loading import load
from rustchain.app.risk import judge
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.given import given, given_options, mission_argument
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session
from rustchain.model.failures import REFUSED, SUCCESS


@declare()
@mission_argument
@given_options
@click.option("--strict", is_flag=True, help="Allow one level less.")
@click.pass_obj
def command(session: Session, /, mission: str, strict: bool, **options: Any) -> int:
    """Judge the risk of a mission; exit code 3 where it is above the mission's `max_risk` (without one: HIGH)."""
    verdict = judge(load(mission, Catalogue(), given(**options)).plan, strict=strict)
    if session.json:
        document(verdict)
    else:
        for one in verdict.findings:
            emit(
                f"{one['severity']:8}  {one['step']}: {one['message']} ({one['rule']})\n = help: {one['fix']}"
            )
        emit(f"{verdict.level} (score {verdict.score}); allowed: {verdict.allowed}")
    return (SUCCESS if verdict.within else REFUSED).code
