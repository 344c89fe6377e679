"""`why`: sentences worked out from what happened."""

from pathlib import Path

import pytest

from harness.machines import World, err, ok, plan, planned
from harness.runs import DIES, Place
from rustchain.app.reading import why
from rustchain.engine.history import History
from rustchain.engine.why import Explanation, explain
from rustchain.model import events as ev
from rustchain.model.errors import InvalidUse
from rustchain.model.failures import Failure
from rustchain.model.mission import On, Retry


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def asked(place: Place, path: str) -> Explanation:
    return why(place.read(), path)


def told(world: World, path: str) -> Explanation:
    """The explanation of a run whose events have no payloads."""
    history = History()
    for event, at in world.story:
        history.add(event, at, None)
    return explain(world.machine.tasks[path], world.machine, history)


def test_a_success_tells_what_it_came_after_and_how_it_went(place: Place) -> None:
    place.run("""
steps:
  - {id: a, step_type: noop, when: "false"}
  - {id: b, step_type: noop}
  - id: c
    step_type: command
    depends_on: [a, b]
    retry: {attempts: 1, delay_ms: 1}
    parameters: {command: sh, args: ["-c", "test -e x || { touch x; false; }"]}
  - {id: d, step_type: noop, repeat: {until: "previous is not none", max: 3}}
""")
    found = asked(place, "c")
    assert (found.path, found.status, found.causes) == ("c", "Success", [])
    assert found.because[0] == "it started after a (Skipped) and b (Success)"
    assert found.because[1].startswith("it succeeded at attempt 2, in ")
    assert found.parameters["command"] == "sh"
    assert "in round 2" in asked(place, "d").because[0]


def test_parameters_are_shown_without_secrets(tmp_path: Path) -> None:
    place = Place(tmp_path, TOK="hunter2-hunter2")
    place.run("""
secrets: {tok: {from: "env:TOK"}}
steps: [{id: a, step_type: command, parameters: {command: cat, stdin: "{{ secrets.tok }}"}}]
""")
    assert asked(place, "a").parameters["stdin"] == "{{ secrets.tok }}"


def test_a_condition_that_was_false_is_told_with_what_it_saw(place: Place) -> None:
    place.run("""
variables: {n: 1, o: {}}
steps: [{id: a, step_type: noop, when: "n > 2 and n > 0 and o.x | default(1)"}]
""")
    found = asked(place, "a")
    assert found.because[:2] == [
        "its condition {{ n > 2 and n > 0 and o.x | default(1) }} was false",
        "n was 1",
    ]
    assert "o.x was" in found.because[2]


def test_a_secret_in_a_condition_is_not_shown(tmp_path: Path) -> None:
    place = Place(tmp_path, API_KEY="hunter2-hunter2")
    place.run("steps: [{id: a, step_type: noop, when: \"{{ env.API_KEY == '' }}\"}]")
    assert asked(place, "a").because[1] == 'env.API_KEY was "{{ env.API_KEY }}"'


def test_an_unmet_condition_on_a_dependency_is_told(place: Place) -> None:
    place.run("""
steps:
  - {id: a, step_type: noop}
  - {id: b, step_type: noop, depends_on: [{step: a, on: failure}]}
  - {id: c, step_type: noop, depends_on: [a, {step: a, on: always}, {step: b, on: success}]}
""")
    assert asked(place, "b").because == ["it runs only on failure of a, which is Success"]
    assert asked(place, "b").causes == ["a"]
    assert asked(place, "c").because == ["it runs only on success of b, which is Skipped"]


def test_a_failure_tells_kind_error_and_tries(place: Place) -> None:
    place.run("""
config: {fail_fast: false}
steps:
  - {id: a, step_type: command, continue_on_error: true, retry: {attempts: 1, delay_ms: 1}, parameters: {command: "false"}}
  - {id: b, step_type: read_file, parameters: {path: /etc/shadow}}
  - {id: each, step_type: parse_json, foreach: ["1", "{"], parameters: {content: "{{ item }}"}}
""")
    found = asked(place, "a")
    assert found.because[0].startswith("exit_code: ")
    assert found.because[1:] == ["it was tried 2 times", "continue_on_error forgives it"]
    assert asked(place, "b").because[-1] == "a failure of kind policy_denied is never tried again"
    assert asked(place, "each").causes == ["each[1]"]
    assert asked(place, "each").because[0].startswith("invalid_data: 1 of 2 items failed")


