"""What a retry takes over from the run before, and what it runs again."""

from pathlib import Path

import pytest

from harness.runs import DIES, Place, started, statuses
from rustchain.model import events as ev
from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status

DIAMOND = """
steps:
  - {id: a, step_type: command, parameters: {command: sh, args: ["-c", "echo a >> log"]}}
  - {id: b, step_type: command, depends_on: [a], parameters: {command: sh, args: ["-c", "echo b >> log"]}}
  - {id: c, step_type: command, depends_on: [a], parameters: {command: sh, args: ["-c", "echo c >> log; test -e there"]}}
  - {id: d, step_type: noop, depends_on: [b, c], parameters: {values: {b: "{{ b.output.exit_code }}"}}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def inherited(place: Place) -> list[str]:
    return [e.path for e in place.seen.events if isinstance(e, ev.StepInherited)]


def test_only_what_failed_and_what_follows_runs_again(place: Place) -> None:
    first = place.run("config: {fail_fast: false}" + DIAMOND)
    (place.folder / "there").touch()
    second = place.retry()
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert sorted(place.lines("log")) == ["a", "b", "c", "c"]
    assert statuses(second) == dict.fromkeys("abcd", "Success")
    assert inherited(place) == ["a", "b"]
    assert second.step_results["d"].output["values"] == {"b": 0}, "what it takes over is read like any output"
    assert place.read().loaded.mission.name == "test"


def test_a_retry_starts_from_a_step_that_is_named(place: Place) -> None:
    (place.folder / "there").touch()
    place.run(DIAMOND)
    place.retry(from_step="b")
    assert (started(place.seen), inherited(place)) == (["b"], ["a", "c"])


def test_a_step_to_start_from_must_be_there(place: Place) -> None:
    (place.folder / "there").touch()
    place.run(DIAMOND)
    with pytest.raises(InvalidUse, match="no step 'e'") as caught:
        place.retry(from_step="e")
    assert caught.value.help == "steps: a, b, c, d"


def test_what_was_skipped_by_a_condition_or_forgiven_holds(place: Place) -> None:
    text = """
config: {fail_fast: false}
steps:
  - {id: no, step_type: noop, when: "false"}
  - {id: may, step_type: parse_json, continue_on_error: true, parameters: {content: "{"}}
  - {id: bad, step_type: command, parameters: {command: "false"}}
  - {id: after, step_type: noop, depends_on: [no, may, bad], parameters: {values: {e: "{{ may.error }}", s: "{{ no.status }}"}}}
"""
    first = place.run(text)
    second = place.retry()
    assert inherited(place) == ["no", "may"]
    assert statuses(second) == statuses(first)
    assert second.step_results["may"].error == first.step_results["may"].error
    assert second.step_results["may"].error_kind == "invalid_data"


def test_a_retry_of_a_retry_still_holds_what_the_first_run_did(place: Place) -> None:
    place.run(DIAMOND)
    place.retry()
    (place.folder / "there").touch()
    third = place.retry()
    assert third.status is Status.COMPLETED
    assert place.lines("log").count("a") == 1


def test_large_outputs_belong_to_the_new_run_as_well(place: Place) -> None:
    (place.folder / "big.txt").write_text("x" * 100_000)
    text = """
steps:
  - {id: read, step_type: read_file, parameters: {path: big.txt}}
  - {id: bad, step_type: command, depends_on: [read], parameters: {command: test, args: ["-e", there]}}
  - {id: size, step_type: noop, depends_on: [bad], parameters: {values: {n: "{{ read.output.content | length }}"}}}
"""
    place.run(text)
    (place.folder / "big.txt").unlink()
    (place.folder / "there").touch()
    assert place.retry().step_results["size"].output["values"] == {"n": 100_000}


EACH = """
steps:
  - id: each
    step_type: command
    foreach: [p, q, r]
    max_failures: {borne}
    parameters: {command: sh, args: ["-c", "echo {{ item }} >> log; test {{ item }} != q || test -e there"]}
  - {id: after, step_type: noop, depends_on: [each], parameters: {values: {all: "{{ each.items }}"}}}
