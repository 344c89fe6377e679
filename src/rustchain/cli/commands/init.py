"""Begin a project: a small mission and a configuration folder."""

import click

from rustchain.app.examples import begin_project
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit, say
from rustchain.cli.session import Session


@declare()
@click.argument("folder", default=".")
@click.pass_obj
def command(session: Session, folder: str) -> None:
    """Begin a project in a folder: a small mission and `.rustchain/`. What is there is left alone."""
    written = begin_project(folder)
    if session.json:
        document({str(file): new for file, new in written.items()})
        return
    for file, new in written.items():
        emit(f"{'wrote' if new else 'left as it is:'} {file}")
    say(" = next: rustchain run hello.yaml")
