"""Say what a problem's code means."""

from difflib import get_close_matches

import click

from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session
from rustchain.model.codes import EXPLANATIONS, Code
from rustchain.model.errors import InvalidUse


@declare()
@click.argument("code")
@click.pass_obj
def command(session: Session, code: str) -> None:
    """Say what the code of a problem means, such as RC104, and what to do about it."""
    wanted = code.upper()
    if wanted not in list(Code):
        near = get_close_matches(wanted, list(Code), n=3, cutoff=0.5)
        raise InvalidUse(f"there is no code {code}", help=f"Codes: {', '.join(near or list(Code))}")
    found = EXPLANATIONS[Code(wanted)]
    if session.json:
        document({"code": wanted, **found._asdict()})
        return
    emit(f"{wanted}: {found.title}\n\n{found.text}\n\nFor example:\n")
    emit("\n".join(f"    {line}" for line in found.example.splitlines()))
