"""Options that say what a mission is given from outside."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from rustchain.app.loading import Given
from rustchain.cli.command import Decorator
from rustchain.engine.inputs import Written
from rustchain.logic.documents import InvalidDocument, load_document
from rustchain.model.errors import InvalidMission, InvalidUse


def mission_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """The mission file; `-` is standard input."""
    return click.argument("mission")(function)


def inputs_option() -> Decorator:
    """`-i`."""
    help = "An input of the mission; @FILE: the text of a file. May be repeated."
    return click.option("-i", "--input", "pairs", multiple=True, metavar="NAME=VALUE", help=help)


def given_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`-i`, `--inputs`, `--var` and `--workdir`, as the keyword arguments that `given` takes."""
    for option in reversed((
        inputs_option(),
        click.option("--inputs", "file", metavar="FILE", help="Inputs from a YAML or JSON file."),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable of the mission."),
        click.option("--workdir", metavar="FOLDER", default=".", help="The workspace; without it this folder."),
    )):  # fmt: skip
        function = option(function)
    return function


def given(
    *, pairs: Iterable[str], file: str | None, variables: Iterable[str], workdir: str, complete: bool = False
) -> Given:
    """What the options say; a single input overrides one of the file. InvalidUse, InvalidMission where they are wrong."""
    folder = os.path.abspath(workdir)
    if not os.path.isdir(folder):
        raise InvalidUse(f"--workdir: there is no folder {workdir}")
    inputs = {**(_from_file(file) if file else {}), **written(pairs)}
    return Given(inputs=inputs, variables=dict(_pairs(variables, "--var")), workdir=folder, complete=complete)


def written(pairs: Iterable[str]) -> dict[str, Written]:
    """Inputs from `-i`."""
    return {name: Written(_text_of(value)) for name, value in _pairs(pairs, "-i")}


def _pairs(texts: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise InvalidUse(f"{option} {text}: not NAME=VALUE")
        yield name, value


def _text_of(value: str) -> str:
    if not value.startswith("@"):
        return value
    return read_text(value[1:])


def read_text(file: str) -> str:
    """The text of a file that was named on the command line. InvalidUse where it cannot be read."""
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        raise InvalidUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InvalidUse(f"{file} is not UTF-8") from None


def _from_file(file: str) -> dict[str, Any]:
    try:
        value = load_document(read_text(file), file).value
    except InvalidDocument as error:
        raise InvalidMission([error.problem]) from None
    if not isinstance(value, dict):
        raise InvalidUse(f"{file} holds no inputs by name")
    return value
