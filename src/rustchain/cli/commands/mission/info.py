"""Describe a mission: inputs, secrets, steps, outputs."""

from typing import Any

import click
import msgspec

from rustchain.app.loading import load
from rustchain.app.missions import describe_mission
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.given import given, given_options, mission_argument
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@mission_argument
@given_options
@click.pass_obj
def command(session: Session, /, mission: str, **options: Any) -> None:
    """Describe a mission: what it takes, what it does, what it gives."""
    found = describe_mission(load(mission, Catalogue(), given(**options)))
    if session.json:
        document(found)
        return
    for key, value in found.items():
        if not value:
            continue
        if isinstance(value, dict):
            emit(f"{key}:")
            emit("\n".join(f"  {name}: {_text(one)}" for name, one in value.items()))
        else:
            emit(f"{key}: {_text(value)}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
