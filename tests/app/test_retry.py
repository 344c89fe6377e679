"""Retrying a run: a new run, linked to the old one. What it takes over is told in engine/test_inheritance.py."""

from pathlib import Path
from typing import Any

import pytest

from harness.runs import DIES, Place
from rustchain.app.wiring import Engine
from rustchain.model import events as ev
from rustchain.model.errors import InvalidMission, InvalidUse, Refused
from rustchain.model.events import Status
from rustchain.model.run import RunRecord

FAILS = "steps: [{id: a, step_type: command, parameters: {command: test, args: [-e, there]}}]"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def records(place: Place) -> list[RunRecord]:
    async def listed(engine: Engine) -> list[RunRecord]:
        return engine.services.store.runs()

    return place.within(listed)


def test_a_retry_is_a_run_of_its_own_that_names_the_one_before(place: Place) -> None:
    first = place.run(FAILS)
    (place.folder / "there").touch()
    second = place.retry()
    assert second.run_id != first.run_id
    assert {r.run_id: r.parent for r in records(place)} == {first.run_id: "", second.run_id: first.run_id}
    started = next(e for e in place.seen.events if isinstance(e, ev.RunStarted))
    assert (started.parent, started.inherits) == (first.run_id, 0)


def test_what_goes_on_is_resumed_and_not_retried(place: Place) -> None:
    place.dies(
        f"steps: [{{id: a, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )
    with pytest.raises(InvalidUse, match="has not ended") as caught:
        place.retry()
    assert "resume" in (caught.value.help or "")


def test_what_is_completed_is_retried_from_a_step_only(place: Place) -> None:
    (place.folder / "there").touch()
    place.run(FAILS)
    with pytest.raises(InvalidUse, match="nothing to retry"):
        place.retry()
    assert place.retry(from_step="a").status is Status.COMPLETED


def test_the_mission_is_what_it_was_whatever_became_of_its_files(place: Place) -> None:
    (place.folder / "child.yaml").write_text('name: c\nversion: "1.0"\n' + FAILS)
    place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    (place.folder / "child.yaml").unlink()
    (place.folder / "there").touch()
    assert place.retry().status is Status.COMPLETED


def test_inputs_variables_and_workspace_are_taken_over_and_secret_inputs_given_again(place: Place) -> None:
    text = """
inputs: {pin: {type: string, secret: true}, n: {type: integer}}
steps:
  - {id: a, step_type: command, env: {PIN: "{{ inputs.pin }}"}, parameters: {command: sh, args: ["-c", "echo $PIN | grep -q ^right.pin && echo {{ inputs.n }} {{ who }} > said"]}}
"""
    place.run(text, inputs={"pin": "wrong-pin", "n": 3}, variables={"who": "me"})
    with pytest.raises(InvalidMission, match="pin"):
        place.retry()
    assert place.retry(secret_inputs={"pin": "right-pin"}).status is Status.COMPLETED
    assert place.lines("said") == ["3 me"]


def test_a_journal_that_lived_in_memory_is_retried_there(tmp_path: Path) -> None:
    place = Place(tmp_path, "memory")

    async def both(engine: Engine) -> str:
        from rustchain.app.retry import retry

        first = await place.start(engine, FAILS)
        second = await retry(engine, first.run_id)
        return next(r.parent for r in engine.services.store.runs() if r.run_id == second.run_id)

    assert place.within(both) != ""


@pytest.mark.parametrize("allowed", [{"skip_safety": True}, {"max_risk": "CRITICAL"}], ids=str)
def test_a_risk_that_was_allowed_is_allowed_again(place: Place, allowed: dict[str, Any]) -> None:
    risky = "{id: r, step_type: command, parameters: {command: rm, args: ['-rf', /nowhere-at-all]}}"
    text = f"config: {{max_risk: LOW}}\n{FAILS[:-1]}, {risky}]"
    with pytest.raises(Refused):
        place.run(text)
    place.run(text, **allowed)
    (place.folder / "there").touch()
    assert place.retry().status is Status.COMPLETED
    origin = place.read().origin
    assert {"skip_safety": origin.skip_safety, "max_risk": origin.max_risk}.items() >= allowed.items()