"""


@pytest.mark.parametrize(
    ("only_failed", "again"), [(True, ["each[1]"]), (False, ["each[0]", "each[1]", "each[2]"])]
)
def test_of_a_foreach_all_items_run_again_or_only_those_that_failed(
    place: Place, only_failed: bool, again: list[str]
) -> None:
    place.run("config: {fail_fast: false}" + EACH.replace("{borne}", "0"))
    (place.folder / "there").touch()
    result = place.retry(failed_items_only=only_failed)
    assert result.status is Status.COMPLETED
    assert started(place.seen) == again
    assert [item["status"] for item in result.step_results["each"].items or []] == ["Success"] * 3


def test_a_foreach_that_holds_is_taken_over_with_its_items(place: Place) -> None:
    first = place.run(EACH.replace("{borne}", "1"))
    second = place.retry(from_step="after")
    assert started(place.seen) == []
    assert second.step_results["after"].output == first.step_results["after"].output


def test_what_a_forgiven_foreach_did_holds_and_it_starts_nothing_more(place: Place) -> None:
    text = EACH.replace("{borne}", "0").replace(
        "max_failures", "continue_on_error: true\n    max_parallel: 1\n    max_failures"
    )
    place.run(text + "  - {id: bad, step_type: command, depends_on: [after], parameters: {command: 'false'}}")
    assert place.lines("log") == ["p", "q"]
    result = place.retry()
    assert (place.lines("log"), started(place.seen)) == (["p", "q"], ["bad"])
    assert result.step_results["each"].error_kind == "exit_code"


def test_a_failed_child_mission_goes_on_from_its_failed_steps(place: Place) -> None:
    result = place.run(
        """
steps:
  - id: kid
    step_type: mission
    parameters:
      steps:
        - {id: x, step_type: command, parameters: {command: sh, args: ["-c", "echo x >> log"]}}
        - {id: in, step_type: mission, depends_on: [x], parameters: {steps: [
            {id: y, step_type: command, parameters: {command: sh, args: ["-c", "echo y >> log"]}},
            {id: z, step_type: command, depends_on: [y], parameters: {command: test, args: ["-e", there]}}]}}
  - {id: done, step_type: noop, depends_on: [kid], parameters: {values: {y: "{{ kid.output.in.y.exit_code }}"}}}
""".replace("id: in,", "id: inner,").replace("output.in.", "output.inner.")
    )
    assert result.step_results["kid"].error_kind == "exit_code"
    (place.folder / "there").touch()
    again = place.retry()
    assert again.step_results["done"].output["values"] == {"y": 0}
    assert place.lines("log") == ["x", "y"]
    assert inherited(place) == ["kid/x", "kid/inner/y"]


def test_a_child_mission_behind_something_that_runs_again_starts_from_its_beginning(place: Place) -> None:
    text = """
steps:
  - {id: a, step_type: command, parameters: {command: sh, args: ["-c", "echo a >> log"]}}
  - {id: kid, step_type: mission, depends_on: [a], parameters: {inputs: {n: "{{ a.output.exit_code }}"}, steps: [
      {id: x, step_type: command, parameters: {command: sh, args: ["-c", "echo x >> log"]}},
      {id: z, step_type: command, depends_on: [x], parameters: {command: test, args: ["-e", there]}}]}}
"""
    place.run(text)
    place.retry(from_step="a")
    assert place.lines("log") == ["a", "x", "a", "x"]


def test_a_cancelled_run_is_retried_from_what_had_not_ended(place: Place) -> None:
    place.dies(f"""
steps:
  - {{id: a, step_type: command, parameters: {{command: sh, args: ["-c", "echo a >> log"]}}}}
  - {{id: b, step_type: command, depends_on: [a], parameters: {{command: sh, args: ["-c", "{DIES}; echo b >> log"]}}}}
""")
    cancelled = place.cancel()
    assert cancelled is not None
    assert (cancelled.status, statuses(cancelled)) == (Status.CANCELLED, {"a": "Success", "b": "Failed"})
    assert place.retry().status is Status.COMPLETED
    assert place.lines("log") == ["a", "b"]


def test_finally_runs_again_whatever_came_of_it(place: Place) -> None:
    text = (
        DIAMOND
        + "finally: [{id: tidy, step_type: command, parameters: {command: sh, args: ['-c', 'echo tidy >> log']}}]"
    )
    place.run(text)
    place.retry()
    assert place.lines("log").count("tidy") == 2
