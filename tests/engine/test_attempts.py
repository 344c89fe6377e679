"""One attempt: what is evaluated when, what counts as which failure, what the journal keeps."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from harness.runs import DIES, Place, started, statuses
from rustchain.engine.attempts import INLINE
from rustchain.model import events as ev
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import MissingSecret, StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Parameters, Unknown, doc, step
from rustchain.steps.flow.noop import noop


class Raises(Parameters):
    """Fail as asked."""

    how: Annotated[str, doc("How.")]


ERRORS: dict[str, BaseException] = {
    "failed": StepFailed(Failure.CONFLICT, "no", code=9, output={"seen": 1}, detail={"why": 2}),
    "secret": MissingSecret("there is no such secret"),
    "timeout": TimeoutError("its own"),
    "bug": KeyError("x"),
}


class Odd(Parameters):
    """Give what no JSON can hold."""

    fails: Annotated[bool, doc("Whether it fails with it.")] = False


@step(idempotent=True)
async def odd(p: Odd, ctx: object) -> Any:
    """Give it."""
    if p.fails:
        raise StepFailed(Failure.LIMIT, "no", output=object())
    return object()


@step(idempotent=False)
async def raises(p: Raises, ctx: object) -> Any:
    """Raise it."""
    raise ERRORS[p.how]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, types=[raises, odd])


@pytest.mark.parametrize(
    ("how", "kind", "error"),
    [
        ("failed", "conflict", "no"),
        ("secret", "missing_secret", "there is no such secret"),
        ("timeout", "internal", "a bug in RustChain, not in the mission: TimeoutError: its own"),
        ("bug", "internal", "a bug in RustChain, not in the mission: KeyError: 'x'"),
    ],
)
def test_whatever_is_raised_is_a_failure_of_some_kind(place: Place, how: str, kind: str, error: str) -> None:
    result = place.run(
        f"steps: [{{id: a, step_type: raises, timeout_seconds: 9, parameters: {{how: {how}}}}}]"
    )
    assert (result.step_results["a"].error_kind, result.step_results["a"].error) == (kind, error)


def test_a_failure_keeps_its_code_its_detail_and_what_the_step_gave(place: Place) -> None:
    step = place.run("steps: [{id: a, step_type: raises, parameters: {how: failed}}]").step_results["a"]
    assert (step.output, step.error_detail) == ({"seen": 1}, {"why": 2})
    assert [e.code for e in place.seen.events if isinstance(e, ev.StepErred)] == [9]


def test_a_bug_leaves_its_traceback_in_the_log(place: Place) -> None:
    place.run("steps: [{id: a, step_type: raises, parameters: {how: bug}}]")
    said = "\n".join(line for _, line in place.seen.lines)
    assert said.startswith("Traceback")
    assert "raise ERRORS[p.how]" in said
    assert place.read().replayed.history.fact("a").detail == {"exception": "KeyError"}


def test_a_bug_before_the_step_began_is_told_as_well(tmp_path: Path) -> None:
    def effects(parameters: Mapping[str, Any]) -> list[Effect]:
        return [] if isinstance(parameters["message"], Unknown) else [1 / 0]  # type: ignore[list-item]  # the bug

    broken = replace(noop, effects=effects, actions=frozenset([Action.NET]))
    place = Place(tmp_path, types=[broken])
    result = place.run(
        "variables: {x: 1}\nsteps: [{id: a, step_type: noop, parameters: {message: '{{ x }}'}}]"
    )
    assert result.step_results["a"].error_kind == "internal"
    assert place.seen.lines != []


def test_an_output_that_is_no_json_is_a_bug(place: Place) -> None:
    result = place.run("steps: [{id: a, step_type: odd}]")
    assert result.step_results["a"].error_kind == "internal"


def test_a_failure_that_cannot_be_told_ends_the_run_and_does_not_hang_it(place: Place) -> None:
    with pytest.raises(TypeError):
        place.run("steps: [{id: a, step_type: odd, parameters: {fails: true}}]")
    assert place.read().replayed.history.status is ev.Status.RUNNING


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("null", "null"),
        ("3", "a number"),
        ("1.5", "a number"),
        ("[1]", "a list"),
        ("{a: 1}", "an object"),
        ("text", "a text"),
    ],
)
def test_a_condition_must_be_true_or_false(place: Place, value: str, kind: str) -> None:
    result = place.run(f"variables: {{x: {value}}}\nsteps: [{{id: a, step_type: noop, when: x}}]")
    assert result.step_results["a"].error == f"`when` must be true or false and is {kind}"


def test_a_foreach_needs_a_list(place: Place) -> None:
    result = place.run("variables: {x: true}\nsteps: [{id: a, step_type: noop, foreach: x}]")
    assert result.step_results["a"].error == "foreach needs a list and got a boolean"


def test_when_is_decided_once_before_the_items_and_never_again(place: Place) -> None:
    result = place.run("""
