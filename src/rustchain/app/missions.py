"""Mission files: which there are, and what one says of itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from rustchain.app.loading import Loaded
from rustchain.logic.documents import InvalidDocument, load_document
from rustchain.model.errors import InvalidUse

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MAX_BYTES = 10 << 20
"""Larger files are not looked into for the list."""


class MissionFile(Struct, frozen=True):
    """A file that holds a mission, valid or not."""

    file: str
    name: str
    description: str
    steps: int


def find_missions(folder: str) -> list[MissionFile]:
    """The missions in a folder and in its folder `missions`. InvalidUse where there is no such folder."""
    root = Path(folder)
    if not root.is_dir():
        raise InvalidUse(f"there is no folder {folder}")
    places = [root, root / "missions"]
    files = [f for place in places if place.is_dir() for f in sorted(place.iterdir())]
    return [found for file in files if file.suffix in SUFFIXES for found in _mission(file)]


def _mission(file: Path) -> Iterator[MissionFile]:
    """What a file says of itself where it has the look of a mission."""
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return
        value = load_document(file.read_bytes(), str(file)).value
    except (OSError, InvalidDocument):  # what cannot be read is no mission to choose from
        return
    if isinstance(value, dict) and isinstance(value.get("steps"), list) and "version" in value:
        yield MissionFile(
            str(file), str(value.get("name", "")), str(value.get("description", "")), len(value["steps"])
        )


def describe_mission(loaded: Loaded) -> dict[str, Any]:
    """What a mission takes, does and gives; secrets by the place they are read from."""
    mission, plan = loaded.mission, loaded.plan
    return {
        "name": mission.name,
        "version": mission.version,
        "description": mission.description,
        "inputs": {name: msgspec.to_builtins(spec) for name, spec in mission.inputs.items()},
        "variables": mission.variables,
        "secrets": {name: secret.from_ for name, secret in mission.secrets.items()},
        "env": list(plan.env_names),
        "steps": {step.id: step.type for step in plan.steps[: plan.main]},
        "finally": {step.id: step.type for step in plan.steps[plan.main :]},
        "outputs": list(mission.outputs),
    }
