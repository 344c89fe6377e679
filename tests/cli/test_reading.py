"""Commands that read runs."""

import pytest

from harness.program import TWO, Shell

FAILS = """
- {id: ok, step_type: command, parameters: {command: echo, args: [fine]}}
- {id: each, step_type: command, foreach: [a, b], max_failures: 2, parameters: {command: sh, args: [-c, 'echo {{ item }}; test {{ item }} = a']}}
- {id: bad, step_type: command, depends_on: [ok, each], retry: {attempts: 1, delay_ms: 1}, parameters: {command: sh, args: [-c, 'echo no; false']}}
- {id: after, step_type: noop, depends_on: [bad]}
"""


@pytest.fixture
def failed(shell: Shell) -> Shell:
    shell("run", shell.mission(FAILS))
    return shell


def test_runs_are_listed_the_newest_first(shell: Shell) -> None:
    assert shell("runs") == (0, "", "no runs\n")
    shell("run", shell.write("two.yaml", TWO))
    shell("run", shell.mission("- {id: a, step_type: noop}"))
    rows = shell("runs").out.splitlines()
    assert rows[0].split() == ["RUN", "NAME", "MISSION", "STATUS", "STARTED", "TOOK"]
    assert [row.split()[2:4] for row in rows[1:]] == [["m", "Completed"], ["two", "Completed"]]


def test_runs_are_chosen_by_status_and_age(failed: Shell) -> None:
    failed("run", failed.write("two.yaml", TWO))
    assert [r["mission"] for r in failed("runs", "--status", "failed", "--json").json] == ["m"]
    assert len(failed("runs", "--last", "1h", "--json").json) == 2
    assert failed("runs", "--last", "0s", "--json").json == []
    assert failed("runs", "--waiting", "--json").json == []
    assert failed("runs", "--last", "soon").code == 2


def test_a_run_is_shown_by_any_of_its_names(failed: Shell) -> None:
    record = failed("runs", "--json").json[0]
    for name in ("@last", "@failed", record["alias"], record["run_id"], record["run_id"][:20]):
        assert failed("show", name, "--json").json["run_id"] == record["run_id"]


def test_what_is_shown_is_what_the_run_gave(shell: Shell) -> None:
    given = shell("run", shell.write("two.yaml", TWO), "--json").json
    assert shell("show", "@last", "--json").json == given


def test_a_run_is_shown_for_people(failed: Shell) -> None:
    out = failed("show", "@last").out
    assert "  bad    Failed" in out
    assert "2 attempts" in out
    assert "│ no" in out


def test_one_value_of_a_run(failed: Shell) -> None:
    assert failed("show", "@last", "--output", "ok.stdout").out == "fine\n\n"
    assert failed("show", "@last", "--output", "ok.args.0").out == "fine\n"
    assert failed("show", "@last", "--output", "ok.args").json == ["fine"]
    assert failed("show", "@last", "--output", "each.0.exit_code").json == 0
    assert failed("show", "@last", "--output", "ok.stdout", "--json").json == "fine\n"


@pytest.mark.parametrize("place", ["nosuch", "ok.nosuch", "ok.args.7", "ok.args.x", "ok.stdout.x"])
def test_a_value_that_is_not_there(failed: Shell, place: str) -> None:
    assert failed("show", "@last", "--output", place).code == 2


def test_logs_begin_with_the_step_and_the_attempt(failed: Shell) -> None:
    lines = failed("logs", "@last").out.splitlines()
    assert set(lines) == {"ok: fine", "each[0]: a", "each[1]: b", "bad: no", "bad #2: no"}


def test_logs_of_a_step_an_item_and_failed_attempts(failed: Shell) -> None:
    assert failed("logs", "@last", "--step", "ok").out == "ok: fine\n"
    assert failed("logs", "@last", "--step", "each", "--item", "1").out == "each[1]: b\n"
    assert failed("logs", "@last", "--failed").out == "each[1]: b\nbad: no\nbad #2: no\n"
    assert failed("logs", "@last", "--item", "1").code == 2


def test_logs_of_a_step_that_is_not_there(failed: Shell) -> None:
    assert failed("logs", "@last", "--step", "after").code == 0
    for args in (("--step", "bda"), ("--step", "each", "--item", "7"), ("--step", "bda", "--json")):
        done = failed("logs", "@last", *args)
        assert done.code == 2
        assert "did you mean" in done.err


def test_logs_as_a_document(failed: Shell) -> None:
    found = failed("logs", "@last", "--step", "bad", "--json").json
    assert found == [{"path": "bad", "attempt": n, "lines": ["no"]} for n in (1, 2)]


def test_logs_of_every_round_of_a_repeat(shell: Shell) -> None:
    step = "- {id: poll, step_type: command, repeat: {until: 'false', max: 2}, parameters: {command: echo, args: [x]}}"
    shell("run", shell.mission(step))
    assert shell("logs", "@last").out == "poll: x\npoll~2: x\n"


def test_following_the_logs_of_a_run_that_is_over_ends(failed: Shell) -> None:
    assert failed("logs", "@last", "-f", "--step", "ok").out == "ok: fine\n"


def test_why_leads_to_the_cause(failed: Shell) -> None:
    done = failed("why", "@last", "after")
    assert done.out.startswith("after: Skipped\n")
    assert "see: rustchain why @last bad" in done.out
    told = failed("why", "@last", "bad", "--json").json
    assert told["status"] == "Failed"
    assert told["parameters"]["command"] == "sh"
    assert "parameters:" in failed("why", "@last", "bad").out


@pytest.mark.parametrize(
    "command", [("show",), ("logs",), ("why", "a"), ("resume",), ("retry",), ("cancel",)], ids=lambda c: c[0]
)
def test_an_unknown_run_ends_with_exit_code_2(shell: Shell, command: tuple[str, ...]) -> None:
    name, *rest = command
    done = shell(name, "nosuch", *rest)
    assert done.code == 2
    assert "there is no run 'nosuch'" in done.err


def test_why_of_an_unknown_step_names_those_there_are(failed: Shell) -> None:
    done = failed("why", "@last", "nosuch")
    assert done.code == 2
    assert "ok, each, bad, after" in done.err


def test_the_journal_verifies_until_it_is_changed(failed: Shell) -> None:
    assert failed("audit", "verify").out == "verified: 1 run\n"
    (blob,) = failed.folder.glob(".state/rustchain.db")
    assert failed("audit", "verify", "--json").json == {"verified": True, "runs": 1, "findings": {}}
    import sqlite3

    with sqlite3.connect(blob) as db:
        db.execute("UPDATE events SET header = replace(header, 'bad', 'baf') WHERE kind = 14")
    done = failed("audit", "verify")
    assert done.code == 8
    assert "hash does not match" in done.err
