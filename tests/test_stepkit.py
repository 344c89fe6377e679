"""How a step type is declared, and what is derived from the declaration."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import pytest
from msgspec import Meta

from rustchain.model.effects import Action, Effect
from rustchain.stepkit import (
    UNSET,
    Argv,
    DeletePath,
    Output,
    Parameters,
    Program,
    ReadPath,
    Role,
    SecretText,
    Unknown,
    UnsetType,
    Url,
    WritePath,
    doc,
    effect,
    roles,
    snake_case,
    step,
)


class Login(Parameters):
    """Who one is."""

    password: Annotated[SecretText, doc("A word.")]


class Everything(Parameters, rename={"class_": "class"}):
    """Take everything.

    More words.
    """

    source: Annotated[ReadPath, doc("From where.", also=["from", "src"])]
    target: Annotated[WritePath | UnsetType, doc("To where.")] = UNSET
    old: Annotated[DeletePath | None, doc("What goes.")] = None
    url: Annotated[Url, doc("An address.")] = "http://h/"
    command: Annotated[Program, doc("A program.")] = "true"
    args: Annotated[Argv, doc("Its arguments.")] = []
    headers: Annotated[dict[str, SecretText], doc("Headers.")] = {}
    class_: Annotated[int, doc("A number."), Meta(ge=1)] = 1
    bare: int = 0
    other: Annotated[str, "a word of another tool", doc("A text.")] = ""


class EverythingOutput(Output):
    """What came of it."""

    size: Annotated[int, doc("How much.")] = 0


@step(idempotent=True)
def everything(p: Everything, ctx: object) -> EverythingOutput:
    """Do it."""
    return EverythingOutput(size=p.class_)


def test_a_step_type_is_named_as_its_function_with_the_models_of_its_annotations() -> None:
    assert (everything.name, everything.parameters, everything.output) == (
        "everything",
        Everything,
        EverythingOutput,
    )
    assert everything.doc.startswith("Take everything.")
    assert everything.run(Everything(source="x", class_=3), None).size == 3
    assert (everything.asynchronous, everything.instant, everything.slotless, everything.undo) == (
        False,
        False,
        False,
        None,
    )


def test_a_model_without_words_of_its_own_says_nothing_else() -> None:
    class Silent(Parameters):
        pass

    Silent.__doc__ = None

    def silent(p: Parameters, ctx: object) -> None:
        """Do nothing."""

    silent.__annotations__ = {"p": Silent, "return": type(None)}
    assert step(idempotent=True)(silent).doc == ""


def test_effects_come_from_the_roles_of_the_parameters() -> None:
    given = {
        "source": "a",
        "target": UNSET,
        "old": None,
        "url": Unknown("{{ u }}"),
        "command": "ls",
        "class": 3,
    }
    assert list(everything.effects(given)) == [
        Effect(Action.FS_READ, "a"),
        Effect(Action.NET, "{{ u }}", known=False),
        Effect(Action.EXEC, "ls"),
    ]
    assert everything.actions == {Action.FS_READ, Action.FS_WRITE, Action.FS_DELETE, Action.NET, Action.EXEC}
    assert not everything.reads_only


def test_a_step_type_may_name_its_effects_itself() -> None:
    def effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
        yield effect(Action.DB_READ, parameters["source"])

    def undo(p: Everything, output: Any, ctx: object) -> None:
        """Nothing."""

    async def own(p: Everything, ctx: object) -> dict[str, Any]:
        return {}

    made = step(
        idempotent=lambda p: None, effects=effects, actions=[Action.DB_READ], undo=undo, slotless=True
    )(own)
    assert list(made.effects({"source": 3})) == [Effect(Action.DB_READ, "3")]
    assert (made.actions, made.asynchronous, made.slotless, made.undo) == ({Action.DB_READ}, True, True, undo)


def test_local_reads_alone_need_no_record() -> None:
    class Looks(Parameters):
        """Look."""

        path: Annotated[ReadPath, doc("Where.")]

    def looks(p: Parameters, ctx: object) -> None:
        """Look."""

    looks.__annotations__ = {"p": Looks, "return": type(None)}
    assert step(idempotent=True)(looks).reads_only


def test_fields_are_known_by_the_names_that_users_write() -> None:
    known = roles(Everything)
    assert list(known) == [
        "source",
        "target",
        "old",
        "url",
        "command",
        "args",
        "headers",
        "class",
        "bare",
        "other",
    ]
    assert known["source"] == (Role.READ, ("from", "src"), "From where.")
    assert known["target"].role is Role.WRITE, "also where it may be left out"
    assert known["old"].role is Role.DELETE
    assert known["headers"].role is Role.SECRET, "the values of a mapping have the role"
    assert known["class"] == (None, (), "A number.")
    assert known["bare"] == (None, (), "")
    assert known["other"].description == "A text."


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("CreateFile", "create_file"),
        ("create_file", "create_file"),
        ("HttpGet2", "http_get2"),
        ("Noop", "noop"),
    ],
)
def test_names_in_camel_case_become_snake_case(written: str, name: str) -> None:
    assert snake_case(written) == name
