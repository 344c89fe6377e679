"""What is looked at before a run begins, and what of its beginning is kept."""

import getpass
import os
from pathlib import Path

import pytest

from harness.runs import Place
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import INLINE
from rustchain.model import events as ev
from rustchain.model.errors import Refused
from rustchain.model.events import Status
from rustchain.model.run import RunRecord

DANGEROUS = (
    "steps: [{id: a, step_type: command, parameters: {command: rm, args: ['-rf', '/nowhere-at-all']}}]"
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def records(place: Place) -> list[RunRecord]:
    async def listed(engine: Engine) -> list[RunRecord]:
        return engine.services.store.runs()

    return place.within(listed)


def test_a_risk_above_high_is_refused_unless_it_is_allowed(place: Place) -> None:
    text = "steps: [{id: a, step_type: command, parameters: {command: rm, args: ['-rf', '/']}}]"
    with pytest.raises(Refused, match=r"risk is CRITICAL, above HIGH: .* in a: ") as caught:
        place.run(text)
    assert caught.value.help == "--max-risk or --skip-safety"
    assert records(place) == []


@pytest.mark.parametrize(("config", "given", "refused"), [
    ("LOW", None, True), ("LOW", "CRITICAL", False), ("CRITICAL", "LOW", True), ("CRITICAL", None, False),
])  # fmt: skip
def test_what_is_given_goes_before_what_the_mission_says(
    place: Place, config: str, given: str | None, refused: bool
) -> None:
    text = f"config: {{max_risk: {config}}}\n{DANGEROUS}"
    if refused:
        with pytest.raises(Refused, match="risk"):
            place.run(text, max_risk=given)
    else:
        assert place.run(text, max_risk=given).status is Status.COMPLETED


def test_the_risk_may_be_left_unjudged_and_the_journal_says_so(place: Place) -> None:
    result = place.run(f"config: {{max_risk: LOW}}\n{DANGEROUS}", skip_safety=True)
    assert result.status is Status.COMPLETED
    assert place.read().origin.skip_safety


def test_what_is_asked_for_and_not_there_is_refused_with_its_place(place: Place) -> None:
    with pytest.raises(Refused, match=r"m\.yaml:3: .*budget") as caught:
        place.run("config: {budget: {usd: 1}}\nsteps: [{id: a, step_type: noop, sandbox: {require: strong}}]")
    assert len(caught.value.message.splitlines()) == 2
    assert records(place) == []


def test_the_beginning_is_kept_with_all_that_it_takes_to_plan_it_again(place: Place) -> None:
    (place.folder / "child.yaml").write_text('name: c\nversion: "1.0"\nsteps: [{id: x, step_type: noop}]')
    place.run(
        "inputs: {n: {type: integer}}\nsteps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]",
        inputs={"n": 3},
        variables={"v": [1]},
    )
    origin = place.read().origin
    assert origin.source == str(place.folder / "m.yaml")
    assert list(origin.files) == [str(place.folder / "child.yaml")]
    assert (origin.inputs, origin.variables, origin.workdir) == ({"n": 3}, {"v": [1]}, str(place.folder))
    assert (origin.actor, origin.durability, origin.only) == (getpass.getuser(), "normal", "")
    assert list(origin.types) == ["mission", "noop"]


def test_a_user_without_a_name_is_known_by_number(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    place.run("steps: [{id: a, step_type: noop}]")
    assert place.read().origin.actor == str(os.getuid())


def test_a_large_mission_is_a_blob_and_runs_are_read_from_it(place: Place) -> None:
    padding = "# " + "x" * INLINE + "\n"
    place.run(
        padding + "steps: [{id: a, step_type: command, parameters: {command: test, args: [-e, there]}}]"
    )
    run = place.read()
    assert set(run.origin.blobs) == {"text"}
    assert run.origin.text.endswith("there]}}]")
    (place.folder / "there").touch()
    assert place.retry().status is Status.COMPLETED


def test_a_mission_that_does_not_say_runs_as_many_steps_at_once_as_the_engine_allows(place: Place) -> None:
    place.run("steps: [{id: a, step_type: noop}]")
    place.run("config: {max_concurrent_steps: 3}\nsteps: [{id: a, step_type: noop}]")
    slots = [e.slots for e in place.seen.events if isinstance(e, ev.RunStarted)]
    assert slots == [(os.cpu_count() or 1) + 4, 3]
