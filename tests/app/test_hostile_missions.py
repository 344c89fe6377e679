"""Whatever a mission file holds: a plan, or problems that each have a place; never another error."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.missions import CATALOGUE, shown
from harness.mutations import MISSION, mutated
from rustchain.app.loading import Given, load
from rustchain.engine.checks.unsupported import unsupported
from rustchain.model.errors import InvalidMission
from rustchain.model.problems import Problem

MUTATIONS = int(os.environ.get("RUSTCHAIN_MUTATIONS", "200"))


def problems_of(name: str, text: str) -> list[Problem]:
    try:
        loaded = load(name, CATALOGUE, Given(texts={name: text}))
    except InvalidMission as error:
        return list(error.problems)
    return [*loaded.warnings, *loaded.locate(list(unsupported(loaded.plan)))]


def test_the_mission_that_is_changed_is_right() -> None:
    loaded = load("m.yaml", CATALOGUE, Given(texts={"m.yaml": MISSION}))
    assert len(loaded.plan.steps) == 5


@pytest.mark.parametrize("seed", range(MUTATIONS))
def test_a_changed_mission_is_planned_or_told_with_places(seed: int) -> None:
    name, text = mutated(seed)
    found = problems_of(name, text)
    lines = len(text.splitlines()) + 1
    assert all(p.at is not None and p.at.line <= lines and p.source == name for p in found)
    assert shown(found).count("error[") <= len(found)


@given(st.binary(max_size=200), st.sampled_from(["m.yaml", "m.json"]))
def test_bytes_are_refused_with_a_place(data: bytes, name: str) -> None:
    Path(name).write_bytes(data)
    with pytest.raises(InvalidMission) as caught:
        load(name, CATALOGUE)
    assert all(p.at is not None for p in caught.value.problems)


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("missions"))
        yield
