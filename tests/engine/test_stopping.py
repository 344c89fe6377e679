"""Cancelling, deadlines, fail-fast and death of the engine: what is stopped, and what still runs."""

import asyncio
import time
from pathlib import Path

import pytest

from harness.machines import World, err, ok, plan, planned, starts
from harness.runs import DIES, Place, statuses
from rustchain.engine.instructions import Ended, Finish, Stop
from rustchain.engine.runner import Runner
from rustchain.model import events as ev
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.mission import Retry

CHILD = plan(planned("x"), tidy=[planned("tidy")])
GRAPH = ev.ChildrenAdded(path="kid", nesting=ev.Nesting.GRAPH)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def kid_and(*others: str) -> World:
    """A child mission has begun beside other steps."""
    world = World(plan(planned("kid", child=CHILD), *(planned(name) for name in others)))
    world.begin()
    world.tell(GRAPH)
    return world


def test_one_cancellation_leaves_the_finally_of_a_child_mission_alone() -> None:
    world = kid_and("slow")
    assert world.tell(ev.CancelRequested()) == [Stop("kid/x"), Stop("slow")]
    assert starts(world.tell(err("kid/x", Failure.CANCELLED))) == ["kid/tidy"]
    assert world.tell(err("slow", Failure.CANCELLED)) == [], "its end is no reason to stop what tidies up"
    assert world.tell(ev.CancelRequested()) == [Stop("kid/tidy")], "a second one is"


def test_a_cancellation_after_fail_fast_is_the_first_all_the_same() -> None:
    world = kid_and("bad")
    assert world.tell(err("bad")) == [Stop("kid/x")]
    assert starts(world.tell(err("kid/x", Failure.CANCELLED))) == ["kid/tidy"]
    assert world.tell(ev.CancelRequested()) == []


def test_a_run_that_died_before_it_could_say_that_it_is_over_says_so() -> None:
    world = World(plan(planned("a")))
    world.begin()
    world.tell(ok("a"))
    assert world.tell(ev.RunResumed(engine="0")) == [Finish(Status.COMPLETED)]


def test_what_was_being_stopped_when_the_engine_died_is_not_begun_again() -> None:
    world = World(plan(planned("a"), planned("post"), planned("b", "a"), tidy=[planned("tidy")]))
    world.begin()
    world.tell(ev.StepStarted(path="post"), ev.CancelRequested())
    said = world.tell(ev.RunResumed(engine="0"))
    assert [i for i in said if isinstance(i, Ended)] == [Ended("a"), Ended("post")]
    assert starts(said) == ["tidy"]
    assert world.machine.tasks["a"].kind is Failure.CANCELLED
    assert world.machine.tasks["post"].kind is Failure.UNKNOWN_OUTCOME


def test_an_item_that_runs_while_its_foreach_is_closed_is_not_begun_again() -> None:
    world = World(plan(planned("each", foreach="x", retry=Retry(attempts=3)), fail_fast=False))
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2))
    for attempt in range(1, 5):
        world.tell(err("each[0]", attempt=attempt), ev.WaitElapsed(path="each[0]"))
    assert starts(world.tell(ev.RunResumed(engine="0"))) == []
    assert world.states()["each[1]"] == "failed"


def test_a_graph_that_has_not_ended_is_running() -> None:
    assert kid_and().machine.root.status is Status.RUNNING


