"""Print an example mission."""

import click

from rustchain.app.examples import example, examples
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.paint import table
from rustchain.cli.session import Session


@declare()
@click.argument("name", required=False)
@click.pass_obj
def command(session: Session, name: str | None) -> None:
    """Print an example mission; without a name, list them."""
    if name is not None:
        text = example(name)
        document({"name": name, "text": text}) if session.json else emit(text.rstrip("\n"))
        return
    found = examples()
    document(found) if session.json else emit(table(list(found.items())))
