"""A mission's inputs: texts to values, defaults, and whether values are what the mission declares."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.engine.checks.sentences import INPUT
from rustchain.engine.checks.shapes import Shape
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.errors import MissingSecret
from rustchain.model.mission import Input
from rustchain.model.problems import Problem
from rustchain.model.secrecy import SHORTEST_SECRET

_OWN_WORDS = frozenset(["default", "description", "secret", "personal"])
_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "array": list,
    "object": dict,
}


class Written(str):
    """An input given as a text, as on a command line: the declared type says what it stands for."""

    __slots__ = ()


class Checked(NamedTuple):
    """Inputs with defaults filled in, and what is wrong with them; paths lead to the declarations."""

    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()


def parse_input(spec: Input, text: str) -> Any:
    """The value a text stands for by the declared type; the text itself where it stands for none."""
    try:
        if spec.type == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if spec.type == "integer":
            return int(text)
        if spec.type == "number":
            return _number(text)
        if spec.type in ("list", "array", "object"):
            return msgspec.json.decode(text)
    except (ValueError, KeyError, RecursionError):
        return text
    return text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def check_inputs(
    declared: Mapping[str, Input], given: Mapping[str, Any], *, complete: bool = True
) -> Checked:
    """The values of a mission's inputs; with `complete` every input without a default must be given."""
    problems = list(_unknown(declared, given))
    values: dict[str, Any] = {}
    for name, spec in declared.items():
        if name in given:
            value = given[name]
            values[name] = parse_input(spec, str(value)) if isinstance(value, Written) else value
            problems += wrong_input(name, spec, values[name])
        elif spec.default is not msgspec.UNSET:
            values[name] = spec.default
        elif complete and spec.type is not msgspec.UNSET:
            message = f"the input {name!r} is missing"
            help = f"pass it with -i {name}=VALUE"
            problems.append(Problem(Code.MISSING_INPUT, message, ("inputs", name), key=True, help=help))
    return Checked(values, tuple(problems))


def _unknown(declared: Mapping[str, Input], given: Mapping[str, Any]) -> Iterator[Problem]:
    suggestions = Suggestions()
    for name in given.keys() - declared.keys():
        meant = suggestions.closest(name, declared)
        help = f"inputs declared here: {', '.join(declared)}" if declared else "this mission takes no inputs"
        message = f"unknown input {name!r}"
        yield Problem(Code.UNKNOWN_INPUT, message, ("inputs",), key=True, suggestion=meant, help=help)


def wrong_input(name: str, spec: Input, value: Any) -> list[Problem]:
    """What is wrong with an input's value; values that are secret or personal are not shown."""
    schema = _schema(spec)
    if schema.keys() == {"type"} and _plainly(spec.type, value):
        return []
    words = INPUT._replace(whole=f"the input {name!r}")
    path = ("inputs", name)
    faults = [p._replace(path=path) for p in Shape(schema, words).problems(value)]
    if faults and (spec.secret or spec.personal):
        return [Problem(Code.WRONG_INPUT, f"the input {name!r} is not what the mission declares", path)]
    return faults


def secret_texts(declared: Mapping[str, Input], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """
    What must be masked of the inputs that are secret, as `inputs.NAME` and text: values, and what lists and objects hold.

    MissingSecret where a value is too short to be masked; an empty one is none.
    """
    for name, spec in declared.items():
        value = values.get(name) if spec.secret else None
        whole = as_text(value)
        if value not in (None, "") and not isinstance(value, list | dict) and not _maskable(whole):
            raise MissingSecret(
                f"the secret input {name!r} is shorter than {SHORTEST_SECRET} bytes",
                help="so short a value cannot be masked in logs: choose a longer one",
            )
        yield from ((f"inputs.{name}", text) for text in (whole, *_leaves(value)) if _maskable(text))


def as_text(value: Any) -> str:
    """A text itself, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _maskable(text: str) -> bool:
    return len(text.encode(errors="surrogateescape")) >= SHORTEST_SECRET


def _leaves(value: Any) -> Iterator[str]:
    """The texts and numbers in lists and objects."""
    if isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part) if isinstance(part, list | dict) else (as_text(part),)


def check_declarations(declared: Mapping[str, Input]) -> Iterator[Problem]:
    """Schemas that are none, and defaults that contradict them."""
    for name, spec in declared.items():
        schema = _schema(spec)
        if schema.keys() != {"type"} and (wrong := Shape(schema, INPUT).check_schema()):
            message = f"the schema of the input {name!r} is not valid: {wrong}"
            yield Problem(Code.INPUT_DECLARATION, message, ("inputs", name))
        elif spec.default is not msgspec.UNSET:
            for fault in wrong_input(name, spec, spec.default):
                message = f"the default does not fit: {fault.message}"
                yield fault._replace(
                    code=Code.INPUT_DECLARATION, message=message, path=("inputs", name, "default")
                )


def _schema(spec: Input) -> dict[str, Any]:
    """The JSON Schema of an input."""
    words = {k: v for k, v in msgspec.to_builtins(spec).items() if k not in _OWN_WORDS and v != ""}
    return {**words, "type": "array"} if words.get("type") == "list" else words


def _plainly(type: Any, value: Any) -> bool:
    """Whether a value is of a type, by a look at its own; a boolean is no number."""
    return isinstance(value, _PLAIN[type]) and (type == "boolean" or not isinstance(value, bool))
