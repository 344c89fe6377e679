"""How runs are stopped, resumed and taken over."""

import pytest

from harness.machines import World, err, failing, ok, plan, planned, started, starts, succeed
from rustchain.engine.instructions import (
    Await,
    Close,
    Ended,
    Finish,
    ImpossibleEvent,
    SetDeadline,
    Stop,
    Wake,
)
from rustchain.model import events as ev
from rustchain.model.events import Status
from rustchain.model.failures import Failure
from rustchain.model.mission import On, Retry

CHILD = plan(planned("x"), planned("y", "x"), max_concurrent_steps=1)


def test_cancel_stops_steps_and_runs_finally() -> None:
    world = World(plan(planned("a"), planned("b", "a"), tidy=[planned("clean")]))
    world.begin()
    assert world.tell(ev.CancelRequested()) == [Stop("a"), Ended("b")]
    assert starts(world.tell(err("a", Failure.CANCELLED))) == ["clean"]
    assert world.tell(ev.CancelRequested()) == [Stop("clean")]
    assert world.tell(err("clean", Failure.CANCELLED)) == [Finish(Status.CANCELLED)]


def test_cancel_during_finally_lets_it_end() -> None:
    world = World(plan(planned("a"), tidy=[planned("clean")]))
    world.begin()
    world.tell(ok("a"))
    assert world.tell(ev.CancelRequested()) == []
    assert world.tell(ok("clean")) == [Finish(Status.CANCELLED)]


def test_cancel_reaches_a_child_mission_and_its_finally() -> None:
    child = plan(planned("x"), tidy=[planned("tidy", retry=Retry(attempts=1, delay_ms=0))])
    world = World(plan(planned("child", child=child)))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    assert world.tell(ev.CancelRequested()) == [Stop("child/x")]
    assert starts(world.tell(err("child/x", Failure.CANCELLED))) == ["child/tidy"]
    assert starts(world.tell(err("child/tidy"))) == ["child/tidy"]
    assert world.tell(ok("child/tidy")) == [Close("child")]
    assert world.tell(err("child", Failure.CANCELLED)) == [Finish(Status.CANCELLED)]


def test_a_child_mission_opened_after_the_stop_is_stopped() -> None:
    world = World(plan(planned("child", child=CHILD), planned("bad")))
    world.begin()
    world.tell(err("bad"))
    said = world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    assert starts(said) == []
    assert Close("child") in said
    assert world.tell(ev.CancelRequested()) == []


def test_the_deadline_stops_the_main_graph_and_then_finally() -> None:
    world = World(plan(planned("a"), tidy=[planned("clean")], timeout_seconds=2, finally_timeout_seconds=3))
    due = world.now + 2001
    assert SetDeadline("", due) in world.begin()
    assert world.tell(ev.DeadlinePassed(due=due)) == [Stop("a")]
    said = world.tell(err("a", Failure.CANCELLED))
    later = world.now + 3000
    assert SetDeadline("", later) in said
    assert world.tell(ev.DeadlinePassed(due=due)) == []
    assert world.tell(ev.DeadlinePassed(due=later)) == [Stop("clean")]
    assert world.tell(err("clean", Failure.CANCELLED)) == [Finish(Status.FAILED)]
    assert world.tell(ev.DeadlinePassed(due=later)) == []


def test_the_deadline_of_a_child_mission_stops_only_it() -> None:
    child = plan(planned("x"), timeout_seconds=1)
    world = World(plan(planned("child", child=child), planned("other"), fail_fast=False))
    world.begin()
    said = world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    assert SetDeadline("child", world.now + 1000) in said
    assert world.tell(ev.DeadlinePassed(scope="child")) == [Stop("child/x")]
    assert world.tell(err("child/x", Failure.CANCELLED)) == [Close("child")]
    assert world.machine.tasks["child"].child.status is Status.FAILED  # type: ignore[union-attr]


def test_resume_starts_again_what_is_repeatable_and_asks_about_the_rest() -> None:
    world = World(plan(planned("read"), planned("put"), planned("post")), slots=2)
    world.begin()
    world.tell(ev.StepStarted(path="put", repeatable=True), ok("read"), ev.StepStarted(path="post"))
    assert starts(world.tell(ev.RunResumed(engine="0"))) == ["put"]
    assert world.tell(ok("put")) == [Await(("post",))]


@pytest.mark.parametrize(
    ("decision", "expected"),
    [("done", Finish(Status.COMPLETED)), ("failed", Finish(Status.FAILED)), ("again", None)],
)
def test_an_unknown_outcome_is_decided(decision: str, expected: Finish | None) -> None:
    world = World(plan(planned("post")))
    world.begin()
    world.tell(ev.StepStarted(path="post"))
    assert world.tell(ev.RunResumed(engine="0")) == [Await(("post",))]
    said = world.tell(ev.OutcomeDecided(path="post", decision=ev.Decision(decision)))
    assert said == ([expected] if expected else said)
    assert starts(said) == (["post"] if decision == "again" else [])


def test_cancel_ends_an_unknown_outcome() -> None:
    world = World(plan(planned("post")))
    world.begin()
    world.tell(ev.StepStarted(path="post"), ev.RunResumed(engine="0"))
    assert world.tell(ev.CancelRequested()) == [Ended("post"), Finish(Status.CANCELLED)]
    assert world.machine.tasks["post"].kind is Failure.UNKNOWN_OUTCOME


