"""Draw a mission's graph as mermaid or dot."""

from typing import Any

import click

from rustchain.app.loading import load
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.drawing import dot, graph_of, mermaid
from rustchain.cli.given import given, given_options, mission_argument
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session


@declare()
@mission_argument
@click.option("--format", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
@given_options
@click.pass_obj
def command(session: Session, /, mission: str, format: str, **options: Any) -> None:
    """Draw a mission's graph as text: mermaid, or dot of Graphviz."""
    graph = graph_of(load(mission, Catalogue(), given(**options)).plan)
    if session.json:
        document(graph)
    else:
        emit(dot(graph) if format == "dot" else mermaid(graph))
