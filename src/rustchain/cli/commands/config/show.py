"""Show what holds here, and which files say so."""

import os

import click
import msgspec

from rustchain.app.configuration import sources
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@click.pass_obj
def command(session: Session) -> None:
    """Show the configuration that holds in this folder, and the files that it is read from."""
    values = msgspec.to_builtins(session.configuration)
    files = [{"file": str(f), "found": f.is_file()} for f in sources(os.environ, os.getcwd(), session.config)]
    if session.json:
        document({"values": values, "files": files})
        return
    for name, value in values.items():
        emit(f"{name} = {msgspec.json.encode(value).decode()}")
    for one in files:
        emit(f"# {one['file']}: {'read' if one['found'] else 'not there'}")
