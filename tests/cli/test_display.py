"""What is told while a run goes on, by level."""

import pytest

from harness.program import Shell
from rustchain.cli.paint import seconds, table

STEPS = """
- {id: a, step_type: command, parameters: {command: echo, args: [hey]}}
- {id: flaky, step_type: command, depends_on: [a], retry: {attempts: 1, delay_ms: 1}, parameters: {command: sh, args: [-c, "test -e x || { touch x; exit 3; }"]}}
- {id: poll, step_type: noop, depends_on: [flaky], repeat: {until: previous != none, max: 3}}
- {id: no, step_type: noop, when: "1 > 2"}
- {id: each, step_type: noop, foreach: [1, 2]}
"""


def told(shell: Shell, *args: str) -> list[str]:
    return shell("run", shell.mission(STEPS.replace("id: no,", "id: nope,")), *args).err.splitlines()


def test_attempts_rounds_items_and_skips_are_told(shell: Shell) -> None:
    lines = told(shell)
    for line in (
        "● flaky  attempt 2", "↻ poll  round 1, and again", "○ nope  skipped: its condition is false",
        "● each  2 items", "✔ each  done",
    ):  # fmt: skip
        assert line in lines
    assert any(line.startswith("✖ flaky  exit_code: ") for line in lines)
    assert not any("hey" in line for line in lines)


def test_debug_tells_what_steps_log_too(shell: Shell) -> None:
    assert "│ a: hey" in told(shell, "--log-level", "debug")


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