variables: {n: 1}
steps:
  - {id: no, step_type: noop, when: "n > 1", foreach: [1, 2]}
  - {id: yes, step_type: noop, when: "n == 1", foreach: "{{ [n, n + 1] }}", parameters: {message: "{{ item }} {{ index }}"}}
  - {id: flaky, step_type: command, when: "n == 1", retry: {attempts: 1, delay_ms: 1}, parameters: {command: sh, args: ["-c", "test -e x || { touch x; false; }"]}}
""")
    assert statuses(result) == {"no": "Skipped", "yes": "Success", "flaky": "Success"}
    assert result.step_results["no"].output is None
    assert [o["message"] for o in result.step_results["yes"].output] == ["1 0", "2 1"]


def test_expect_holds_for_each_item_and_each_round(place: Place) -> None:
    result = place.run("""
config: {fail_fast: false}
steps:
  - {id: each, step_type: noop, foreach: [1, 2], max_failures: 1, expect: "output.values.n == item", parameters: {values: {n: 1}}}
  - {id: poll, step_type: noop, expect: "previous is none or previous.values.n < 2", repeat: {until: "output.values.n == 9", max: 9},
     parameters: {values: {n: "{{ (previous.values.n if previous else 0) + 1 }}"}}}
""")
    assert [i["status"] for i in result.step_results["each"].items or []] == ["Success", "Failed"]
    assert result.step_results["poll"].error_kind == "expectation"
    assert result.step_results["poll"].output["values"] == {"n": 3}


def test_until_must_be_true_or_false(place: Place) -> None:
    result = place.run("steps: [{id: a, step_type: noop, repeat: {until: 'output.message', max: 2}}]")
    assert result.step_results["a"].error == "`until` must be true or false and is a text"


def test_a_deadline_is_that_of_an_item(place: Place) -> None:
    result = place.run("""
steps: [{id: each, step_type: wait, foreach: [0, 9], max_failures: 1, timeout_seconds: 0.2, parameters: {seconds: "{{ item }}"}}]
""")
    assert [i["status"] for i in result.step_results["each"].items or []] == ["Success", "Failed"]
    assert "0.2 seconds" in (result.step_results["each"].items or [])[1]["error"]


def test_no_more_items_run_at_once_than_max_parallel_says(place: Place) -> None:
    result = place.run("""
steps:
  - id: each
    step_type: command
    foreach: [1, 2, 3, 4, 5]
    max_parallel: 2
    parameters: {command: sh, args: ["-c", "touch on-{{ item }}; ls on-* | wc -l; sleep 0.1; rm on-{{ item }}"]}
""")
    assert max(int(o["stdout"]) for o in result.step_results["each"].output) == 2


def test_rounds_with_large_outputs_hand_them_on(place: Place) -> None:
    result = place.run(
        f"""
steps:
  - id: grow
    step_type: noop
    repeat: {{until: "output.values.t | length > {INLINE * 2}", max: 9}}
    parameters: {{values: {{t: "{{{{ (previous.values.t if previous else 'x' * {INLINE + 1}) * 2 }}}}"}}}}
