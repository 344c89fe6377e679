"""The result document."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.machines import World, err, ok, plan, planned
from harness.runs import DIES, Place
from rustchain.engine.history import History
from rustchain.engine.results import PREVIEW, Reading, exit_of, result
from rustchain.model import events as ev
from rustchain.model.events import Status
from rustchain.model.failures import NATURE, Failure
from rustchain.model.run import MissionResult


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(world: World) -> MissionResult:
    """The result of a run whose events have no payloads."""
    history = History()
    for event, at in world.story:
        history.add(event, at, None)
    return result(Reading("r", world.machine, history, world.now, lambda digest: b""), risk={})


def test_a_result_has_the_form_of_the_specification(place: Place) -> None:
    document = json.loads(msgspec.json.encode(place.run("steps: [{id: a, step_type: noop}]")))
    assert list(document) == [
        "run_id", "mission", "status", "timestamp", "total_duration_ms", "outputs", "step_results", "warnings", "risk",
        "cost", "waiting_for", "exit_code",
    ]  # fmt: skip
    step = document["step_results"]["a"]
    assert list(step) == [
        "step_id", "status", "output", "error", "error_kind", "error_detail", "duration_ms", "attempts", "started_at",
        "resources", "items",
    ]  # fmt: skip
    assert (step["step_id"], step["status"], step["attempts"], step["items"]) == ("a", "Success", 1, None)
    assert document["timestamp"] <= step["started_at"]
    assert document["cost"] == {"usd": None, "tokens": 0}


def test_resources_of_programs_are_told(place: Place) -> None:
    found = place.run("steps: [{id: a, step_type: command, parameters: {command: 'true'}}]")
    assert found.step_results["a"].resources["max_rss_kb"] > 0


def test_a_failed_step_keeps_its_output_and_tells_the_detail(place: Place) -> None:
    found = place.run(
        "steps: [{id: a, step_type: command, parameters: {command: sh, args: ['-c', 'echo said; exit 3']}}]"
    )
    step = found.step_results["a"]
    assert (step.error_kind, step.output["stdout"], step.output["exit_code"]) == ("exit_code", "said\n", 3)


def test_a_large_output_is_named_in_the_stored_result_and_whole_for_the_library(place: Place) -> None:
    (place.folder / "big.txt").write_text("x" * 100_000)
    whole = place.run("steps: [{id: read, step_type: read_file, parameters: {path: big.txt}}]")
    assert len(whole.step_results["read"].output["content"]) == 100_000
    run = place.read()
    machine, history = run.replayed.machine, run.replayed.history
    reading = Reading(run.run_id, machine, history, 0, lambda digest: b"y" * 600, whole=False)
    stored = result(reading, risk={}).step_results["read"].output
    assert (set(stored), stored["preview"]) == ({"blob", "size", "preview"}, "y" * PREVIEW)
    assert stored["size"] > 100_000


def test_a_large_output_of_a_failed_step_is_shown_by_its_beginning(place: Place) -> None:
    whole = place.run(
        "steps: [{id: a, step_type: command, parameters: {command: sh, args: ['-c', 'head -c 70000 /dev/zero | tr \\\\0 x; exit 1']}}]"
    )
    assert len(whole.step_results["a"].output["stdout"]) == 70000
    run = place.read()
    reading = Reading(run.run_id, run.replayed.machine, run.replayed.history, 0, lambda digest: b"")
    shown = result(reading, risk={}).step_results["a"].output
    assert list(shown) == ["size", "preview"]
    assert (shown["size"] > 70000, len(shown["preview"])) == (True, PREVIEW)


def test_of_a_foreach_every_item_is_told(place: Place) -> None:
    found = place.run("""
config: {fail_fast: false}
steps:
  - {id: each, step_type: parse_json, foreach: ["1", "{", "3", "4"], max_parallel: 1, parameters: {content: "{{ item }}"}}
""")
    each = found.step_results["each"]
    assert [(i["item"], i["index"], i["status"]) for i in each.items or []] == [
        ("1", 0, "Success"), ("{", 1, "Failed"), ("3", 2, "Skipped"), ("4", 3, "Skipped"),
    ]  # fmt: skip
    assert (each.status, each.attempts, each.error_kind) == ("Failed", 2, "invalid_data")
    assert [o and o["parsed"] for o in each.output] == [1, None, None, None]
    assert each.started_at is not None


def test_what_runs_waits_or_has_not_begun_is_told_while_the_run_goes_on() -> None:
    steps = [
        planned("a"),
        planned("b", "a"),
        planned("c"),
        planned("each", foreach="x"),
        planned("none", foreach="x"),
    ]
    world = World(plan(*steps), slots=2)
    world.begin()
    world.tell(
        ev.StepStarted(path="a"),
        ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2),
        ev.ChildrenAdded(path="none", nesting=ev.Nesting.ITEMS, count=0),
    )
    found = told(world)
    assert {n: s.status for n, s in found.step_results.items()} == {
        "a": "Running", "b": "Waiting", "c": "Running", "each": "Running", "none": "Success",
    }  # fmt: skip
    assert (found.status, found.total_duration_ms) == (Status.RUNNING, world.now - 1)
    assert found.step_results["none"].duration_ms == 0
    assert [i["status"] for i in found.step_results["each"].items or []] == ["Running", "Running"]


def test_a_run_that_waits_for_a_person_says_for_what(place: Place) -> None:
    place.dies(
        f"steps: [{{id: a, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )
    found = place.resume()
    assert (found.status, found.exit_code) == (Status.RUNNING, 5)
    assert found.waiting_for == [
        {
            "path": "a",
            "reason": "unknown_outcome",
            "message": "the engine died while it ran, and repeating it is not known to be safe",
        }
    ]
    assert found.step_results["a"].status == "Running"


@pytest.mark.parametrize("kind", [k for k in Failure if k is not Failure.CANCELLED])
def test_the_first_unforgiven_failure_decides_on_the_exit_code(kind: Failure) -> None:
    world = World(plan(planned("a"), planned("b"), planned("c", continue_on_error=True), fail_fast=False))
    world.begin()
    world.tell(err("c", Failure.INTERNAL), err("b", kind), err("a", Failure.INTERNAL))
    assert exit_of(world.machine.root, Status.FAILED, waiting=False) == NATURE[kind].exit


def test_a_cancelled_run_exits_1_and_a_deadline_6() -> None:
    world = World(plan(planned("a"), timeout_seconds=1))
    world.begin()
    world.tell(ev.CancelRequested(), err("a", Failure.CANCELLED))
    assert exit_of(world.machine.root, Status.CANCELLED, waiting=False).code == 1
    world = World(plan(planned("a"), timeout_seconds=1))
    world.begin()
    world.tell(ev.DeadlinePassed(), ok("a"))
    assert world.machine.root.status is Status.FAILED
    assert exit_of(world.machine.root, Status.FAILED, waiting=False).code == 6
