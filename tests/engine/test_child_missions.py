"""Missions within missions, each with rules of its own."""

from pathlib import Path

import pytest

from harness.runs import Place, statuses
from rustchain.model import events as ev
from rustchain.model.events import Status

HEAD = 'name: child\nversion: "1.0"\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def child(place: Place, text: str, name: str = "child.yaml") -> None:
    (place.folder / name).write_text(HEAD + text)


def paths(place: Place) -> list[str]:
    """Paths of what ended well, in the order in which it did."""
    return [e.path for e in place.seen.events if isinstance(e, ev.StepSucceeded)]


def test_without_outputs_a_child_mission_gives_those_of_its_steps(place: Place) -> None:
    child(
        place,
        "steps: [{id: a, step_type: noop, parameters: {message: hi}}, {id: no, step_type: noop, when: 'false'}]",
    )
    result = place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    assert result.step_results["kid"].output == {"a": {"message": "hi", "values": {}}, "no": None}


def test_missions_nest_and_every_path_tells_where(place: Place) -> None:
    child(
        place,
        "inputs: {n: {type: integer}}\nsteps: [{id: leaf, step_type: noop, parameters: {values: {n: '{{ inputs.n + 1 }}'}}}]\noutputs: {n: '{{ leaf.output.values.n }}'}",
    )
    child(place, """
inputs: {n: {type: integer}}
steps: [{id: inner, step_type: mission, foreach: "{{ range(2) }}", parameters: {file: child.yaml, inputs: {n: "{{ inputs.n + item }}"}}}]
outputs: {all: "{{ inner.output | map(attribute='n') | list }}"}
""", "middle.yaml")  # fmt: skip
    result = place.run("""
steps: [{id: outer, step_type: mission, foreach: [10, 20], parameters: {file: middle.yaml, inputs: {n: "{{ item }}"}}}]
""")
    assert result.step_results["outer"].output == [{"all": [11, 12]}, {"all": [21, 22]}]
    assert {"outer[1]/inner[0]/leaf", "outer[0]/inner[1]", "outer[1]"} <= set(paths(place))


def test_inputs_are_checked_once_they_are_known(place: Place) -> None:
    child(place, "inputs: {n: {type: integer, default: 1}}\nsteps: [{id: a, step_type: noop}]")
    result = place.run("""
variables: {x: text}
steps: [{id: kid, step_type: mission, parameters: {file: child.yaml, inputs: {n: "{{ x }}"}}}]
""")
    assert result.step_results["kid"].error_kind == "invalid_parameters"


def test_a_retried_child_mission_runs_anew_at_paths_of_its_own(place: Place) -> None:
    result = place.run("""
steps:
  - id: kid
    step_type: mission
    retry: {attempts: 1, delay_ms: 1}
    parameters: {steps: [
      {id: a, step_type: command, parameters: {command: sh, args: ["-c", "echo a >> log"]}},
      {id: b, step_type: command, depends_on: [a], parameters: {command: sh, args: ["-c", "test $(wc -l < log) -gt 1"]}}]}
""")
    assert (result.status, result.step_results["kid"].attempts) == (Status.COMPLETED, 2)
    assert paths(place) == ["kid/a", "kid@2/a", "kid@2/b", "kid"]


def test_a_repeated_child_mission_hands_its_outputs_to_the_next_round(place: Place) -> None:
    child(
        place,
        "inputs: {n: {type: integer}}\nsteps: [{id: a, step_type: noop}]\noutputs: {n: '{{ inputs.n + 1 }}'}",
    )
    result = place.run("""
steps:
  - id: kid
    step_type: mission
    repeat: {until: "output.n >= 3", max: 5}
    parameters: {file: child.yaml, inputs: {n: "{{ previous.n if previous else 0 }}"}}
""")
    assert result.step_results["kid"].output == {"n": 3}
    assert paths(place) == ["kid/a", "kid~2/a", "kid~3/a", "kid"]


def test_a_child_mission_has_its_own_fail_fast(place: Place) -> None:
    child(place, """
config: {fail_fast: false}
steps:
  - {id: bad, step_type: parse_json, parameters: {content: "{"}}
  - {id: slow, step_type: command, parameters: {command: sh, args: ["-c", "sleep 0.1; touch slow"]}}
""")  # fmt: skip
    result = place.run("""
steps:
  - {id: kid, step_type: mission, parameters: {file: child.yaml}}
  - {id: beside, step_type: wait, parameters: {seconds: 30}}
""")
    assert (place.folder / "slow").exists()
    assert {n: s.error_kind for n, s in result.step_results.items()} == {
        "kid": "invalid_data",
        "beside": "cancelled",
    }


