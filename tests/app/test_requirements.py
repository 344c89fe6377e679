"""What a mission needs and the machine lacks is told before it runs."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.missions import CATALOGUE, plan_of, shown, steps
from rustchain.app.facade import plan_mission
from rustchain.app.loading import Given, load
from rustchain.app.requirements import is_there, missing, needed
from rustchain.catalogue import Catalogue
from rustchain.model.plan import Plan
from rustchain.stepkit import Requirement

XML = Requirement(package="no_such_package_here", extra="xml")
TOOL = Requirement(program="no-such-program-here", install="apt install it")
HERE = (Requirement(package="msgspec"), Requirement(program="sh"))
NEEDY = {
    **CATALOGUE,
    "hook": replace(CATALOGUE["hook"], needs=(XML, *HERE, TOOL)),
    "noop": replace(CATALOGUE["noop"], needs=HERE),
}
HOOK = "step_type: hook, parameters: {target: x}"


def plan(*lines: str) -> Plan:
    return plan_of(steps(*lines), catalogue=NEEDY)


def test_what_is_missing_is_told_once_at_the_first_step_that_needs_it() -> None:
    found = missing(plan("{id: a, step_type: noop}", f"{{id: b, {HOOK}}}", f"{{id: c, {HOOK}}}"), NEEDY)
    assert [p.message for p in found] == [
        "hook lacks the package no_such_package_here: pip install 'rustchain[xml]'",
        "hook lacks the program no-such-program-here: apt install it",
    ]
    assert {(p.path, p.warning) for p in found} == {(("steps", 1, "step_type"), True)}


def test_types_that_are_not_used_need_nothing() -> None:
    assert missing(plan("{id: a, step_type: noop}"), NEEDY) == []


def test_steps_of_a_child_and_of_finally_need_too() -> None:
    inline = f"{{id: m, step_type: mission, parameters: {{steps: [{{id: a, step_type: noop}}, {{id: b, {HOOK}}}]}}}}"
    assert missing(plan(inline), NEEDY)[0].path == ("steps", 0, "parameters", "steps", 1, "step_type")
    tidy = plan_of(steps("{id: a, step_type: noop}") + f"finally: [{{id: z, {HOOK}}}]\n", catalogue=NEEDY)
    assert missing(tidy, NEEDY)[0].path == ("finally", 0, "step_type")


def test_a_warning_shows_the_place_in_the_childs_file_and_stays_out_of_the_plan() -> None:
    child = "{id: m, step_type: mission, parameters: {file: child.yaml}}"
    loaded = load(
        "m.yaml", NEEDY, Given(texts={"m.yaml": steps(child), "child.yaml": steps(f"{{id: b, {HOOK}}}")})
    )
    assert shown(loaded.warnings).startswith("warning[RC602]: hook lacks the package no_such_package_here")
    assert [(p.source, p.at and p.at[:2]) for p in loaded.warnings] == [("child.yaml", (4, 24))] * 2
    assert loaded.plan.warnings == ()


def test_a_child_that_many_missions_name_is_looked_at_once() -> None:
    texts = {"12.yaml": steps("{id: a, step_type: noop}")}
    for level in range(12):
        child = f"step_type: mission, parameters: {{file: {level + 1}.yaml}}"
        texts[f"{level}.yaml"] = steps(*(f"{{id: m{i}, {child}}}" for i in range(8)))
    assert load("0.yaml", NEEDY, Given(texts=texts)).warnings == ()


def test_the_library_tells_it_with_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustchain.app.requirements.find_spec", lambda name: None)
    (tmp_path / "m.yaml").write_text(
        steps("{id: a, step_type: parse_xml, parameters: {content: <a/>, xpath: /a}}")
    )
    assert plan_mission(tmp_path / "m.yaml").warnings == (
        "parse_xml lacks the package lxml: pip install 'rustchain[xml]'",
    )


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "explosive").mkdir()
    (tmp_path / "explosive/__init__.py").write_text("raise SystemExit")
    assert is_there(Requirement(package="explosive"))
    assert is_there(Requirement(package="explosive.part"))
    assert not is_there(Requirement(package="no_such_package_here.part"))
    assert "explosive" not in sys.modules


def test_a_need_without_a_known_way_to_get_it_is_named() -> None:
    assert needed(Requirement(program="make")) == "the program make"
    assert needed(Requirement(package="part")) == "the package part"


def test_every_built_in_need_says_how_to_get_it() -> None:
    needs = [need for step_type in Catalogue().values() for need in step_type.needs]
    assert needs
    assert all(": " in needed(need) for need in needs)
