"""Runs of whole missions: what the runner adds to the machine's decisions."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.runs import Place, statuses
from rustchain.app.resume import Verdict, resume
from rustchain.app.wiring import open_engine
from rustchain.engine.runner import Runner
from rustchain.engine.services import Grace
from rustchain.model import events as ev
from rustchain.model.errors import MissingSecret, Refused
from rustchain.model.events import Decision, Status


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_outputs_of_a_mission_are_what_its_steps_gave(place: Place) -> None:
    result = place.run("""
variables: {who: crew}
steps:
  - {id: a, step_type: noop, parameters: {message: "hi {{ who }}", values: {n: 2}}}
  - {id: b, step_type: noop, depends_on: [a], parameters: {values: {twice: "{{ a.output.values.n * 2 }}"}}}
outputs: {said: "{{ a.output.message }}", twice: "{{ b.output.values.twice }}"}
""")
    assert (result.status, result.exit_code) == (Status.COMPLETED, 0)
    assert result.outputs == {"said": "hi crew", "twice": 4}


def test_an_output_that_cannot_be_read_is_a_warning(place: Place) -> None:
    result = place.run("""
steps: [{id: a, step_type: noop, when: "false"}, {id: b, step_type: noop}]
outputs: {gone: "{{ a.output.message }}", there: "{{ b.output.message }}"}
""")
    assert result.outputs == {"there": "No operation performed"}
    assert "gone" in result.warnings[0]


def test_a_condition_that_is_false_skips_and_keeps_what_it_saw(place: Place) -> None:
    result = place.run("""
variables: {n: 1}
steps:
  - {id: a, step_type: noop, when: "n > 2"}
  - {id: b, step_type: noop, depends_on: [a], when: "{{ a.status == 'Skipped' }}"}
""")
    assert statuses(result) == {"a": "Skipped", "b": "Success"}


@pytest.mark.parametrize("when", ["n", "'yes'", "null"])
def test_a_condition_that_is_neither_true_nor_false_fails_the_step(place: Place, when: str) -> None:
    result = place.run(f'variables: {{n: 1}}\nsteps: [{{id: a, step_type: noop, when: "{when}"}}]')
    assert result.step_results["a"].error_kind == "invalid_parameters"


def test_a_foreach_gives_the_list_of_outputs_in_item_order(place: Place) -> None:
    result = place.run("""
steps:
  - id: each
    step_type: command
    foreach: [0.2, 0.1, 0]
    parameters: {command: sh, args: ["-c", "sleep {{ item }}; echo {{ index }}"]}
  - {id: after, step_type: noop, depends_on: [each], parameters: {values: {all: "{{ each.output | map(attribute='stdout') | list }}", s: "{{ each.items[1].status }}"}}}
""")
    assert result.step_results["after"].output["values"] == {"all": ["0\n", "1\n", "2\n"], "s": "Success"}


def test_a_foreach_over_something_else_than_a_list_fails(place: Place) -> None:
    result = place.run("variables: {x: text}\nsteps: [{id: a, step_type: noop, foreach: '{{ x }}'}]")
    assert "needs a list" in (result.step_results["a"].error or "")


def test_failed_items_that_are_borne_are_null_in_the_output(place: Place) -> None:
    result = place.run("""
steps:
  - {id: each, step_type: parse_json, foreach: ["1", "{", "3"], max_failures: 1, parameters: {content: "{{ item }}"}}
  - {id: after, step_type: noop, depends_on: [each], parameters: {values: {bad: "{{ each.items[1].error }}"}}}
""")
    assert [o and o["parsed"] for o in result.step_results["each"].output] == [1, None, 3]
    assert result.step_results["after"].output["values"]["bad"]


def test_repeat_sees_the_round_before(place: Place) -> None:
    result = place.run("""
steps:
  - id: count
    step_type: noop
    repeat: {until: "output.values.n >= 3", max: 5}
    parameters: {values: {n: "{{ (previous.values.n if previous else 0) + 1 }}"}}
