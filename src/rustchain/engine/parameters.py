"""A step's parameters: spellings, types, and what is wrong with them, before and after rendering."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from rustchain.engine.checks.sentences import PARAMETERS, value_at
from rustchain.engine.checks.shapes import from_msgspec, shape_of
from rustchain.engine.filling import fill
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.errors import StepFailed
from rustchain.model.expression import Template
from rustchain.model.failures import Failure
from rustchain.model.plan import Hole
from rustchain.model.problems import DocumentPath, Problem
from rustchain.stepkit import Role, StepType, roles


class Spelled(NamedTuple):
    """Parameters under their own names; `written` tells how those were written that have another spelling."""

    values: dict[str, Any]
    written: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    def as_written(self, path: DocumentPath) -> DocumentPath:
        """A path with the spelling that the document has."""
        return (self.written.get(str(path[0]), path[0]), *path[1:]) if path else path


@cache
def spellings(model: type[msgspec.Struct]) -> Mapping[str, str]:
    """Other spellings of parameters, and the names they stand for."""
    return {other: name for name, field in roles(model).items() for other in field.also}


@cache
def deferred(model: type[msgspec.Struct]) -> frozenset[str]:
    """The parameters whose expressions the step renders itself."""
    return frozenset(name for name, field in roles(model).items() if field.role is Role.DEFERRED)


def takes_secrets(model: type[msgspec.Struct], path: DocumentPath) -> bool:
    """Whether what stands at a path may be a secret: its parameter, or a field below it, has that role."""
    name, rest = path[0], path[1:]
    field = roles(model).get(str(name))
    if field is None or field.role is Role.SECRET:
        return field is not None
    while rest and isinstance(rest[0], int):
        rest = rest[1:]
    return bool(rest) and any(takes_secrets(inner, rest) for inner in _inner(model, str(name)))


@cache
def _inner(model: type[msgspec.Struct], name: str) -> tuple[type[msgspec.Struct], ...]:
    """The structs that a field's type is made of."""
    hints = dict(zip(model.__struct_encode_fields__, get_type_hints(model).values(), strict=True))
    todo: list[Any] = [hints[name]]
    found: list[type[msgspec.Struct]] = []
    while todo:
        hint = todo.pop()
        todo.extend(get_args(hint))
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            found.append(hint)
    return tuple(found)


@cache
def defaults(model: type[msgspec.Struct]) -> Mapping[str, Any]:
    """The defaults of a model's fields by the name users write; required fields are not in it."""
    found = {}
    for field in msgspec.structs.fields(model):
        if field.default is not msgspec.NODEFAULT:
            found[field.encode_name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            found[field.encode_name] = field.default_factory()
    return found


def spell(model: type[msgspec.Struct], parameters: dict[str, Any]) -> Spelled:
    """The parameters under their own names."""
    others = spellings(model)
    if others.keys().isdisjoint(parameters):
        return Spelled(parameters, {})
    written: dict[str, str] = {}
    problems = []
    for key in parameters:
        name = others.get(key, key)
        if name in written:
            message = f"{key!r} and {written[name]!r} are two spellings of one parameter"
            problems.append(Problem(Code.TWO_SPELLINGS, message, (key,), key=True))
        written[name] = key
    return Spelled({name: parameters[key] for name, key in written.items()}, written, tuple(problems))


def faults(
    model: type[msgspec.Struct],
    values: dict[str, Any],
    holes: Iterable[DocumentPath],
    suggestions: Suggestions,
) -> list[Problem]:
    """What is wrong with parameters, as far as it can be told while there are holes in them."""
    return list(shape_of(model, PARAMETERS).problems(values, holes=holes, suggestions=suggestions))


def typed(step_type: StepType[Any], rendered: dict[str, Any], holes: Iterable[DocumentPath] = ()) -> Any:
    """
    The model of rendered parameters. At the places of `holes` a number or boolean becomes its JSON text where only
    text is taken. Raises StepFailed (invalid_parameters) with every fault.
    """
    model = step_type.parameters
    try:
        return msgspec.convert(rendered, model)
    except msgspec.ValidationError:
        return _retyped(model, rendered, holes)


def _retyped(model: type[msgspec.Struct], rendered: dict[str, Any], holes: Iterable[DocumentPath]) -> Any:
    shape = shape_of(model, PARAMETERS)
    texts = shape.text_places(rendered)
    values = {path: value_at(rendered, path) for path in holes if path in texts}
    as_text = [
        Hole(p, Template((json.dumps(v),))) for p, v in values.items() if isinstance(v, bool | int | float)
    ]
    rendered = fill(rendered, as_text, lambda template: template.source)
    try:
        return msgspec.convert(rendered, model)
    except msgspec.ValidationError as error:
        problems = list(shape.problems(rendered)) or [from_msgspec(error, PARAMETERS)]
        message = "; ".join(p.message for p in problems)
        raise StepFailed(Failure.INVALID_PARAMETERS, message) from None
