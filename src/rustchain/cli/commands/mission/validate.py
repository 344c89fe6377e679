"""Check missions without running them."""

from typing import Any

import click

from rustchain.app.loading import Given, load
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.given import given, given_options
from rustchain.cli.output import document, emit, say
from rustchain.cli.problems import documents, rendered
from rustchain.cli.session import Session
from rustchain.logic.counting import counted
from rustchain.model.errors import InvalidMission
from rustchain.model.failures import INVALID, SUCCESS
from rustchain.model.problems import Problem


@declare()
@click.argument("files", nargs=-1, required=True)
@given_options
@click.pass_obj
def command(session: Session, /, files: tuple[str, ...], **options: Any) -> int:
    """Check missions without running anything of them, and tell every problem at once."""
    outside, catalogue = given(**options), Catalogue()
    checked = {file: _checked(file, catalogue, outside) for file in files}
    wrong = any(not p.warning for problems in checked.values() for p in problems)
    if session.json:
        document({"valid": not wrong, "files": {file: documents(found) for file, found in checked.items()}})
    for file, problems in checked.items():
        if problems and not session.json:
            say(rendered(problems, colour=session.colour) + "\n")
        if not session.json and not session.quiet:
            emit(f"{file}: {_count(problems)}")
    return (INVALID if wrong else SUCCESS).code


def _checked(file: str, catalogue: Catalogue, outside: Given) -> tuple[Problem, ...]:
    try:
        return load(file, catalogue, outside).warnings
    except InvalidMission as error:
        return error.problems


def _count(problems: tuple[Problem, ...]) -> str:
    errors = sum(not p.warning for p in problems)
    warnings = len(problems) - errors
    told = [counted(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return ("valid" if not errors else "invalid") + (f": {', '.join(told)}" if told else "")