""")
    assert result.step_results["count"].output["values"] == {"n": 3}


def test_repeat_that_is_used_up_fails_with_exhausted(place: Place) -> None:
    result = place.run("steps: [{id: a, step_type: noop, repeat: {until: 'false', max: 2, delay_ms: 1}}]")
    assert result.step_results["a"].error_kind == "exhausted"
    assert "2 rounds" in (result.step_results["a"].error or "")


def test_expect_that_is_false_fails_and_keeps_the_output(place: Place) -> None:
    result = place.run("steps: [{id: a, step_type: noop, expect: \"output.message == 'x'\"}]")
    assert result.step_results["a"].error_kind == "expectation"
    assert result.step_results["a"].output == {"message": "No operation performed", "values": {}}


def test_a_step_is_tried_again_after_its_delay(place: Place) -> None:
    result = place.run("""
steps:
  - id: flaky
    step_type: command
    retry: {attempts: 3, delay_ms: 10, on: [7]}
    parameters: {command: sh, args: ["-c", "echo x >> tries; test $(wc -l < tries) -ge 3 || exit 7"]}
""")
    assert result.status is Status.COMPLETED
    assert result.step_results["flaky"].attempts == 3


def test_a_deadline_fails_the_attempt_and_stops_its_processes(place: Place) -> None:
    began = time.monotonic()
    result = place.run(
        "steps: [{id: a, step_type: command, timeout_seconds: 0.3, parameters: {command: sleep, args: ['30']}}]"
    )
    assert result.step_results["a"].error_kind == "timeout"
    assert time.monotonic() - began < 8


def test_the_missions_deadline_exits_6_after_finally(place: Place) -> None:
    result = place.run("""
config: {timeout_seconds: 0.3}
steps: [{id: a, step_type: command, parameters: {command: sleep, args: ['30']}}]
finally: [{id: clean, step_type: create_file, parameters: {path: clean.txt, content: "{{ run.status }} {{ run.failed[0].step }}"}}]
""")
    assert result.exit_code == 6
    assert (place.folder / "clean.txt").read_text() == "Failed a"


def test_a_child_mission_has_inputs_of_its_own_and_gives_its_outputs(place: Place) -> None:
    (place.folder / "child.yaml").write_text("""
name: child
version: "1.0"
inputs: {n: {type: integer}}
steps: [{id: double, step_type: noop, parameters: {values: {r: "{{ inputs.n * 2 }}"}}}]
outputs: {r: "{{ double.output.values.r }}"}
""")
    result = place.run("""
steps:
  - {id: kid, step_type: mission, foreach: [1, 2], parameters: {file: child.yaml, inputs: {n: "{{ item }}"}}}
  - {id: sum, step_type: noop, depends_on: [kid], parameters: {values: {total: "{{ kid.output | sum(attribute='r') }}"}}}
""")
    assert result.step_results["sum"].output["values"] == {"total": 6}


def test_a_failed_child_mission_fails_its_step_with_the_same_kind(place: Place) -> None:
    result = place.run("""
steps:
  - id: kid
    step_type: mission
    parameters: {steps: [{id: x, step_type: command, parameters: {command: "false"}}]}
""")
    assert result.step_results["kid"].error_kind == "exit_code"
    assert "'x' failed" in (result.step_results["kid"].error or "")


def test_a_child_mission_beyond_its_steps_deadline_is_a_timeout(place: Place) -> None:
    result = place.run("""
steps:
  - id: kid
    step_type: mission
    timeout_seconds: 0.2
    parameters: {steps: [{id: x, step_type: wait, parameters: {seconds: 30}}]}
""")
    assert result.step_results["kid"].error_kind == "timeout"


def test_large_outputs_are_blobs_and_expressions_see_them_whole(place: Place) -> None:
    (place.folder / "big.txt").write_text("x" * 100_000)
    result = place.run("""
steps:
  - {id: read, step_type: read_file, parameters: {path: big.txt}}
  - {id: size, step_type: noop, depends_on: [read], parameters: {values: {n: "{{ read.output.content | length }}"}}}
""")
    assert result.step_results["size"].output["values"] == {"n": 100_000}
    assert any(isinstance(e, ev.StepSucceeded) and e.blob for e in place.seen.events)


def test_secrets_reach_the_step_and_nothing_else(tmp_path: Path) -> None:
    place = Place(tmp_path, TOK="hunter2-hunter2")
    result = place.run("""
secrets: {tok: {from: "env:TOK"}}
steps:
  - id: leak
    step_type: command
    env: {T: "{{ secrets.tok }}", F: "{{ secrets.tok.path }}"}
    parameters: {command: sh, args: ["-c", "echo $T; echo $T | base64; cat $F; test $T = $(cat $F) && echo same"]}
