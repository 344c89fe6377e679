"""What is said of a failure that no event tells of."""

from pathlib import Path

import pytest

from harness.machines import World, err, ok, plan, planned
from harness.runs import Place
from rustchain.engine.history import History
from rustchain.engine.reasons import failure
from rustchain.model import events as ev
from rustchain.model.failures import Failure
from rustchain.model.mission import Repeat, Retry


def reason(world: World, path: str) -> tuple[str | None, str | None]:
    history = History()
    for event, at in world.story:
        history.add(event, at, None)
    return failure(world.machine.tasks[path], history)


def test_what_did_not_fail_has_no_reason() -> None:
    world = World(plan(planned("a")))
    world.begin()
    world.tell(ok("a"))
    assert reason(world, "a") == (None, None)


def test_a_step_stopped_between_two_attempts_says_so() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=1)), planned("b")))
    world.begin()
    world.tell(err("a"), err("b"))
    assert reason(world, "a") == ("cancelled", "it was stopped while it waited for its next attempt")


def test_a_repeat_that_is_used_up_counts_its_rounds() -> None:
    world = World(plan(planned("a", repeat=Repeat(until="x", max=1))))
    world.begin()
    world.tell(ev.RoundEnded(path="a", round=1))
    assert reason(world, "a") == ("exhausted", "its `until` was still not true after 1 round")


def test_an_unknown_outcome_that_nobody_decides_says_so() -> None:
    world = World(plan(planned("a")))
    world.begin()
    world.tell(ev.StepStarted(path="a"), ev.RunResumed(engine="0"), ev.CancelRequested())
    assert reason(world, "a") == (
        Failure.UNKNOWN_OUTCOME,
        "the engine died while it ran, and nobody decided what came of it",
    )


def test_a_foreach_stopped_before_any_item_failed_says_so() -> None:
    world = World(plan(planned("each", foreach="x", max_failures=1)))
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=3), ev.CancelRequested())
    world.tell(*(ok(f"each[{i}]") for i in range(3)))
    assert reason(world, "each") == ("cancelled", "it was stopped before all items ended")


def test_a_foreach_tells_of_its_first_failed_item(tmp_path: Path) -> None:
    result = Place(tmp_path).run("""
config: {fail_fast: false}
steps: [{id: each, step_type: parse_json, foreach: ["1", "{", "["], parameters: {content: "{{ item }}"}}]
""")
    assert (result.step_results["each"].error or "").startswith("2 of 3 items failed; the first is each[1]: ")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ('step_type: parse_json, foreach: ["{"], parameters: {content: "{{ item }}"}', "1 of 1 item failed"),
        ('step_type: noop, repeat: {until: "false", max: 2}', "2 rounds"),
    ],
)
def test_the_step_of_a_child_mission_tells_what_failed_in_it(tmp_path: Path, step: str, reason: str) -> None:
    result = Place(tmp_path).run(
        f"steps: [{{id: kid, step_type: mission, parameters: {{steps: [{{id: x, {step}}}]}}}}]"
    )
    assert (result.step_results["kid"].error or "").startswith("step 'x' failed: ")
    assert reason in (result.step_results["kid"].error or "")
