"""Say why a step stands as it does."""

import click
import msgspec

from rustchain.app.reading import read, why
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.reading import store
from rustchain.cli.session import Session


@declare()
@click.argument("run")
@click.argument("step")
@click.pass_obj
def command(session: Session, run: str, step: str) -> None:
    """Say why a step of a run succeeded, failed, was skipped, or waits."""
    with store() as journal:
        told = why(read(journal, Catalogue(), run), step)
    if session.json:
        document(told)
        return
    emit(f"{told.path}: {told.status}")
    emit("\n".join(f"  {sentence}" for sentence in told.because))
    for cause in told.causes:
        emit(f"  see: rustchain why {run} {cause}")
    if told.parameters:
        emit(f"  parameters: {msgspec.json.encode(told.parameters).decode()}")