""")
    said = json.dumps(result.step_results["leak"].output) + str(place.seen.lines) + str(place.seen.events)
    assert "same" in said
    assert "hunter2" not in said
    assert "aHVudGVyMi" not in said
    assert not any("hunter2" in f.read_text("latin-1") for f in tmp_path.rglob("*") if f.is_file())


def test_a_missing_secret_is_found_before_anything_runs(place: Place) -> None:
    with pytest.raises(MissingSecret, match="NOT_THERE"):
        place.run(
            "secrets: {tok: {from: 'env:NOT_THERE'}}\nsteps: [{id: a, step_type: create_file, parameters: {path: x}}]"
        )
    assert not (place.folder / "x").exists()


def test_an_unexpected_exception_is_a_failed_step_that_says_it_is_our_bug(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(engine: object) -> object:
        type_ = engine.catalogue["noop"]  # type: ignore[attr-defined]  # an engine
        monkeypatch.setitem(engine.catalogue._loaded, "noop", replace(type_, run=lambda p, ctx: 1 / 0))  # type: ignore[attr-defined]
        return await place.start(engine, "steps: [{id: a, step_type: noop}]")  # type: ignore[arg-type]

    result = place.within(broken)
    assert result.exit_code == 7
    assert "a bug in RustChain" in result.step_results["a"].error


def test_cancel_runs_finally_and_the_status_is_cancelled(place: Place) -> None:
    def hold(runner: Runner) -> None:
        asyncio.get_running_loop().call_later(0.3, runner.cancel)

    text = """
steps: [{id: a, step_type: command, parameters: {command: sleep, args: ['30']}}]
finally: [{id: clean, step_type: create_file, parameters: {path: clean.txt}}]
"""
    result = place.within(lambda engine: place.start(engine, text, hold=hold))
    assert (result.status, result.exit_code) == (Status.CANCELLED, 1)
    assert statuses(result) == {"a": "Failed", "clean": "Success"}


def test_an_interrupted_run_stays_open_and_goes_on_where_it_was(place: Place) -> None:
    def hold(runner: Runner) -> None:
        asyncio.get_running_loop().call_later(0.4, runner.interrupt, 15)

    text = """
steps:
  - {id: first, step_type: create_file, parameters: {path: first.txt}}
  - {id: again, step_type: command, depends_on: [first], idempotent: true, parameters: {command: sh, args: ["-c", "echo x >> again; sleep 1"]}}
  - {id: once, step_type: command, depends_on: [first], parameters: {command: sh, args: ["-c", "echo x >> once; sleep 1"]}}
  - {id: last, step_type: create_file, depends_on: [again, once], parameters: {path: last.txt}}
"""
    result = place.within(lambda engine: place.start(engine, text, hold=hold))
    assert result.status is Status.RUNNING
    result = place.within(lambda engine: resume(engine, "@last"))
    assert (result.exit_code, [w["path"] for w in result.waiting_for]) == (5, ["once"])
    result = place.within(
        lambda engine: resume(engine, "@last", (Verdict("once", Decision.DONE, {"stdout": ""}),))
    )
    assert (result.status, result.exit_code) == (Status.COMPLETED, 0)
    assert (place.folder / "again").read_text() == "x\nx\n"
    assert (place.folder / "once").read_text() == "x\n"
    again = place.within(lambda engine: resume(engine, "@last"))
    assert again.status is Status.COMPLETED


@pytest.mark.parametrize(
    "first", [Runner.cancel, lambda runner: runner.interrupt(15)], ids=["cancel", "interrupt"]
)
def test_the_second_time_an_interruption_gives_no_grace(
    place: Place, first: Callable[[Runner], None]
) -> None:
    def hold(runner: Runner) -> None:
        def look() -> None:
            if not (place.folder / "up").exists():
                asyncio.get_running_loop().call_later(0.02, look)
                return
            first(runner)
            runner.interrupt(2)

        asyncio.get_running_loop().call_soon(look)

    text = """
steps: [{id: a, step_type: command, parameters: {command: sh, args: ["-c", "trap '' TERM; touch up; sleep 60"]}}]
"""
    began = time.monotonic()
    result = place.within(lambda engine: place.start(engine, text, hold=hold))
    assert result.status is Status.RUNNING
    assert time.monotonic() - began < Grace().seconds


def test_a_child_mission_goes_on_with_the_inputs_that_it_had(place: Place) -> None:
    def hold(runner: Runner) -> None:
        asyncio.get_running_loop().call_later(0.4, runner.interrupt, 15)

    text = """
