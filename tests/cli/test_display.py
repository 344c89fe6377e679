"""What is told while a run goes on, by level."""

import pytest

from harness.program import Shell, called
from rustchain.cli.paint import seconds, table

STEPS = """
- {id: a, step_type: command, parameters: {command: echo, args: [hey]}}
- {id: flaky, step_type: command, depends_on: [a], retry: {attempts: 1, delay_ms: 1}, parameters: {command: sh, args: [-c, "test -e x || { touch x; exit 3; }"]}}
- {id: poll, step_type: noop, depends_on: [flaky], repeat: {until: previous != none, max: 3}}
- {id: no, step_type: noop, when: "1 > 2"}
- {id: each, step_type: noop, foreach: [1, 2]}
- {id: child, step_type: mission, parameters: {steps: [{id: x, step_type: noop}, {id: y, step_type: noop, when: "1 > 2"}]}}
"""
FAILING = """
- {id: each, step_type: command, foreach: [0, 1, 0], max_failures: 1, parameters: {command: sh, args: [-c, "exit {{ item }}"]}}
- id: child
  step_type: mission
  depends_on: [each]
  parameters: {steps: [{id: x, step_type: command, parameters: {command: "false"}}, {id: y, step_type: noop, foreach: [1], depends_on: [x]}]}
"""
STOPPED = """
- {id: bad, step_type: command, parameters: {command: sh, args: [-c, "while [ ! -e 1 ] || [ ! -e 2 ]; do sleep 0.01; done; sleep 0.1; false"]}}
- {id: poll, step_type: command, repeat: {until: "false", max: 9, delay_ms: 60000}, parameters: {command: touch, args: ["1"]}}
- {id: each, step_type: command, foreach: [2], parameters: {command: sh, args: [-c, "touch {{ item }}; sleep 60"]}}
"""


def told(shell: Shell, *args: str) -> list[str]:
    return shell("run", shell.mission(STEPS.replace("id: no,", "id: nope,")), *args).err.splitlines()


def test_attempts_rounds_items_and_skips_are_told(shell: Shell) -> None:
    lines = told(shell)
    for line in (
        "● flaky  attempt 2", "↻ poll  round 1, and again", "○ nope  skipped: its condition is false",
        "● each  2 items", "✔ each  2/2", "● child  2 steps",
    ):  # fmt: skip
        assert line in lines
    assert any(line.startswith("✖ flaky  exit_code: ") for line in lines)
    assert any(line.startswith("✔ child  2/2  ") for line in lines)
    assert not any("hey" in line or "each[" in line or "child/" in line for line in lines)


def test_debug_tells_all_and_what_steps_log(shell: Shell) -> None:
    lines = told(shell, "--log-level", "debug")
    assert "│ a: hey" in lines
    assert any(line.startswith("✔ each[1]  ") for line in lines)
    assert any(line.startswith("✔ child/x  ") for line in lines)


def test_a_failure_is_told_wherever_it_is_and_counted(shell: Shell) -> None:
    lines = shell("run", shell.mission(FAILING)).err.splitlines()
    assert sum(line.startswith("✖ each[1]  exit_code: ") for line in lines) == 1
    assert "✔ each  2/3, 1 failed" in lines
    assert any(line.startswith("✖ child/x  exit_code: ") for line in lines)
    assert any(line.startswith("✖ child  exit_code: step 'x' failed: ") for line in lines)
    assert not any("child/y" in line for line in lines)


def test_what_fail_fast_stops_is_cancelled(shell: Shell) -> None:
    lines = shell("run", shell.mission(STOPPED)).err.splitlines()
    assert any(line.startswith("✖ poll  cancelled: ") for line in lines)
    assert any(line.startswith("✖ each  cancelled: ") for line in lines)
    assert not any(line.startswith("✖ each[") for line in lines)


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        ("failed", "✖ a  unknown_outcome: "),
        ("done", "✔ a  done, as decided"),
        ("again", "↻ a  again, as decided"),
    ],
)
def test_a_decision_is_told(shell: Shell, decision: str, line: str) -> None:
    step = "- {id: a, step_type: command, parameters: {command: sh, args: [-c, 'test -e x || { touch x; kill -9 $PPID; sleep 9; }']}}"
    called(shell.folder, "run", shell.mission(step))
    assert any(
        said.startswith(line)
        for said in shell("resume", "@last", "--decide", f"a={decision}").err.splitlines()
    )


def test_what_the_mission_gave_is_told_last(shell: Shell) -> None:
    head = 'outputs: {text: "{{ a.output.message }}", list: "{{ a.output.values.list }}"}'
    step = f'- {{id: a, step_type: noop, parameters: {{message: "x\\n{"y" * 200}", values: {{list: [1, {{a: 2}}]}}}}}}'
    mission = shell.mission(step, head=head)
    done = shell("run", mission)
    assert done.err.splitlines()[-2:] == [f"  text = x\\n{'y' * 86}…", '  list = [1,{"a":2}]']
    assert done.out == ""
    assert "text = " not in shell("run", mission, "--quiet").err


def test_warning_tells_what_goes_wrong_and_the_end(shell: Shell) -> None:
    failed, end = told(shell, "--log-level", "warning")
    assert failed.startswith("✖ flaky")
    assert end.startswith("✔ Completed")


def test_error_tells_the_end_alone(shell: Shell) -> None:
    assert len(told(shell, "--log-level", "error")) == 1


def test_a_deadline_is_told(shell: Shell) -> None:
    steps = "- {id: a, step_type: command, parameters: {command: sleep, args: ['60']}}"
    done = shell("run", shell.mission(steps, head="config: {timeout_seconds: 0.2}"))
    assert done.code == 6
    assert "✖ the deadline passed" in done.err


def test_no_more_than_three_failures_are_told_at_the_end(shell: Shell) -> None:
    steps = "\n".join(
        f"- {{id: s{i}, step_type: command, parameters: {{command: 'false'}}}}" for i in range(5)
    )
    err = shell("run", shell.mission(steps, head="config: {fail_fast: false}"), "-q").err
    assert err.count("error: ") == 3
    assert "2 more steps failed" in err


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (59_949, "59.9 s"), (60_000, "1 min 0 s"), (12_000_000, "3 h 20 min")],
)  # fmt: skip
def test_durations_as_people_say_them(ms: int, text: str) -> None:
    assert seconds(ms) == text


def test_columns_are_aligned() -> None:
    assert table([("a", "bb", ""), ("aaa", "b", "c")]) == "a    bb\naaa  b   c"
