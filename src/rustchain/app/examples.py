"""Missions that come with the package, and the beginning of a project."""

from pathlib import Path

import rustchain
from rustchain.app.configuration import TEMPLATE, write_template
from rustchain.logic.diagnostics import choices
from rustchain.logic.documents import load_document
from rustchain.model.errors import InvalidUse

FOLDER = Path(rustchain.__path__[0], "examples")
FIRST = "hello"
"""The example that a project begins with."""


def examples() -> dict[str, str]:
    """The names of the examples, each with its mission's description."""
    files = sorted(FOLDER.glob("*.yaml"))
    return {f.stem: load_document(f.read_bytes(), f.name).value["description"] for f in files}


def example(name: str) -> str:
    """The text of an example. InvalidUse where there is none of that name."""
    known = examples()
    if name not in known:
        raise InvalidUse(f"there is no example {name!r}", help=choices("examples", list(known), name))
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


def begin_project(folder: str) -> dict[Path, bool]:
    """Write a first mission and a configuration: each file with whether it is new; what is there is left alone."""
    texts = {Path(f"{FIRST}.yaml"): example(FIRST), Path(".rustchain/config.toml"): TEMPLATE}
    return {Path(folder, file): write_template(Path(folder, file), text) for file, text in texts.items()}
