"""What an expression may call: a Python function whose annotations say what it takes."""

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.values import kind

Many = list[Any] | str | dict[str, Any]
"""What has items: a list, a text (its characters), an object (its names)."""

_EXPECTED = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class Function(NamedTuple):
    """A filter, test or function. With `scoped` its first argument is the evaluation it is called in."""

    name: str
    call: Callable[..., Any]
    signature: Signature
    scoped: bool = False

    @property
    def doc(self) -> str:
        """What it gives, in a line."""
        return (self.call.__doc__ or "").strip()

    def accepts(self, parameter: str) -> tuple[type, ...]:
        """The kinds of value that a parameter takes."""
        annotation = self.signature.parameters[parameter].annotation
        if annotation is Any:
            return (object,)
        members = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        kinds = tuple(get_origin(m) or m for m in members)
        return (*kinds, int) if float in kinds else kinds

    def takes(self, count: int, names: tuple[str, ...]) -> list[str]:
        """The parameters that so many arguments, and others by name, go to. TypeError where they do not fit."""
        self.signature.bind(*range(count), **dict.fromkeys(names))
        ordered = [p for p in self.signature.parameters.values() if p.kind is not Parameter.KEYWORD_ONLY]
        rest = ordered[-1:] * count
        parameters = self.signature.parameters
        spare = next((p.name for p in parameters.values() if p.kind is Parameter.VAR_KEYWORD), "")
        return [p.name for p in (ordered + rest)[:count]] + [n if n in parameters else spare for n in names]

    def usage(self) -> str:
        """How it is written."""
        shown = [p.replace(annotation=Parameter.empty) for p in self.signature.parameters.values()]
        return f"{self.name}{Signature(shown)}"


def check(function: Function, parameter: str, accepted: tuple[type, ...], value: Any) -> None:
    """Raise EvaluationFailed where a value is not of a kind that the parameter takes."""
    if not isinstance(value, accepted):
        wanted = " or ".join(_EXPECTED[a] for a in accepted if a is not float or int not in accepted)
        raise EvaluationFailed(f"`{function.name}` takes {wanted} as {parameter!r}, not {kind(value)}")


def table(*calls: Callable[..., Any], scoped: bool = False) -> Mapping[str, Function]:
    """Functions by name; a trailing underscore keeps a name apart from Python's own."""
    return {
        name: _function(name, call, scoped=scoped) for call in calls for name in [call.__name__.rstrip("_")]
    }


def alias(functions: Mapping[str, Function], **others: str) -> Mapping[str, Function]:
    """The same functions, some of them by a second name too."""
    return {**functions, **{new: functions[old]._replace(name=new) for new, old in others.items()}}


def _function(name: str, call: Callable[..., Any], *, scoped: bool) -> Function:
    found = signature(call)
    parameters = list(found.parameters.values())
    return Function(name, call, found.replace(parameters=parameters[scoped:]), scoped)
