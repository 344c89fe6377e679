"""What git does to the world."""

from collections.abc import Iterable, Mapping
from typing import Any

from rustchain.model.effects import Action, Effect
from rustchain.stepkit import effect

READING = (Action.EXEC, Action.FS_READ)
WRITING = (*READING, Action.FS_WRITE)


def reading(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    """Run git, which reads the repository."""
    return [Effect(Action.EXEC, "git"), effect(Action.FS_READ, parameters.get("path", "."))]


def writing(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    """Run git, which reads the repository and writes to it."""
    return [*reading(parameters), effect(Action.FS_WRITE, parameters.get("path", "."))]
