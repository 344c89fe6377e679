"""Describe a step type."""

import click
import msgspec

from rustchain.app.description import Description, FieldDescription, describe
from rustchain.catalogue import Catalogue
from rustchain.cli.command import declare
from rustchain.cli.output import document, emit
from rustchain.cli.session import Session
from rustchain.cli.step_types import step_type


@declare()
@click.argument("name")
@click.pass_obj
def command(session: Session, name: str) -> None:
    """Describe a step type: parameters, output, effects, an example."""
    found = describe(step_type(Catalogue(), name))
    document(found) if session.json else emit("\n".join(_page(found)))


def _page(found: Description) -> list[str]:
    yes_no = {True: "yes", False: "no", None: "depends on its parameters"}
    return [
        f"{found.name}: {found.summary}",
        *([f"\n{found.text}"] if found.text else []),
        "\nParameters:",
        *(_line(field, *_needs(field)) for field in found.parameters),
        "\nOutput:",
        *(_line(field) for field in found.output),
        f"\nEffects: {', '.join(found.effects) or 'none'}",
        f"May be repeated after a crash: {yes_no[found.idempotent]}",
        f"Can be undone: {'yes' if found.undo else 'no'}",
        *(f"Needs: {need}" for need in found.needs),
        f"\nExample:\n{found.example}",
    ]


def _needs(field: FieldDescription) -> list[str]:
    notes = ["required"] if field.required else []
    if field.default is not None:
        notes.append(f"default {msgspec.json.encode(field.default).decode()}")
    return notes + ([f"also {', '.join(field.also)}"] if field.also else [])


def _line(field: FieldDescription, *notes: str) -> str:
    return f"  {field.name}  ({'; '.join([field.type, *notes])})\n      {field.description}"