def test_what_never_ran_names_what_is_behind_it(place: Place) -> None:
    place.run("""
config: {fail_fast: false}
steps:
  - {id: bad, step_type: command, parameters: {command: "false"}}
  - {id: b, step_type: noop, depends_on: [bad]}
  - {id: c, step_type: noop, depends_on: [b]}
  - {id: each, step_type: parse_json, foreach: ["{", "1"], max_parallel: 1, parameters: {content: "{{ item }}"}}
""")
    assert asked(place, "b").because[0].startswith("it needs bad, which failed: ")
    assert asked(place, "b").causes == ["bad"]
    assert asked(place, "c").because == [
        "it needs b, which was skipped because bad failed: `false` ended with exit code 1"
    ]
    assert asked(place, "c").causes == ["bad"]


def test_fail_fast_is_told_with_the_step_that_failed() -> None:
    world = World(plan(planned("bad"), planned("a"), planned("b"), planned("c", "b")))
    world.begin()
    world.tell(ok("b"), err("bad"), err("c", Failure.CANCELLED), err("a", Failure.CANCELLED))
    assert told(world, "a").because == ["cancelled: ", "fail_fast stopped the mission because bad failed"]
    assert told(world, "a").causes == ["bad"]
    world = World(plan(planned("bad"), planned("b")), slots=1)
    world.begin()
    world.tell(err("bad"))
    assert told(world, "b").because == [
        "it had not started when fail_fast stopped the mission because bad failed"
    ]
    assert (told(world, "b").status, told(world, "b").causes) == ("Skipped", ["bad"])


def test_what_waited_for_a_step_that_fail_fast_stopped_leads_to_the_failure() -> None:
    world = World(plan(planned("bad"), planned("a"), planned("b", "a"), planned("c", "b")))
    world.begin()
    world.tell(err("bad"), err("a", Failure.CANCELLED))
    assert told(world, "b").because == ["it needs a, which was stopped because bad failed: "]
    assert told(world, "c").because == ["it needs b, which was skipped because bad failed: "]
    assert told(world, "c").causes == ["bad"]


def test_several_failures_behind_a_step_are_all_named() -> None:
    rest = [planned("c", "b"), planned("d", "b"), planned("e", "c", "d")]
    world = World(plan(planned("x"), planned("y"), planned("b", "x", "y"), *rest, fail_fast=False))
    world.begin()
    world.tell(err("x"), err("y"))
    assert told(world, "c").because == ["it needs b, which was skipped because x and y failed"]
    assert told(world, "c").causes == told(world, "e").causes == ["x", "y"]


def test_steps_of_a_child_mission_are_stopped_by_failures_around_it() -> None:
    world = World(plan(planned("bad"), planned("child", child=plan(planned("x"), planned("y", "x")))))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH), err("bad"))
    assert told(world, "child/y").because == [
        "it had not started when fail_fast stopped the mission because bad failed"
    ]
    world.tell(err("child/x", Failure.CANCELLED))
    assert told(world, "child/x").causes == ["bad"]


def test_a_child_mission_that_failed_leads_to_its_step() -> None:
    world = World(plan(planned("child", child=plan(planned("x"), planned("y", "x")))))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH), err("child/x"), err("child"))
    assert told(world, "child").causes == ["child/x"]


def test_steps_of_finally_and_items_tell_why_they_started() -> None:
    steps = [planned("a"), planned("each", "a", foreach="x"), planned("bad", "each")]
    world = World(plan(*steps, tidy=[planned("tidy"), planned("last", "tidy")]))
    world.begin()
    world.tell(
        ok("a"), ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=1), ok("each[0]"), err("bad")
    )
    assert told(world, "each").because[0] == "it started after a (Success)"
    assert told(world, "each[0]").because[:2] == ["it is item 0 of each", "each started after a (Success)"]
    world.tell(ok("tidy"), err("last"))
    why = "it belongs to `finally`, which starts when every other step has ended; bad failed"
    assert told(world, "tidy").because[0] == why
    assert told(world, "last").because == ["exit_code: ", why, "it started after tidy (Success)"]


def test_items_of_a_foreach_that_was_closed_name_it() -> None:
    world = World(plan(planned("each", foreach="x"), fail_fast=False), slots=1)
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2), err("each[0]"))
    assert told(world, "each[1]").because == ["each started no more items"]
    assert told(world, "each[0]").because == ["exit_code: ", "it is item 0 of each"]


