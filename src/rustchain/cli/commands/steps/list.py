"""List step types."""

import click

from rustchain.catalogue import Catalogue, family, summary
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.paint import table
from rustchain.cli.session import Session
from rustchain.logic.diagnostics import choices
from rustchain.model.errors import InvalidUse


@declare()
@click.option("--family", "wanted", help="Of one family.")
@click.pass_obj
def command(session: Session, wanted: str | None) -> None:
    """List step types with what they do."""
    rows = [{"name": name, "family": family(name), "summary": summary(name)} for name in Catalogue()]
    families = sorted({row["family"] for row in rows})
    if wanted and wanted not in families:
        raise InvalidUse(f"there is no family {wanted!r}", help=choices("families", families, wanted))
    rows = [row for row in rows if wanted in (None, row["family"])]
    if session.json:
        document(rows)
    else:
        emit(table([(row["name"], row["family"], row["summary"]) for row in rows]))
