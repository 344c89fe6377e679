"""The rules of running, one by one, without time, threads or files."""

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
from rustchain.model.mission import On, Repeat, Retry


def test_a_step_starts_when_its_needs_have_succeeded() -> None:
    world = World(plan(planned("a"), planned("b", "a")))
    assert starts(world.begin()) == ["a"]
    assert starts(world.tell(ok("a"))) == ["b"]
    assert world.tell(ok("b")) == [Finish(Status.COMPLETED)]


def test_ready_steps_start_in_file_order_up_to_the_limit() -> None:
    world = World(plan(*(planned(n) for n in "dcba")), slots=2)
    assert starts(world.begin()) == ["d", "c"]
    assert starts(world.tell(ok("c"))) == ["b"]
    assert starts(world.tell(ok("d"))) == ["a"]


def test_a_failed_step_drops_its_dependents_and_theirs() -> None:
    world = World(plan(planned("a"), planned("b", "a"), planned("c", "b"), planned("d"), fail_fast=False))
    assert world.run(failing("a")) is Status.FAILED
    assert world.states() == {"a": "failed", "b": "dropped", "c": "dropped", "d": "succeeded"}


def test_a_forgiven_failure_counts_as_met() -> None:
    world = World(plan(planned("a", continue_on_error=True), planned("b", "a")))
    assert world.run(failing("a")) is Status.COMPLETED
    assert world.states()["b"] == "succeeded"


@pytest.mark.parametrize(
    ("ends", "on", "expected"),
    [
        ("succeed", On.SUCCESS, "succeeded"),
        ("succeed", On.FAILURE, "skipped"),
        ("succeed", On.ALWAYS, "succeeded"),
        ("fail", On.SUCCESS, "dropped"),
        ("fail", On.FAILURE, "succeeded"),
        ("fail", On.ALWAYS, "succeeded"),
        ("forgiven", On.SUCCESS, "skipped"),
        ("forgiven", On.FAILURE, "succeeded"),
        ("skip", On.SUCCESS, "skipped"),
        ("skip", None, "succeeded"),
    ],
)
def test_a_dependency_may_say_how_it_must_have_ended(ends: str, on: On | None, expected: str) -> None:
    need = "a" if on is None else ("a", on)
    world = World(
        plan(planned("a", continue_on_error=ends == "forgiven"), planned("b", need), fail_fast=False)
    )
    world.begin()
    world.tell({"succeed": ok("a"), "skip": ev.StepSkipped(path="a")}.get(ends) or err("a"))
    if world.states()["b"] == "running":
        world.tell(ok("b"))
    assert world.states()["b"] == expected


def test_a_step_skipped_by_a_condition_lets_plain_dependents_run() -> None:
    world = World(
        plan(planned("ok"), planned("handler", ("ok", On.FAILURE)), planned("after", "ok", "handler"))
    )
    assert world.run(succeed) is Status.COMPLETED
    assert world.states() == {"ok": "succeeded", "handler": "skipped", "after": "succeeded"}


def test_fail_fast_stops_what_runs_and_drops_what_waits() -> None:
    world = World(plan(planned("bad"), planned("slow"), planned("after", "slow"), planned("queued")), slots=2)
    world.begin()
    said = world.tell(err("bad"))
    assert Stop("slow") in said
    assert world.states()["queued"] == world.states()["after"] == "dropped"
    assert Finish(Status.FAILED) in world.tell(err("slow", Failure.CANCELLED))
    assert world.machine.root.failed is Failure.EXIT_CODE


def test_fail_fast_leaves_handlers_and_what_follows_them() -> None:
    handler, follower = planned("handler", ("bad", On.FAILURE)), planned("follower", "handler")
    world = World(
        plan(
            planned("bad"), handler, follower, planned("plain", "bad"), planned("last", ("plain", On.ALWAYS))
        )
    )
    assert world.run(failing("bad")) is Status.FAILED
    assert world.states() == {
        "bad": "failed", "handler": "succeeded", "follower": "succeeded", "plain": "dropped", "last": "succeeded",
    }  # fmt: skip


def test_a_second_failure_after_fail_fast_changes_nothing() -> None:
    world = World(plan(planned("bad"), planned("handler", ("bad", On.FAILURE)), planned("after", "handler")))
    assert world.run(failing("bad", "handler")) is Status.FAILED
    assert world.states()["after"] == "dropped"


def test_finally_runs_after_a_failure_and_its_own_failure_counts() -> None:
    tidy = [planned("clean"), planned("report", "clean")]
    assert (world := World(plan(planned("a"), tidy=tidy))).run(failing("a")) is Status.FAILED
    assert world.states() == {"a": "failed", "clean": "succeeded", "report": "succeeded"}
    assert (world := World(plan(planned("a"), tidy=tidy))).run(failing("clean")) is Status.FAILED
    assert world.states()["report"] == "dropped"


def test_a_step_is_tried_once_more_than_its_retries() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=2, delay_ms=50))))
    assert starts(world.begin()) == ["a"]
    assert world.tell(err("a")) == [Wake("a", world.now + 50)]
    assert starts(world.tell(ev.WaitElapsed(path="a"))) == ["a"]
    world.tell(err("a", attempt=2), ev.WaitElapsed(path="a"))
    assert world.machine.tasks["a"].attempt == 3
    assert world.tell(err("a", attempt=3)) == [Finish(Status.FAILED)]


def test_a_retry_without_delay_starts_at_once_and_back_off_holds_no_slot() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=1, delay_ms=0)), planned("b")), slots=1)
    world.begin()
    assert starts(world.tell(err("a"))) == ["a"]
    world = World(plan(planned("a", retry=Retry(attempts=1)), planned("b")), slots=1)
    world.begin()
    assert starts(world.tell(err("a"))) == ["b"]