@pytest.mark.parametrize("pending", [["cancel", "decide"], ["decide", "decide"]])
def test_a_decision_that_comes_too_late_changes_nothing(place: Place, pending: list[str]) -> None:
    place.dies(
        f"steps: [{{id: a, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )

    async def ask(engine: object) -> None:
        store = engine.services.store  # type: ignore[attr-defined]  # an engine
        for kind in pending:
            store.ask(store.find("@last"), kind, {"path": "a", "decision": "done", "output": {"stdout": "x"}})

    place.within(ask)
    result = place.resume()
    assert (result.status, result.step_results["a"].error_kind) in [
        (Status.CANCELLED, "unknown_outcome"),
        (Status.COMPLETED, None),
    ]
    assert place.read().replayed.history.status is result.status, "the journal can still be read"


def test_a_step_stopped_before_it_could_begin_ends_as_stopped(place: Place) -> None:
    result = place.run("""
steps:
  - {id: bad, step_type: parse_json, parameters: {content: "{"}}
  - {id: soon, step_type: command, parameters: {command: touch, args: [soon]}}
""")
    assert result.step_results["soon"].error_kind == "cancelled"
    assert not (place.folder / "soon").exists()


def test_a_quick_step_that_ended_before_it_could_be_stopped_has_ended_well(place: Place) -> None:
    result = place.run("steps: [{id: bad, step_type: noop, expect: 'false'}, {id: quick, step_type: noop}]")
    assert statuses(result) == {"bad": "Failed", "quick": "Success"}


def held(place: Place, text: str, *acts: tuple[float, str]) -> object:
    """Run a mission, and call methods of its runner after so many seconds each."""

    def hold(runner: Runner) -> None:
        for after, act in acts:
            name, *args = act.split()
            asyncio.get_running_loop().call_later(after, getattr(runner, name), *map(int, args))

    return place.within(lambda engine: place.start(engine, text, hold=hold))


SLOW = "steps: [{id: a, step_type: command, idempotent: true, parameters: {command: sleep, args: ['30']}}]\n"


def test_after_an_interruption_nothing_is_told_any_more(place: Place) -> None:
    began = time.monotonic()
    result = held(place, SLOW, (0.1, "interrupt 15"), (0.1, "interrupt 15"), (0.1, "cancel"))
    assert result.status is Status.RUNNING  # type: ignore[attr-defined]  # a result
    assert [type(e) for e in place.seen.events][-1] is ev.RunInterrupted
    assert time.monotonic() - began < 8


def test_an_interruption_before_the_run_began_changes_nothing(place: Place) -> None:
    def hold(runner: Runner) -> None:
        runner.interrupt(15)

    text = "steps: [{id: a, step_type: noop}]"
    assert place.within(lambda engine: place.start(engine, text, hold=hold)).status is Status.COMPLETED


def test_a_child_mission_that_is_cancelled_runs_its_finally_and_fails_its_step(place: Place) -> None:
    (place.folder / "child.yaml").write_text("""
name: child
version: "1.0"
steps: [{id: x, step_type: wait, parameters: {seconds: 30}}]
finally: [{id: tidy, step_type: create_file, parameters: {path: tidy.txt, content: "{{ run.status }}"}}]
""")
    text = """
steps:
  - {id: kid, step_type: mission, parameters: {file: child.yaml}}
  - {id: slow, step_type: wait, parameters: {seconds: 30}}
"""
    result = held(place, text, (0.1, "cancel"))
    assert statuses(result) == {"kid": "Failed", "slow": "Failed"}  # type: ignore[arg-type]  # a result
    assert result.step_results["kid"].error_kind == "cancelled"  # type: ignore[attr-defined]  # a result
    assert place.lines("tidy.txt") == ["Cancelled"]


def test_a_cancelled_run_that_died_is_driven_to_its_end_without_what_was_stopped(place: Place) -> None:
    text = f"""
steps:
  - {{id: a, step_type: command, idempotent: true, parameters: {{command: sh, args: ["-c", "echo a >> log; {DIES}; echo again >> log"]}}}}
finally: [{{id: tidy, step_type: create_file, parameters: {{path: tidy.txt}}}}]
"""
    place.dies(text)
    result = place.cancel()
    assert result is not None
    assert statuses(result) == {"a": "Failed", "tidy": "Success"}
    assert place.lines("log") == ["a"]
    assert result.step_results["a"].error == "it was stopped before it ended"


def test_hundreds_of_quick_steps_let_the_event_loop_have_its_turn(place: Place) -> None:
    steps = "".join(f"  - {{id: s{i}, step_type: noop}}\n" for i in range(450))
    turns = 0

    def hold(runner: Runner) -> None:
        def turn() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(turn)

        turn()

    place.within(
        lambda engine: place.start(engine, "config: {max_concurrent_steps: 500}\nsteps:\n" + steps, hold=hold)
    )
    assert turns >= 4