def test_a_failure_tells_of_the_step_that_failed_and_not_of_those_it_stopped(place: Place) -> None:
    result = place.run("""
steps:
  - id: kid
    step_type: mission
    parameters: {steps: [
      {id: slow, step_type: wait, parameters: {seconds: 30}},
      {id: borne, step_type: parse_json, continue_on_error: true, parameters: {content: "["}},
      {id: bad, step_type: command, depends_on: [borne], parameters: {command: "false"}}]}
""")
    assert (result.step_results["kid"].error or "").startswith("step 'bad' failed: ")
    assert result.step_results["kid"].error_kind == "exit_code"


def test_a_forgiven_child_mission_lets_what_follows_run(place: Place) -> None:
    result = place.run("""
steps:
  - {id: kid, step_type: mission, continue_on_error: true, parameters: {steps: [{id: x, step_type: command, parameters: {command: "false"}}]}}
  - {id: after, step_type: noop, depends_on: [kid]}
  - {id: handler, step_type: noop, depends_on: [{step: kid, on: failure}], parameters: {message: "{{ kid.error }}"}}
""")
    assert statuses(result) == {"kid": "Failed", "after": "Success", "handler": "Success"}
    assert result.step_results["handler"].output["message"].startswith("step 'x' failed")


def test_a_child_mission_has_its_own_deadline_and_its_finally_comes_after_it(place: Place) -> None:
    child(place, """
config: {timeout_seconds: 0.1}
steps: [{id: slow, step_type: wait, parameters: {seconds: 30}}]
finally: [{id: tidy, step_type: create_file, parameters: {path: tidy.txt, content: "{{ run.status }} {{ run.failed[0].step }}"}}]
""")  # fmt: skip
    result = place.run("""
config: {fail_fast: false}
steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}, {id: beside, step_type: wait, parameters: {seconds: 0.2}}]
""")
    assert result.step_results["kid"].error_kind == "timeout"
    assert (statuses(result)["beside"], result.exit_code) == ("Success", 1), (
        "the mission's own deadline has not passed"
    )
    assert place.lines("tidy.txt") == ["Failed slow"]


def test_a_child_mission_has_its_own_limit_of_steps_at_once(place: Place) -> None:
    steps = "".join(
        f"  - {{id: s{i}, step_type: command, parameters: {{command: sh, args: ['-c', 'touch on-{i}; ls on-* | wc -l; sleep 0.05; rm on-{i}']}}}}\n"
        for i in range(4)
    )
    child(place, f"config: {{max_concurrent_steps: 1}}\nsteps:\n{steps}")
    result = place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    assert [o["stdout"] for o in result.step_results["kid"].output.values()] == ["1\n"] * 4


def test_a_failure_in_finally_fails_the_child_mission(place: Place) -> None:
    child(
        place,
        "steps: [{id: a, step_type: noop}]\nfinally: [{id: tidy, step_type: parse_json, parameters: {content: '{'}}]",
    )
    result = place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    assert (result.step_results["kid"].error or "").startswith("step 'tidy' failed: ")


def test_outputs_that_cannot_be_read_fail_the_step(place: Place) -> None:
    child(place, "steps: [{id: a, step_type: noop, when: 'false'}]\noutputs: {x: '{{ a.output.message }}'}")
    result = place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    assert result.step_results["kid"].error_kind == "invalid_parameters"


def test_handlers_run_after_fail_fast_and_what_only_waited_does_not(place: Place) -> None:
    result = place.run("""
steps:
  - {id: bad, step_type: parse_json, parameters: {content: "{"}}
  - {id: slow, step_type: wait, parameters: {seconds: 30}}
  - {id: plain, step_type: noop, depends_on: [slow]}
  - {id: handler, step_type: noop, depends_on: [{step: bad, on: failure}], parameters: {message: "{{ bad.error }}"}}
  - {id: always, step_type: noop, depends_on: [{step: plain, on: always}, handler]}
""")
    assert statuses(result) == {
        "bad": "Failed", "slow": "Failed", "plain": "Skipped", "handler": "Success", "always": "Success",
    }  # fmt: skip
    assert (result.step_results["slow"].error_kind, result.exit_code) == ("cancelled", 1)
