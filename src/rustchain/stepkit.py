"""
The one way to declare a step type.

A step type is one file: a `Parameters` model, an `Output` model and a function decorated with `@step`. The function's
name is the type's name and the file's name. Parameter types carry meaning: from `ReadPath`, `Url`, `Argv` … come
guards, effects and what an expression may hold there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from inspect import iscoroutinefunction
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType

from rustchain.model.effects import LOCAL_READS, Action, Effect

__all__ = [
    "UNSET", "Argv", "Deferred", "DeletePath", "Expr", "Output", "Parameters", "Program", "Prompt", "ReadPath",
    "Requirement", "Role", "SecretText", "Sql", "StepType", "Text", "Unknown", "UnsetType", "Url", "WritePath",
    "doc", "effect", "roles", "snake_case", "step",
]  # fmt: skip


class Parameters(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of every step's parameter model; every field is `Annotated[type, doc("…")]`."""


class Output(Struct, kw_only=True):
    """Base of every step's output model; every field is `Annotated[type, doc("…")]`."""


class Role(StrEnum):
    """What a text among the parameters means to the world."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    URL = "url"
    PROGRAM = "program"
    ARGV = "argv"
    SQL = "sql"
    SECRET = "secret"  # noqa: S105 - a role, not a secret
    PROMPT = "prompt"
    DEFERRED = "deferred"
    EXPRESSION = "expression"


def doc(text: str, *, also: Iterable[str] = ()) -> Meta:
    """Describe a field; `also` names other accepted spellings of it."""
    return Meta(description=text, extra={"also": tuple(also)} if also else None)


def _role(role: Role) -> Meta:
    return Meta(extra={"role": role})


T = TypeVar("T")
Text = str
ReadPath = Annotated[str, _role(Role.READ), Meta(min_length=1)]
WritePath = Annotated[str, _role(Role.WRITE), Meta(min_length=1)]
DeletePath = Annotated[str, _role(Role.DELETE), Meta(min_length=1)]
Url = Annotated[str, _role(Role.URL), Meta(min_length=1)]
Program = Annotated[str, _role(Role.PROGRAM), Meta(min_length=1)]
Argv = Annotated[list[str], _role(Role.ARGV)]
Sql = Annotated[str, _role(Role.SQL)]
SecretText = Annotated[str, _role(Role.SECRET)]
Prompt = Annotated[str, _role(Role.PROMPT)]
Expr = Annotated[str, _role(Role.EXPRESSION)]
"""An expression over the step's own data, written without braces, such as `value > 10`."""
Deferred = Annotated[T, _role(Role.DEFERRED)]
"""Not rendered with the other parameters: the step renders it itself, or it holds steps of its own."""


class Unknown(NamedTuple):
    """Stands for a parameter known only at run time; `source` is its text with the expressions in it."""

    source: str


class Requirement(NamedTuple):
    """Something the machine may lack: an importable `package` of `extra`, or a `program`."""

    package: str = ""
    extra: str = ""
    program: str = ""
    install: str = ""


EffectsOf = Callable[[Mapping[str, Any]], Iterable[Effect]]
"""From parameters by name, `Unknown` where not known yet, to effects."""
Idempotence = bool | Callable[[Mapping[str, Any]], bool | None]
"""Whether an interrupted attempt may be repeated; None: known only at run time."""

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class StepType(Generic[P]):
    """A step type, complete: name, models, function, effects, idempotence, undo, needs."""

    name: str
    parameters: type[P]
    output: Any
    run: Callable[[P, Any], Any]
    idempotent: Idempotence
    effects: EffectsOf
    actions: frozenset[Action]
    """Every action that `effects` can ever name."""
    undo: Callable[[P, Any, Any], Any] | None
    instant: bool
    slotless: bool
    needs: tuple[Requirement, ...]

    @property
    def doc(self) -> str:
        """The parameter model's docstring: what users read."""
        return self.parameters.__doc__ or ""

    @property
    def asynchronous(self) -> bool:
        """Whether the function runs on the event loop; others run in a worker thread, or at once when instant."""
        return iscoroutinefunction(self.run)

    @property
    def reads_only(self) -> bool:
        """Whether it never has an effect beyond local reads."""
        return self.actions <= LOCAL_READS


def step(
    *,
    idempotent: Idempotence,
    effects: EffectsOf | None = None,
    actions: Iterable[Action] = (),
    undo: Callable[[P, Any, Any], Any] | None = None,
    instant: bool = False,
    slotless: bool = False,
    needs: tuple[Requirement, ...] = (),
) -> Callable[[Callable[[P, Any], Any]], StepType[P]]:
    """
    Declare a step type named as the function, with the models of its annotations.

    A plain function runs in a worker thread; with `instant` it is called where it stands (it must be quick and have
    no effect); a coroutine function runs on the event loop. Effects come from the parameters' roles, and from
    `effects`, which must list in `actions` what it can name beyond them.
    """

    def declare(run: Callable[[P, Any], Any]) -> StepType[P]:
        hints = get_type_hints(run)
        model = hints["p"]
        by_role = frozenset(_ACTIONS[f.role] for f in roles(model).values() if f.role in _ACTIONS)
        return StepType(
            name=run.__name__,
            parameters=model,
            output=hints["return"],
            run=run,
            idempotent=idempotent,
            effects=effects or _effects_by_role(model),
            actions=frozenset(actions) if effects else by_role,
            undo=undo,
            instant=instant,
            slotless=slotless,
            needs=needs,
        )

    return declare


def snake_case(name: str) -> str:
    """`CreateFile` as `create_file`; a name already in snake case stays."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Field(NamedTuple):
    """What is known of a field besides its type."""

    role: Role | None
    also: tuple[str, ...]
    description: str


@cache
def roles(model: type[Struct]) -> Mapping[str, Field]:
    """The role, other spellings and description of each field of a model, by the name users write."""
    names = dict(zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True))
    hints = get_type_hints(model, include_extras=True)
    return {written: _field(hints[name]) for name, written in names.items()}


def _field(hint: Any) -> Field:
    metas = list(_metas(hint))
    extras = {k: v for m in reversed(metas) for k, v in (m.extra or {}).items()}
    description = next((m.description for m in metas if m.description), "")
    return Field(extras.get("role"), extras.get("also", ()), description)


def _metas(hint: Any) -> Iterable[Meta]:
    """Metas from the outside in, through unions and containers: `dict[str, SecretText]` has the role of its values."""
    for annotation in reversed(getattr(hint, "__metadata__", ())):
        if isinstance(annotation, Meta):
            yield annotation
    for inner in get_args(hint):
        if not isinstance(inner, Meta):
            yield from _metas(inner)


_ACTIONS = {
    Role.READ: Action.FS_READ,
    Role.WRITE: Action.FS_WRITE,
    Role.DELETE: Action.FS_DELETE,
    Role.URL: Action.NET,
    Role.PROGRAM: Action.EXEC,
}


def _effects_by_role(model: type[Parameters]) -> EffectsOf:
    def effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
        for name, field in roles(model).items():
            value = parameters.get(name, UNSET)
            if field.role in _ACTIONS and value is not UNSET and value is not None:
                yield effect(_ACTIONS[field.role], value)

    return effects


def effect(action: Action, value: Any) -> Effect:
    """An effect on a parameter's value, known or not."""
    if isinstance(value, Unknown):
        return Effect(action, value.source, known=False)
    return Effect(action, str(value))