""".replace(f"'x' * {INLINE + 1}", f"('x' * {INLINE // 2 + 100})")
    )
    ends = [e for e in place.seen.events if isinstance(e, ev.RoundEnded | ev.StepSucceeded)]
    assert all(e.blob and e.size > INLINE for e in ends)
    assert len(result.step_results["grow"].output["values"]["t"]) > INLINE * 2


def test_an_output_of_64_kib_is_in_the_journal_and_one_byte_more_is_not(place: Place) -> None:
    empty = len(json.dumps({"message": "", "values": {}}, separators=(",", ":")))
    for size in (INLINE - empty, INLINE - empty + 1):
        (place.folder / f"{size}.txt").write_text("x" * size)
        place.run(
            "inputs: {t: {type: string}}\nsteps: [{id: a, step_type: noop, parameters: {message: '{{ inputs.t }}'}}]",
            inputs={"t": "x" * size},
        )
    ends = [e for e in place.seen.events if isinstance(e, ev.StepSucceeded)]
    assert [bool(e.blob) for e in ends] == [False, True]


def test_parameters_are_checked_again_once_they_are_known(place: Place) -> None:
    result = place.run("""
variables: {x: {deep: 1}}
steps: [{id: a, step_type: create_file, parameters: {path: f, content: "{{ x }}"}}]
""")
    assert result.step_results["a"].error_kind == "invalid_parameters"
    assert started(place.seen) == []


def test_what_is_shown_names_secrets_and_effects(tmp_path: Path) -> None:
    place = Place(tmp_path, SECRET_WORD="hunter2-hunter2")
    place.run("""
inputs: {pin: {type: string, secret: true}, who: {type: string}}
steps:
  - {id: a, step_type: command, parameters: {command: cat, stdin: "{{ inputs.who }} {{ inputs.pin }} {{ env.SECRET_WORD }}"}}
  - {id: b, step_type: command, parameters: {command: echo, args: ["{{ inputs.who }}"]}}
""", inputs={"pin": "1234-5678-90", "who": "me"})  # fmt: skip
    facts = place.read().replayed.history.facts
    shown = {name: json.loads(facts[name].shown or b"null") for name in "ab"}
    assert shown["a"]["parameters"]["stdin"] == "{{ inputs.who }} {{ inputs.pin }} {{ env.SECRET_WORD }}"
    assert shown["b"] == {"parameters": {"command": "echo", "args": ["me"]}, "effects": ["exec echo"]}


def test_items_of_a_foreach_are_found_again_after_a_crash(place: Place) -> None:
    place.dies(f"""
variables: {{names: [x, y, z]}}
steps:
  - id: each
    step_type: command
    foreach: "{{{{ names }}}}"
    max_parallel: 1
    idempotent: true
    parameters: {{command: sh, args: ["-c", "echo {{{{ item }}}}{{{{ index }}}} >> log; test {{{{ item }}}} != y || {{ {DIES}; }}"]}}
""")
    result = place.resume()
    assert statuses(result) == {"each": "Success"}
    assert place.lines("log") == ["x0", "y1", "y1", "z2"]


@pytest.mark.parametrize("hosts", [["first-host"], ["first-host"] * 4])
def test_a_list_that_has_another_length_after_a_crash_fails_what_is_left_of_it(
    place: Place, hosts: list[str]
) -> None:
    place.dies(
        f"""
inputs: {{hosts: {{type: array, secret: true}}}}
steps:
  - id: each
    step_type: command
    foreach: "{{{{ inputs.hosts }}}}"
    max_parallel: 1
    max_failures: 9
    idempotent: true
    env: {{HOST: "{{{{ item }}}}"}}
    parameters: {{command: sh, args: ["-c", "echo $HOST >> log; test {{{{ index }}}} = 0 || {{ {DIES}; }}"]}}
""",
        "-i",
        'hosts=["first-host", "second-host", "third-host"]',
    )
    items = place.resume(secret_inputs={"hosts": hosts}).step_results["each"].items or []
    assert [item["status"] for item in items] == ["Success", "Failed", "Failed"]
    error = f"the list of the foreach has changed since the run began: it had 3 items and has {len(hosts)}"
    assert items[2]["error"] == error
    assert place.lines("log") == ["first-host", "second-host"]