steps:
  - id: child
    step_type: mission
    parameters:
      inputs: {word: [a, b]}
      steps:
        - {id: slow, step_type: command, idempotent: true, parameters: {command: sh, args: ["-c", "echo x >> slow; [ -e gate ] || sleep 9"]}}
        - {id: tell, step_type: noop, depends_on: [slow], parameters: {message: "{{ inputs.word | join }}"}}
"""
    place.within(lambda engine: place.start(engine, text, hold=hold))
    (place.folder / "gate").touch()
    result = place.within(lambda engine: resume(engine, "@last"))
    assert result.step_results["child"].output["tell"]["message"] == "ab"


def test_a_risk_above_the_limit_is_refused(place: Place) -> None:
    text = "config: {max_risk: LOW}\nsteps: [{id: a, step_type: command, parameters: {command: rm, args: ['-rf', '/']}}]"
    with pytest.raises(Refused, match="risk"):
        place.run(text)


def test_what_cannot_be_held_to_yet_is_refused_and_not_ignored(place: Place) -> None:
    with pytest.raises(Refused):
        place.run("steps: [{id: a, step_type: noop, sandbox: {require: strong}}]")


def test_hundreds_of_missions_run_at_once_on_one_engine(tmp_path: Path) -> None:
    place = Place(tmp_path, durability="memory")

    async def many() -> list[Status]:
        async with open_engine(place.env, "memory") as engine:
            text = "steps:\n" + "".join(f"  - {{id: s{i}, step_type: noop}}\n" for i in range(5))
            runs = await asyncio.gather(*(place.start(engine, text) for _ in range(200)))
        return [run.status for run in runs]

    assert set(asyncio.run(many())) == {Status.COMPLETED}


def test_a_child_mission_has_the_defaults_of_its_inputs_and_checks_what_it_is_given(place: Place) -> None:
    (place.folder / "child.yaml").write_text("""
name: child
version: "1.0"
inputs: {n: {type: integer, default: 3}}
steps: [{id: a, step_type: noop, parameters: {values: {n: "{{ inputs.n + 1 }}"}}}]
outputs: {n: "{{ a.output['values'].n }}"}
""")
    result = place.run("""
steps:
  - {id: kid, step_type: mission, parameters: {file: child.yaml}}
  - {id: bad, step_type: mission, continue_on_error: true, parameters: {file: child.yaml, inputs: {n: "{{ 'x' ~ 'y' }}"}}}
""")
    assert result.step_results["kid"].output == {"n": 4}
    assert result.step_results["bad"].error_kind == "invalid_parameters"


def test_an_output_with_two_holes_that_cannot_be_read_is_one_warning(place: Place) -> None:
    result = place.run("""
steps: [{id: a, step_type: noop, parameters: {values: {ok: 1}}}]
outputs: {r: ["{{ a.output['values'].nope }}", "{{ a.output['values'].ok }}"], s: "{{ a.output['values'].ok }}"}
""")
    assert (result.outputs, len(result.warnings)) == ({"s": 1}, 1)


def test_the_round_before_is_seen_by_every_attempt_of_the_next(place: Place) -> None:
    result = place.run("""
steps:
  - id: page
    step_type: command
    repeat: {until: "output.stdout | trim == '3'", max: 9}
    retry: {attempts: 2, delay_ms: 0}
    parameters:
      command: sh
      args: ["-c", "n=$1; if [ $n = 1 ] && [ ! -e tried ]; then touch tried; echo garbage; exit 1; fi; echo $((n + 1))", "sh", "{{ (previous.stdout | int) if previous else 0 }}"]
""")
    assert result.step_results["page"].output["stdout"] == "3\n"


def test_no_beginning_of_a_secret_is_left_where_output_was_cut(tmp_path: Path) -> None:
    result = Place(tmp_path, TOK="hunter2-hunter2").run("""
secrets: {tok: {from: "env:TOK"}}
steps:
  - id: cut
    step_type: command
    env: {T: "{{ secrets.tok }}"}
    parameters: {command: sh, args: ["-c", "printf 'xxxxxxxx%s' $T"], max_output: 15}
""")
    assert "hunt" not in str(result.step_results["cut"].output)
