"""Rules that every step type keeps, those not yet written as well."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from harness.examples import example_of, example_world, run_whole
from harness.steps import ran, typed
from rustchain import catalogue, steps
from rustchain.catalogue import Catalogue
from rustchain.stepkit import Field, StepType, Unknown, roles

CATALOGUE = Catalogue()
TELLING = {"path", "file", "folder", "dir", "directory", "source", "destination", "url", "command", "sql"}
"""Words in a parameter's name that say what its text means to the world; `query` does beside a `connection`."""


@pytest.fixture(params=list(CATALOGUE))
def step_type(request: pytest.FixtureRequest) -> StepType[Any]:
    return CATALOGUE[request.param]


def structs(model: Any) -> Iterator[type[msgspec.Struct]]:
    """A model and the models of its fields, through unions and containers."""
    if isinstance(model, type) and issubclass(model, msgspec.Struct):
        yield model
        for hint in get_type_hints(model, include_extras=True).values():
            yield from structs(hint)
    for inner in get_args(model):
        yield from structs(inner)


def test_a_file_declares_one_type_of_its_own_name(step_type: StepType[Any]) -> None:
    name = step_type.name
    module = import_module(f"{steps.__name__}.{catalogue.family(name)}.{name}")
    assert {key: value for key, value in vars(module).items() if isinstance(value, StepType)} == {
        name: step_type
    }


def test_models_are_named_after_the_type(step_type: StepType[Any]) -> None:
    camel = step_type.name.title().replace("_", "")
    assert step_type.parameters.__name__ == camel
    if isinstance(step_type.output, type) and issubclass(step_type.output, msgspec.Struct):
        assert step_type.output.__name__ == f"{camel}Output"


def test_every_field_is_described(step_type: StepType[Any]) -> None:
    models = [*structs(step_type.parameters), *structs(step_type.output)]
    silent = [f"{m.__name__}.{name}" for m in models for name, f in roles(m).items() if not f.description]
    assert silent == []


def test_the_documentation_begins_with_one_sentence(step_type: StepType[Any]) -> None:
    first = step_type.doc.strip().partition("\n")[0]
    assert re.fullmatch(r"[A-Z`].*[a-z`)]\.", first), first
    assert ". " not in first
    assert catalogue.summary(step_type.name) == first


def test_what_a_text_means_to_the_world_is_declared(step_type: StepType[Any]) -> None:
    telling = TELLING | ({"query"} if "connection" in roles(step_type.parameters) else set())
    bare = [
        f"{model.__name__}.{name}"
        for model in structs(step_type.parameters)
        for name, field in roles(model).items()
        if telling & set(name.split("_")) and field.role is None and _is_text(model, name)
    ]
    assert bare == [], "give it a role of stepkit: ReadPath, WritePath, Url, Program, Expr …"


def _is_text(model: type[msgspec.Struct], written: str) -> bool:
    names = dict(zip(model.__struct_encode_fields__, model.__struct_fields__, strict=True))
    hint = get_type_hints(model)[names[written]]
    return hint is str or str in get_args(hint)


def test_effects_are_of_declared_actions_whatever_is_known(step_type: StepType[Any]) -> None:
    known = example_of(step_type).step["parameters"]
    unknown = {name: Unknown(f"{{{{ {name} }}}}") for name in roles(step_type.parameters)}
    for parameters in (known, unknown, {**known, **unknown}):
        effects = list(step_type.effects(parameters))
        assert {effect.action for effect in effects} <= step_type.actions
    assert all(not effect.known or effect.target for effect in effects)


def test_whether_it_may_be_repeated_is_said_whatever_is_known(step_type: StepType[Any]) -> None:
    known = example_of(step_type).step["parameters"]
    unknown = {name: Unknown(f"{{{{ {name} }}}}") for name in roles(step_type.parameters)}
    answers = step_type.idempotent
    if callable(answers):
        assert answers(known) in {True, False}
        assert answers(unknown) in {True, False, None}


def test_an_instant_type_has_no_effects_and_does_not_wait(step_type: StepType[Any]) -> None:
    if step_type.instant:
        assert step_type.reads_only
        assert not step_type.asynchronous


def test_the_example_runs_and_its_output_is_json(step_type: StepType[Any], tmp_path: Path) -> None:
    example = example_of(step_type)
    assert set(example.step) <= {"id", "step_type", "parameters"}
    assert example.step["step_type"] == step_type.name
    with example_world(example, tmp_path) as parameters:
        try:
            output = ran(step_type.name, parameters, tmp_path).output
        except NotImplementedError:  # it needs more of a run than one step has
            output = run_whole(example, tmp_path)
    assert msgspec.json.decode(msgspec.json.encode(output)) == msgspec.to_builtins(output)
    msgspec.convert(msgspec.to_builtins(output), step_type.output)


def test_an_undo_of_the_example_puts_files_back(step_type: StepType[Any], tmp_path: Path) -> None:
    if step_type.undo is None:
        return
    example = example_of(step_type)
    example.prepare(tmp_path)
    before = _contents(tmp_path)
    done = ran(step_type.name, example.step["parameters"], tmp_path)
    assert _contents(tmp_path) != before
    done.undo()
    assert _contents(tmp_path) == before


def _contents(folder: Path) -> dict[Path, bytes]:
    """What an undo answers for: not our own state, and of git's that which names commits."""
    found = {f.relative_to(folder): f for f in folder.rglob("*") if f.is_file()}
    return {name: f.read_bytes() for name, f in found.items() if _answered_for(name.parts)}


def _answered_for(parts: tuple[str, ...]) -> bool:
    return parts[0] != ".rustchain" and (parts[0] != ".git" or parts[1] in {"HEAD", "refs"})


def test_a_parameter_that_does_not_exist_is_refused(step_type: StepType[Any]) -> None:
    parameters = {**example_of(step_type).step["parameters"], "no_such_parameter": 1}
    with pytest.raises(msgspec.ValidationError, match="no_such_parameter"):
        typed(step_type, parameters)


def test_other_spellings_are_no_parameters_themselves(step_type: StepType[Any]) -> None:
    fields: dict[str, Field] = dict(roles(step_type.parameters))
    others = [other for field in fields.values() for other in field.also]
    assert len(set(others)) == len(others)
    assert not fields.keys() & set(others)
