from typing import Any

import pytest

from harness.missions import HEAD, built, problems_in, shown, steps
from rustchain.engine.checks.structure import read_mission


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- 1", "RC100 1:1 a mission is a mapping with version, name and steps, not a list"),
        ("just text", "RC100 1:1 a mission is a mapping with version, name and steps, not 'just text'"),
        ("version: '1.0'\nsteps: [{id: a, step_type: noop}]", "RC102 1:1 missing key 'name'"),
        (HEAD + "steps: []", "RC103 3:8 steps must not be empty"),
        (HEAD + "steps: {a: b}", "RC103 3:8 steps takes a list, not a mapping"),
        (steps("3"), "RC103 4:5 steps[0] takes a mapping, not 3"),
        (steps("{id: a}"), "RC102 4:5 missing key 'step_type' in steps[0]"),
        (steps("{id: a b, step_type: noop}"), "RC103 4:10 id must begin with a letter or _, and go on with letters, digits, _ and -, not 'a b'"),
        (steps("{id: a, step_type: noop, depend_on: []}"), "RC101 4:30 unknown key 'depend_on' in steps[0]"),
        (steps("{id: a, step_type: noop, timeout_seconds: soon}"), "RC103 4:47 timeout_seconds takes a number, not 'soon'"),
        (steps("{id: a, step_type: noop, timeout_seconds: 0}"), "RC103 4:47 timeout_seconds must be more than 0, not 0"),
        (steps("{id: a, step_type: noop, max_parallel: x, foreach: [1]}"), "RC103 4:44 max_parallel takes a whole number, not 'x'"),
        (steps("{id: a, step_type: noop, depends_on: 3}"), "RC103 4:42 depends_on takes a list, not 3"),
        (steps("{id: a, step_type: noop, depends_on: [1.5]}"), "RC103 4:43 depends_on[0] takes a text or a mapping, not 1.5"),
        (steps("{id: a, step_type: noop, depends_on: [{on: failure}]}"), "RC102 4:43 missing key 'step' in depends_on[0]"),
        (steps("{id: a, step_type: noop, retry: {attempts: 5.0}}"), "RC103 4:48 attempts: expected `int`, got `float`"),
        (steps("{id: a, step_type: noop, retry: {attempts: 1, backoff: twice}}"), "RC103 4:60 backoff takes one of exponential, fixed, not 'twice'"),
        (steps("{id: a, step_type: noop, retry: {attempts: 1, on: [tiemout]}}"), "RC103 4:56 unknown error kind 'tiemout'"),
        (steps("{id: a, step_type: noop, env: {A: [1]}}"), "RC103 4:39 env.A takes a text, not a list"),
        (steps("{id: a, step_type: noop, max_parallel: 2}"), "RC111 4:30 'max_parallel' has no meaning without 'foreach'"),
        ("version: 1.0\nname: x\nsteps: [{id: a, step_type: noop}]", "RC103 1:10 version takes a text, not 1.0"),
        ("version: '2.0'\nname: x\nsteps: [{id: a, step_type: noop}]", "RC110 1:10 version 2.0 of the mission format is not known to this engine"),
        (steps("{id: a, step_type: noop}") + "secrets: {a: {from: nowhere}}", "RC103 5:21 from must say where it is read from, such as env:NAME or file:PATH, not 'nowhere'"),
        (steps("{id: a, step_type: noop}") + "config: {parallel_limit: 0}", "RC103 5:26 max_concurrent_steps must be at least 1, not 0"),
        (steps("{id: a, step_type: noop}") + "config: {parallel_limit: 1, max_parallel_steps: 2}", "RC204 5:29 'max_parallel_steps' and 'parallel_limit' are two spellings of one key"),
    ],
)  # fmt: skip
def test_each_fault_is_told_where_it_is(text: str, problem: str) -> None:
    found = problems_in(text)
    assert found == [problem]


def test_a_fault_in_one_place_hides_no_other() -> None:
    text = steps(
        "{id: a, step_type: noop, depends_on: [3, zz], foreach: 7, parameters: {message: '{{ item }}'}}",
        "{id: b, step_type: nope, timeout_seconds: x, repeat: 1, expect: previous == 1}",
        "{id: c, step_type: probe, parameters: {}}",
        "7",
        "{step_type: noop, env: 3}",
    )
    text += (
        "inputs: {n: {type: integr}}\nsecrets: {s: 1}\nconfig: {fail_fast: perhaps}\noutputs: 3\nfinally: 1\n"
    )
    codes = [p.split(" ")[:2] for p in problems_in(text)]
    assert codes == [
        ["RC103", "4:43"], ["RC104", "4:46"], ["RC103", "4:60"],
        ["RC105", "5:24"], ["RC103", "5:47"], ["RC103", "5:58"],
        ["RC202", "6:31"], ["RC103", "7:5"], ["RC102", "8:5"], ["RC103", "8:28"],
        ["RC103", "9:20"], ["RC103", "10:14"], ["RC103", "11:21"], ["RC103", "12:10"], ["RC103", "13:10"],
    ]  # fmt: skip


def test_an_unknown_key_gets_a_suggestion_and_the_keys_there_are() -> None:
    (problem,) = built(steps("{id: a, step_type: noop, retry: {attempts: 1, delay: 5}}")).problems
    assert problem.suggestion == "delay_ms"
    assert problem.help == "keys here: attempts, delay_ms, backoff, max_delay_ms, jitter, on"
    assert "did you mean 'delay_ms'?" in shown([problem])


def test_other_spellings_of_config_are_understood() -> None:
    value = {"version": "1.0.3", "name": "x", "steps": [{"id": "a", "step_type": "noop"}]}
    for spelling in ("max_parallel_steps", "parallel_limit", "max_concurrent_steps"):
        draft = read_mission({**value, "config": {spelling: 3}})
        assert draft.mission is not None
        assert draft.mission.config.max_concurrent_steps == 3


def test_a_document_is_not_changed_by_reading_it() -> None:
    value: dict[str, Any] = {
        "config": {"parallel_limit": 0},
        "steps": [{"id": 3, "depends_on": [1]}],
        "inputs": {"a": 1},
    }
    before = repr(value)
    read_mission(value)
    assert repr(value) == before


def test_of_very_many_faults_the_first_thousand_are_told() -> None:
    lines = [f"{{id: s{i}, step_type: noop, nope: 1, depends_on: [x{i}, 1]}}" for i in range(2000)]
    assert len(problems_in(steps(*lines))) == 1000


def test_of_a_long_list_of_faults_the_first_are_told_and_the_rest_is_checked() -> None:
    found = problems_in(steps(f"{{id: a, step_type: nop, depends_on: [{'1,' * 100_000}]}}"))
    assert [p[:5] for p in found] == ["RC105"] + ["RC103"] * 100


def test_whole_numbers_written_as_fractions_are_told_as_many_as_can_be() -> None:
    lines = [f"{{id: s{i}, step_type: noop, retry: {{attempts: 2.0}}}}" for i in range(25)]
    assert len(problems_in(steps(*lines))) == 20
    assert problems_in(steps("{id: a, step_type: noop}") + "config: {connections: {db: {url: 1.0}}}") == [
        "RC103 5:34 url takes a text, not 1.0"
    ]


def test_a_name_holds_nothing_that_a_terminal_would_obey() -> None:
    text = 'version: "1.0"\nname: "A\\e[31mB"\nsteps: [{id: a, step_type: noop}]\n'
    assert any("name must hold no control characters" in problem for problem in problems_in(text))