def test_resume_sets_timers_again_and_the_deadline_stood_still() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=1, delay_ms=70)), timeout_seconds=2))
    world.begin()
    world.tell(err("a"), ev.RunInterrupted(signal=15))
    woken, before = world.machine.tasks["a"].wake_at, world.machine.root.deadline
    world.now += 10_000
    said = world.tell(ev.RunResumed(engine="0"))
    assert said == [Wake("a", woken), SetDeadline("", (before or 0) + 10_001)]


def test_a_resumed_parent_runs_its_function_again_beside_its_children() -> None:
    world = World(plan(planned("child", child=CHILD)))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH), ok("child/x"))
    assert starts(world.tell(ev.RunResumed(engine="0"))) == ["child", "child/y"]


def test_what_is_inherited_does_not_start_and_what_follows_does() -> None:
    world = World(plan(planned("a"), planned("b", "a"), planned("each", foreach="x"), planned("c", "b")))
    assert world.tell(started(inherits=3), ev.StepInherited(path="a"), ev.StepInherited(path="each[1]")) == []
    assert starts(world.tell(ev.StepInherited(path="b", skipped=True))) == ["each", "c"]
    said = world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2))
    assert starts(said) == ["each[0]"]
    assert world.states()["b"] == "skipped"


@pytest.mark.parametrize(
    "event",
    [
        started(),
        ok("b"),
        ok("nowhere"),
        ev.ChildrenAdded(path="a", nesting=ev.Nesting.GRAPH),
    ],
)
def test_an_event_that_cannot_happen_is_refused(event: ev.Event) -> None:
    world = World(plan(planned("a"), planned("b", "a")))
    world.begin()
    with pytest.raises(ImpossibleEvent):
        world.tell(event)


def test_a_chain_of_a_hundred_thousand_steps_runs() -> None:
    n = 100_000
    world = World(plan(planned("s0"), *(planned(f"s{i}", f"s{i - 1}") for i in range(1, n))))
    assert world.run(succeed) is Status.COMPLETED
    world = World(plan(planned("s0"), *(planned(f"s{i}", f"s{i - 1}") for i in range(1, n)), fail_fast=False))
    assert world.run(failing("s0")) is Status.FAILED


def test_a_fan_of_ten_thousand_steps_runs() -> None:
    fan = [planned(f"f{i}", "a") for i in range(10_000)]
    world = World(plan(planned("a"), *fan, planned("z", *(f"f{i}" for i in range(10_000)))), slots=6)
    assert world.run(succeed) is Status.COMPLETED


def test_what_was_dropped_with_an_attempt_of_its_child_mission_is_told_from_the_next() -> None:
    pair = plan(planned("x"), planned("y"), timeout_seconds=1)
    world = World(
        plan(planned("busy"), planned("child", child=pair, retry=Retry(attempts=3, delay_ms=0))), slots=1
    )
    world.begin()
    for attempt in (1, 2, 3):
        world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH), ev.DeadlinePassed(scope="child"))
        world.tell(err("child", Failure.TIMEOUT, attempt=attempt, repeatable=True))
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    assert starts(world.tell(ok("busy"))) == ["child@4/x"]


def test_a_handler_that_waits_for_its_slot_is_left_alone_by_fail_fast() -> None:
    world = World(
        plan(planned("a"), planned("b"), planned("other"), planned("clean", ("a", On.ALWAYS))), slots=2
    )
    world.begin()
    world.tell(ok("a"))
    assert world.states()["clean"] == "ready"
    assert starts(world.tell(err("b"))) == ["clean"]


def test_a_failure_before_the_deadline_is_the_first_and_one_after_it_is_not() -> None:
    world = World(plan(planned("a"), planned("b"), fail_fast=False, timeout_seconds=1))
    world.begin()
    world.tell(err("a", Failure.POLICY_DENIED), ev.DeadlinePassed(), err("b", Failure.CANCELLED))
    assert world.machine.root.failed is Failure.POLICY_DENIED
    world = World(plan(planned("a"), timeout_seconds=1))
    world.begin()
    world.tell(ev.DeadlinePassed(), err("a", Failure.CANCELLED))
    assert (world.machine.root.failed, world.machine.root.status) == (None, Status.FAILED)


def test_a_cancellation_before_what_is_inherited_has_arrived_is_not_forgotten() -> None:
    world = World(plan(planned("a"), planned("b", "a")))
    world.tell(started(inherits=1), ev.CancelRequested())
    assert Finish(Status.CANCELLED) in world.tell(ev.StepInherited(path="a"))


def test_a_child_mission_may_be_repeated_unless_something_in_it_must_not() -> None:
    world = World(plan(planned("child", child=CHILD)))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    child = world.machine.tasks["child"].child
    assert child is not None
    assert child.repeatable
    world.tell(ev.StepStarted(path="child/x", repeatable=True))
    assert child.repeatable
    world.tell(ok("child/x"), ev.StepStarted(path="child/y"))
    assert not child.repeatable
    assert not world.machine.tasks["child"].may_be_repeated


def test_a_decision_that_ends_a_child_mission_awaits_what_its_step_says() -> None:
    lone = plan(planned("w"))
    world = World(
        plan(planned("kid", child=lone), planned("n"), planned("after", ("kid", On.ALWAYS)), fail_fast=False)
    )
    world.begin()
    world.tell(ev.ChildrenAdded(path="kid", nesting=ev.Nesting.GRAPH), ev.StepStarted(path="kid/w"))
    world.tell(ev.StepStarted(path="n"), ev.RunResumed(engine="0"))
    said = world.tell(ev.OutcomeDecided(path="kid/w", decision=ev.Decision.DONE))
    assert said == [Close("kid")]
    assert starts(world.tell(ok("kid"))) == ["after"]
    assert world.tell(ok("after")) == [Await(("n",))]
