"""Print the JSON Schema of missions, for editors."""

import click

from rustchain.app.schema import mission_schema, step_schema
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.output import document
from rustchain.cli.step_types import step_type


@declare()
@click.argument("step", required=False)
def command(step: str | None) -> None:
    """Print the JSON Schema of missions, or of one step type's parameters."""
    catalogue = Catalogue()
    document(step_schema(step_type(catalogue, step)) if step else mission_schema(catalogue))
