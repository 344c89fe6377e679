"""The rules of running, one by one, without time, threads or files."""

import pytest

from harness.machines import World, err, failing, ok, plan, planned, starts, succeed
from rustchain.engine.instructions import (
    Close,
    Ended,
    Finish,
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