def test_a_wait_that_elapses_after_the_step_was_stopped_is_ignored() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=1)), planned("b")))
    world.begin()
    world.tell(err("a"), err("b"))
    assert world.machine.tasks["a"].kind is Failure.CANCELLED
    assert world.tell(ev.WaitElapsed(path="a")) == []


def test_a_stopped_step_is_not_tried_again() -> None:
    world = World(plan(planned("a", retry=Retry(attempts=5)), planned("b")))
    world.begin()
    world.tell(err("b"))
    assert world.tell(err("a")) == [Finish(Status.FAILED)]


def test_repeat_runs_again_until_it_is_used_up() -> None:
    world = World(plan(planned("a", repeat=Repeat(until="x", max=2))))
    world.begin()
    assert starts(world.tell(ev.RoundEnded(path="a", round=1))) == ["a"]
    assert world.machine.tasks["a"].round == 2
    assert world.tell(ev.RoundEnded(path="a", round=2)) == [Ended("a"), Finish(Status.FAILED)]
    assert world.machine.root.failed is Failure.EXHAUSTED


def test_a_foreach_runs_its_items_as_far_as_max_parallel_allows() -> None:
    world = World(plan(planned("each", foreach="x", max_parallel=2), planned("after", "each")))
    assert starts(world.begin()) == ["each"]
    assert starts(world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=3))) == [
        "each[0]",
        "each[1]",
    ]
    assert starts(world.tell(ok("each[1]"))) == ["each[2]"]
    assert starts(world.tell(ok("each[0]"), ok("each[2]"))) == ["after"]
    assert world.states()["each"] == "succeeded"


def test_a_foreach_without_items_succeeds() -> None:
    world = World(plan(planned("each", foreach="x")))
    world.begin()
    said = world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=0))
    assert said == [Ended("each"), Finish(Status.COMPLETED)]


def test_too_many_failed_items_fail_the_foreach_and_start_no_more() -> None:
    world = World(plan(planned("each", foreach="x", max_failures=1), fail_fast=False), slots=2)
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=5))
    assert starts(world.tell(err("each[0]"))) == ["each[2]"]
    assert starts(world.tell(err("each[1]"))) == []
    assert world.tell(ok("each[2]")) == [Ended("each"), Finish(Status.FAILED)]
    assert world.states()["each[3]"] == "dropped"
    assert world.machine.tasks["each"].kind is Failure.EXIT_CODE


def test_a_failed_item_that_is_borne_leaves_the_foreach_a_success() -> None:
    world = World(plan(planned("each", foreach="x", max_failures=1)))
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2))
    assert world.tell(err("each[0]"), ok("each[1]"))[-1] == Finish(Status.COMPLETED)


def test_fail_fast_stops_the_items_of_a_foreach() -> None:
    world = World(plan(planned("each", foreach="x", retry=Retry(attempts=1)), planned("bad")), slots=3)
    world.begin()
    world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=4), err("each[0]"))
    assert Stop("each[1]") in world.tell(err("bad"))
    assert world.states()["each[0]"] == "failed"
    assert world.states()["each[3]"] == "dropped"
    world.tell(err("each[1]", Failure.CANCELLED))
    assert world.tell(err("each[2]"))[-1] == Finish(Status.FAILED)
    assert world.machine.tasks["each"].kind is Failure.CANCELLED


def test_a_foreach_stopped_before_its_list_is_known_starts_no_item() -> None:
    world = World(plan(planned("each", foreach="x"), planned("bad")))
    world.begin()
    world.tell(err("bad"))
    said = world.tell(ev.ChildrenAdded(path="each", nesting=ev.Nesting.ITEMS, count=2))
    assert said == [Ended("each"), Finish(Status.FAILED)]


CHILD = plan(planned("x"), planned("y", "x"), max_concurrent_steps=1)


def test_a_child_mission_runs_below_its_step() -> None:
    world = World(plan(planned("child", child=CHILD), planned("after", "child")))
    assert starts(world.begin()) == ["child"]
    assert starts(world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))) == ["child/x"]
    assert world.tell(ok("child/x"), ok("child/y"))[-1] == Close("child")
    assert starts(world.tell(ok("child"))) == ["after"]


def test_a_child_mission_has_a_limit_of_its_own_within_its_parents() -> None:
    wide = plan(*(planned(n) for n in "pqr"), max_concurrent_steps=2)
    world = World(plan(planned("child", child=wide), planned("other")), slots=2)
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))
    assert starts(world.log) == ["child", "other", "child/p"]
    assert starts(world.tell(ok("other"))) == ["child/q"]
    assert starts(world.tell(ok("child/p"))) == ["child/r"]


def test_a_step_parked_behind_a_full_child_lets_others_pass_and_is_not_forgotten() -> None:
    narrow = plan(*(planned(n) for n in "pqr"), max_concurrent_steps=1, fail_fast=False)
    world = World(plan(planned("child", child=narrow), planned("z"), planned("y", "z")), slots=3)
    world.begin()
    assert starts(world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))) == ["child/p"]
    assert starts(world.tell(ok("z"))) == ["y"]
    assert starts(world.tell(ok("child/p"))) == ["child/q"]


def test_a_retried_child_mission_gets_new_paths() -> None:
    world = World(plan(planned("child", child=CHILD, retry=Retry(attempts=1, delay_ms=0))))
    world.begin()
    world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH), err("child/x"))
    assert starts(world.tell(err("child"))) == ["child"]
    assert starts(world.tell(ev.ChildrenAdded(path="child", nesting=ev.Nesting.GRAPH))) == ["child@2/x"]


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
