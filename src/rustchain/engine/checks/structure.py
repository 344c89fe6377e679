"""From a document to a mission: the structure, every fault of it, and a mission to go on checking with all the same."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.checks.sentences import KEYS, shown
from rustchain.engine.checks.shapes import Shape, from_msgspec
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.mission import CONFIG_SPELLINGS, Mission
from rustchain.model.problems import DocumentPath, Problem

MAJOR = 1
"""The major version of the mission format that is understood."""
_MOST = 1000
"""How many faults of the structure are told at once."""
_ROUNDS = 20
"""How many faults are looked for that only msgspec sees: it tells one at a time."""
UNREAD = "?"
"""Stands for a step type that is missing, or no text: told already."""


class Draft(NamedTuple):
    """A mission as far as it can be read; with problems its faulty parts are left out, and it cannot be run."""

    mission: Mission | None
    problems: tuple[Problem, ...] = ()


def read_mission(value: Any) -> Draft:
    """The mission in a document's data, with every fault of its structure."""
    if not isinstance(value, dict):
        message = f"a mission is a mapping with version, name and steps, not {shown(value)}"
        return Draft(None, (Problem(Code.NOT_A_MISSION, message),))
    value, written, problems = _with_usual_spellings(value)
    try:
        mission: Mission | None = msgspec.convert(value, Mission)
    except msgspec.ValidationError:
        faults = list(islice(_faults(value), _MOST))
        mission = _repaired(value, faults)
        problems += [f._replace(path=_as_written(f.path, written)) for f in faults]
    return Draft(mission, (*problems, *_version(value.get("version"))))


def _version(version: Any) -> list[Problem]:
    major = version.partition(".")[0] if isinstance(version, str) else ""
    if not major.isdecimal() or int(major[:9]) == MAJOR:
        return []
    message = f"version {version} of the mission format is not known to this engine"
    return [Problem(Code.VERSION, message, ("version",), help=f'it reads version "{MAJOR}.0"')]


def _with_usual_spellings(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """The document with the usual spellings of config's keys, and how each was written."""
    config = value.get("config")
    if not isinstance(config, dict) or CONFIG_SPELLINGS.keys().isdisjoint(config):
        return value, {}, []
    written: dict[str, str] = {}
    problems = []
    for key in config:
        name = str(CONFIG_SPELLINGS.get(key, key))
        if name in written:
            message = f"{key!r} and {written[name]!r} are two spellings of one key"
            problems.append(Problem(Code.TWO_SPELLINGS, message, ("config", key), key=True))
        written[name] = key
    return {**value, "config": {name: config[key] for name, key in written.items()}}, written, problems


def _as_written(path: DocumentPath, written: Mapping[str, str]) -> DocumentPath:
    if len(path) > 1 and path[0] == "config":
        return ("config", written.get(str(path[1]), path[1]), *path[2:])
    return path


def _faults(value: dict[str, Any]) -> Iterator[Problem]:
    """Faults of the structure, step by step: what one holds of them does not add up."""
    outer, inner = _shapes()
    suggestions = Suggestions()
    yield from outer.problems(value, suggestions=suggestions)
    for graph in ("steps", "finally"):
        steps = value.get(graph)
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            if not inner.is_valid(step):
                yield from inner.problems(step, suggestions=suggestions, at=(graph, index))


@cache
def _shapes() -> tuple[Shape, Shape]:
    """The shape of a mission whose steps may be anything, and that of a step."""
    schema = msgspec.json.schema(Mission)
    definitions = schema["$defs"]
    inner = Shape({"$ref": "#/$defs/MissionStep", "$defs": definitions}, KEYS)
    properties = definitions["Mission"]["properties"]
    steps = {name: {**properties[name], "items": {}} for name in ("steps", "finally")}
    mission = {**definitions["Mission"], "properties": {**properties, **steps}}
    return Shape({**mission, "$defs": definitions}, KEYS), inner


def _repaired(value: Mapping[str, Any], faults: list[Problem]) -> Mission | None:
    """
    The mission without its faulty parts; stand-ins keep what refers to them from failing as well. Faults that only
    msgspec sees are added, as many as can be told apart.
    """
    for _ in range(_ROUNDS):
        try:
            return msgspec.convert(_without(value, faults), Mission)
        except msgspec.ValidationError as error:
            fault = from_msgspec(error, KEYS)
        if len(faults) >= _MOST or any(f.path[: len(fault.path)] == fault.path for f in faults):
            break
        faults.append(fault)
    return None


def _without(value: Mapping[str, Any], faults: list[Problem]) -> dict[str, Any]:
    copy = {k: v.copy() if isinstance(v, dict | list) else v for k, v in value.items()}
    steps: dict[tuple[str, int], list[DocumentPath]] = {}
    for fault in faults:
        match fault.path:
            case (("steps" | "finally") as graph, int(index), *rest):
                steps.setdefault((str(graph), index), []).append(tuple(rest))
            case path:
                _repair(copy, path)
    for (name, index), paths in steps.items():
        copy[name][index] = _repaired_step(copy[name][index], f"_{name}_{index}", paths)
    return copy


def _repair(copy: dict[str, Any], path: DocumentPath) -> None:
    match path:
        case ("inputs", str(name), *_):
            copy["inputs"][name] = {"type": "object"}
        case ("secrets", str(name), *_):
            copy["secrets"][name] = {"from": "env:X"}
        case ("config", str(name), *_):
            copy["config"].pop(name, None)
        case ("version",) | ("name",):
            copy[str(path[0])] = f"{MAJOR}.0"
        case _:
            copy.pop(str(path[0]) if path else "", None)


def _repaired_step(step: Any, id: str, paths: list[DocumentPath]) -> dict[str, Any]:
    stand_ins: dict[str, Any] = {
        "id": id,
        "step_type": UNREAD,
        "foreach": [],
        "repeat": {"until": "true", "max": 1},
    }
    if not isinstance(step, dict):
        return {k: stand_ins[k] for k in ("id", "step_type")}
    faulty = {str(path[0]) for path in paths if path}
    repaired = {k: v for k, v in step.items() if k not in faulty}
    repaired.update((k, v) for k, v in stand_ins.items() if k in faulty)
    if "depends_on" in faulty:
        repaired["depends_on"] = _needs(step["depends_on"], {p[1] for p in paths if len(p) > 1})
    return repaired


def _needs(written: Any, faulty: set[str | int]) -> list[Any]:
    """Dependencies with an empty name for each that is not one; no check looks for an empty name."""
    if isinstance(written, list):
        right = (isinstance(need, str | dict) and i not in faulty for i, need in enumerate(written))
        return [need if fine else "" for need, fine in zip(written, right, strict=True)]
    return [written] if isinstance(written, str) else []
