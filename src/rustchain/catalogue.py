"""Finds step types, built in and plugged in, and imports them only when asked for."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from rustchain import steps
from rustchain.model.errors import InvalidUse
from rustchain.stepkit import StepType

ENTRY_POINTS = "rustchain.steps"
"""The entry point group by which installed packages add step types."""


class Catalogue(Mapping[str, StepType[Any]]):
    """Step types by name. Names come from file names; a module is imported when its type is first asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, StepType[Any]] = {}

    def __getitem__(self, name: str) -> StepType[Any]:
        try:
            return self._loaded[name]
        except KeyError:
            self._loaded[name] = found = _load(name)
            return found

    def __contains__(self, name: object) -> bool:
        return name in built_in() or name in plugged_in()

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*built_in(), *plugged_in()})

    def __len__(self) -> int:
        return len({*built_in(), *plugged_in()})


@cache
def built_in() -> Mapping[str, str]:
    """Name to family of the step types in this package, from file names alone."""
    root = Path(steps.__path__[0])
    files = (f for f in sorted(root.glob("*/*.py")) if not f.name.startswith("_"))
    return {f.stem: f.parent.name for f in files}


@cache
def plugged_in() -> Mapping[str, Any]:
    """Entry points by name; read only for names that are not built in, and for lists."""
    from importlib.metadata import entry_points  # costs 30 ms, and most missions name built-in types only

    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def family(name: str) -> str:
    """The family of a step type: its folder, or `plugged in`."""
    return built_in().get(name, "plugged in")


def summary(name: str) -> str:
    """The first line of a built-in type's user documentation, read as syntax: nothing is imported."""
    source = Path(steps.__path__[0], built_in()[name], f"{name}.py").read_text("utf-8")
    models = (n for n in ast.parse(source).body if isinstance(n, ast.ClassDef))
    docs = (ast.get_docstring(n) for n in models if n.name.lower() == name.replace("_", ""))
    return next((d.partition("\n")[0] for d in docs if d), "")


def _load(name: str) -> StepType[Any]:
    if (home := built_in().get(name)) is not None:
        found = getattr(import_module(f"{steps.__name__}.{home}.{name}"), name)
    elif (point := plugged_in().get(name)) is not None:
        found = point.load()
    else:
        raise KeyError(name)
    if not isinstance(found, StepType) or found.name != name:
        raise InvalidUse(f"{name!r} is registered as a step type but does not declare one of that name")
    return found