def test_cancellation_and_deadline_are_told() -> None:
    for event, reason in (
        (ev.CancelRequested(), "it had not started when the run was cancelled"),
        (ev.DeadlinePassed(), "it had not started when the deadline passed"),
    ):
        world = World(plan(planned("a"), planned("b", "a"), timeout_seconds=1))
        world.begin()
        world.tell(event)
        assert told(world, "b").because == [reason]


def test_a_run_that_goes_on_tells_what_each_step_waits_for() -> None:
    needs = [planned("b", "a", "w"), planned("c", ("a", On.ALWAYS))]
    world = World(
        plan(planned("a"), planned("w", retry=Retry(attempts=1)), *needs, planned("r"), planned("s", "r")),
        slots=2,
    )
    world.begin()
    assert told(world, "r").because == ["it is ready and waits for a slot: max_concurrent_steps are running"]
    world.tell(err("w"))
    assert told(world, "w").because == ["it waits for attempt 2"]
    assert told(world, "b").because == ["it waits for a and w"]
    assert told(world, "b").causes == ["a", "w"]
    world.tell(ok("r"))
    assert told(world, "s").because == [
        "it started after r (Success)",
        "its attempt 1 began and has not ended",
    ]
    assert (told(world, "s").status, told(world, "w").status) == ("running", "paused")


def test_the_last_error_is_told_while_a_step_waits_for_its_next_attempt(place: Place) -> None:
    place.dies(f"""
steps:
  - {{id: a, step_type: parse_json, retry: {{attempts: 1, delay_ms: 60000}}, parameters: {{content: "{{"}}}}
  - {{id: b, step_type: command, parameters: {{command: sh, args: ["-c", "sleep 0.2; {DIES}"]}}}}
""")
    assert asked(place, "a").because[0].startswith("it waits for attempt 2; the last one failed: ")


def test_an_open_foreach_and_an_unknown_outcome_are_told() -> None:
    world = World(plan(planned("each", foreach="x"), planned("post")))
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2), ev.StepStarted(path="post"))
    assert told(world, "each").because == ["its attempt 1 began and has not ended"]
    world.tell(ev.RunResumed(engine="0"))
    found = told(world, "post")
    assert "not known to be safe" in found.because[0]
    assert "--decide post=done|again|failed" in found.because[1]


def test_an_interruption_is_no_death() -> None:
    world = World(plan(planned("post"), planned("put")))
    world.begin()
    world.tell(ev.StepStarted(path="post"), ev.RunInterrupted(signal=15))
    assert told(world, "post").because == ["its attempt 1 began and the run was interrupted before it ended"]
    world.tell(ev.RunResumed(engine="0"), ev.StepStarted(path="put"), ev.RunResumed(engine="0"))
    assert told(world, "post").because[0].startswith("the run was interrupted while it ran")
    assert told(world, "put").because[0].startswith("the engine died while it ran")
    world.tell(ev.CancelRequested())
    assert told(world, "post").because[0] == (
        "unknown_outcome: the run was interrupted while it ran, and nobody decided what came of it"
    )


def test_a_foreach_that_succeeded_tells_of_the_failures_it_bore(place: Place) -> None:
    place.run("""
steps:
  - {id: each, step_type: parse_json, foreach: ["1", "{"], max_failures: 1, parameters: {content: "{{ item }}"}}
  - {id: fine, step_type: noop, foreach: [1]}
""")
    assert asked(place, "each").because == ["its 2 items ended; 1 failed and are borne by max_failures"]
    assert asked(place, "fine").because == ["its 1 item ended"]
    item, how = asked(place, "each[0]").because
    assert item == 'it is item 0 of each: "1"'
    assert how.startswith("it succeeded, in ")


def test_what_a_retry_took_over_says_so(place: Place) -> None:
    place.run(
        "steps: [{id: a, step_type: noop}, {id: b, step_type: command, depends_on: [a], parameters: {command: 'false'}}]"
    )
    place.retry()
    assert asked(place, "a").because == ["it succeeded in the run that this one retries, and still holds"]


def test_a_step_that_is_not_there_is_told(place: Place) -> None:
    place.run("steps: [{id: a, step_type: noop}]")
    with pytest.raises(InvalidUse, match="no step 'b'") as caught:
        asked(place, "b")
    assert caught.value.help == "steps: a"
