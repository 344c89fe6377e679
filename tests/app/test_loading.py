import gc
import io
import os
import sys
from pathlib import Path

import pytest

from harness.missions import CATALOGUE, shown, steps
from rustchain.app.loading import NOTHING, Given, Loaded, load
from rustchain.engine.checks.unsupported import unsupported
from rustchain.model.errors import InvalidMission

ONE = steps("{id: a, step_type: noop}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).write_text(text)


def loaded(text: str, given: Given = NOTHING, name: str = "m.yaml") -> Loaded:
    write(name, text)
    return load(name, CATALOGUE, given)


def refusal(source: str, given: Given = NOTHING) -> str:
    with pytest.raises(InvalidMission) as caught:
        load(source, CATALOGUE, given)
    return shown(caught.value.problems)


def test_a_file_becomes_a_plan() -> None:
    result = loaded(ONE)
    assert [s.id for s in result.plan.steps] == ["a"]
    assert (result.document.text, result.document.source, result.warnings) == (ONE, "m.yaml", ())


def test_json_is_a_mission_too() -> None:
    text = '{"version": "1.0", "name": "x",\n\t"steps": [{"id": "a", "step_type": "noop"}]}'
    assert loaded(text, name="m.json").plan.mission.name == "x"


def test_all_problems_come_at_once_with_their_places() -> None:
    write("m.yaml", steps("{id: a, step_type: nop}", "{id: b, step_type: noop, depends_on: [c]}"))
    text = refusal("m.yaml")
    assert "m.yaml:4:24" in text
    assert "m.yaml:5:43" in text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent.yaml", "no such file"),
        (".", "it is a folder"),
        ("/dev/null", "not a regular file"),
        ("pipe", "not a regular file"),
        ("a\0b", "embedded null"),
    ],
)
def test_what_is_no_file_is_refused_at_once(name: str, why: str) -> None:
    os.mkfifo("pipe")
    text = refusal(name)
    assert text.startswith("error[RC012]")
    assert why in text


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    Path("m.yaml").write_bytes(b"name: caf\xe9\n")
    assert "m.yaml:1:10" in refusal("m.yaml")


def test_a_mission_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ONE.encode())))
    assert load("-", CATALOGUE).document.source == "-"


def test_garbage_is_collected_again_afterwards() -> None:
    loaded(ONE)
    assert gc.isenabled()
    refusal("absent.yaml")
    assert gc.isenabled()
    gc.disable()
    try:
        loaded(ONE)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_inputs_are_checked_against_the_declarations() -> None:
    text = ONE + "inputs: {n: {type: integer}, m: {type: string, default: d}}\n"
    assert loaded(text, Given(inputs={"n": 1})).inputs == {"n": 1, "m": "d"}
    assert loaded(text).inputs == {"m": "d"}
    assert "m.yaml:5:10" in refusal("m.yaml", Given(complete=True))
    assert "takes a whole number, not 'x'" in refusal("m.yaml", Given(inputs={"n": "x"}))
    assert "unknown input 'o'" in refusal("m.yaml", Given(inputs={"o": 1}))


def test_variables_from_outside_are_known() -> None:
    text = steps("{id: a, step_type: noop, parameters: {message: '{{ who }}'}}")
    write("m.yaml", text)
    assert "--var who=" in refusal("m.yaml")
    assert loaded(text, Given(variables={"who": "crew"})).warnings == ()


def test_warnings_are_kept() -> None:
    text = (
        steps("{id: a, step_type: noop, parameters: {message: '{{ who }}'}}") + "config: {undefined: keep}\n"
    )
    assert shown(loaded(text).warnings).startswith("warning[RC302]")


def parent(file: str, inputs: str = "{}") -> str:
    return steps(f"{{id: m, step_type: mission, parameters: {{file: {file}, inputs: {inputs}}}}}")


def test_a_child_is_found_beside_the_file_that_names_it() -> None:
    write("parts/child.yaml", parent("../more/grandchild.yaml"))
    write("more/grandchild.yaml", ONE)
    result = loaded(parent("parts/child.yaml"))
    child = result.plan.steps[0].child
    assert child is not None
    assert child.source == "parts/child.yaml"
    assert sorted(result.documents) == ["m.yaml", "more/grandchild.yaml", "parts/child.yaml"]


def test_a_mission_is_loaded_again_from_texts_alone() -> None:
    write("parts/child.yaml", ONE)
    texts = {name: d.text for name, d in loaded(parent("parts/child.yaml")).documents.items()}
    Path("parts/child.yaml").unlink()
    Path("m.yaml").unlink()
    assert load("m.yaml", CATALOGUE, Given(texts=texts)).plan.steps[0].child is not None


def test_problems_of_a_child_are_told_in_its_own_file() -> None:
    write("parts/child.yaml", steps("{id: a, step_type: nop}") + "inputs: {n: {type: integer}}\n")
    write("m.yaml", parent("parts/child.yaml") + "oops: 1\n")
    text = refusal("m.yaml")
    assert "parts/child.yaml:4:24" in text
    assert "m.yaml:5:1" in text


def test_a_child_that_is_no_document_is_told() -> None:
    write("child.yaml", "a: [")
    write("m.yaml", parent("child.yaml"))
    assert "child.yaml:2:1" in refusal("m.yaml")


def test_an_absent_child_is_told_where_it_is_named() -> None:
    write("m.yaml", parent("absent.yaml"))
    text = refusal("m.yaml")
    assert "error[RC501]: absent.yaml cannot be read: no such file or directory" in text
    assert "m.yaml:4:52" in text


def test_missions_that_contain_one_another_are_told() -> None:
    write("a.yaml", parent("b.yaml"))
    write("b.yaml", parent("./a.yaml"))
    assert "missions contain one another: a.yaml -> b.yaml -> a.yaml" in refusal("a.yaml")
    write("self.yaml", parent("self.yaml"))
    assert "b.yaml:4:52" in refusal("a.yaml")
    assert "self.yaml -> self.yaml" in refusal("self.yaml")


def test_files_nest_sixteen_levels_deep_and_no_more() -> None:
    for level in range(20):
        write(f"{level}.yaml", parent(f"{level + 1}.yaml"))
    write("20.yaml", ONE)
    assert load("4.yaml", CATALOGUE).plan.steps[0].child is not None
    assert "RC503" in refusal("3.yaml")


def test_a_child_named_by_many_steps_is_read_once() -> None:
    write("child.yaml", ONE)
    lines = [f"{{id: m{i}, step_type: mission, parameters: {{file: child.yaml}}}}" for i in range(3)]
    plans = [s.child for s in loaded(steps(*lines)).plan.steps]
    assert plans[0] is plans[1] is plans[2]


def test_later_problems_can_be_located_in_any_of_the_files() -> None:
    write("child.yaml", steps("{id: a, step_type: noop, budget: {usd: 1}}"))
    result = loaded(parent("child.yaml") + "config: {budget: {usd: 2}}\n")
    assert [(p.source, p.at and p.at.line) for p in result.locate(list(unsupported(result.plan)))] == [
        ("m.yaml", 5),
        ("child.yaml", 4),
    ]


def test_an_empty_file_is_told() -> None:
    write("m.yaml", "")
    assert "m.yaml:1:1" in refusal("m.yaml")


def test_a_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustchain.app.loading.MAX_BYTES", 50)
    write("m.yaml", ONE)
    assert "it is larger than" in refusal("m.yaml")
