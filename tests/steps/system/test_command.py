"""The step `command`, with real programs."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.processes import soon
from harness.steps import StepContext, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown
from rustchain.steps.system.command import Command


def failure(workdir: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        run_step("command", parameters, workdir)
    return failed.value


def test_a_program_runs_with_its_arguments_as_they_are(tmp_path: Path) -> None:
    output = run_step(
        "command", {"command": "printf", "args": ["%s|", "a b", "$HOME", "*", "; ls"]}, tmp_path
    )
    assert output.pop("duration_ms") < 5000
    assert output == {
        "command": "printf",
        "args": ["%s|", "a b", "$HOME", "*", "; ls"],
        "exit_code": 0,
        "stdout": "a b|$HOME|*|; ls|",
        "stderr": "",
        "truncated": False,
    }


@pytest.mark.parametrize("name", ["working_dir", "working_directory"])
def test_it_starts_in_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    assert run_step("command", {"command": "pwd", name: "sub"}, tmp_path)["stdout"] == f"{tmp_path}/sub\n"


def test_environment_and_input_are_handed_on(tmp_path: Path) -> None:
    parameters = {"command": "sh", "args": ["-c", "echo $A; cat"], "env": {"A": "ä"}, "stdin": "ö\n"}
    assert run_step("command", parameters, tmp_path)["stdout"] == "ä\nö\n"


def test_an_exit_code_that_means_failure_keeps_the_output(tmp_path: Path) -> None:
    failed = failure(tmp_path, command="sh", args=["-c", "echo out; echo one >&2; echo two >&2; exit 2"])
    assert failed.kind is Failure.EXIT_CODE
    assert failed.message == "`sh -c 'echo out; echo one >&2; echo two >&2; exit 2'` ended with exit code 2"
    assert (failed.code, failed.answered) == (2, True)
    assert (failed.output.stdout, failed.output.stderr) == ("out\n", "one\ntwo\n")
    assert failed.detail == {"last_lines": ["one", "two"]}


def test_without_error_output_the_last_lines_are_of_the_output(tmp_path: Path) -> None:
    failed = failure(tmp_path, command="sh", args=["-c", "seq 30; exit 1"])
    assert failed.detail["last_lines"] == [str(n) for n in range(11, 31)]


def test_a_long_command_line_is_cut_in_messages(tmp_path: Path) -> None:
    failed = failure(tmp_path, command="false", args=["x" * 1000])
    assert len(failed.message) < 200
    assert "x…` ended" in failed.message


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (15, "SIGTERM"), (40, "signal 40")])
def test_the_signal_that_killed_it_is_named(tmp_path: Path, number: int, name: str) -> None:
    failed = failure(tmp_path, command="sh", args=["-c", f"kill -{number} $$"])
    assert failed.message.endswith(f"was killed by {name}")
    assert failed.code == -number


def test_other_exit_codes_may_mean_success(tmp_path: Path) -> None:
    parameters = {"command": "sh", "args": ["-c", "exit 1"], "success_codes": [0, 1]}
    assert run_step("command", parameters, tmp_path)["exit_code"] == 1
    assert failure(tmp_path, command="true", success_codes=[1]).code == 0


def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    output = run_step("command", {"command": "printf", "args": [r"a\377b"]}, tmp_path)
    assert output["stdout"] == "a\ufffdb"


def test_output_beyond_the_limit_is_cut_and_says_so(tmp_path: Path) -> None:
    output = run_step("command", {"command": "seq", "args": ["1000"], "max_output": 4}, tmp_path)
    assert (output["stdout"], output["truncated"]) == ("1\n2\n", True)


def test_its_timeout_stops_it_and_all_that_it_started(tmp_path: Path) -> None:
    begin = time.monotonic()
    failed = failure(tmp_path, command="sh", args=["-c", "setsid -f sleep 60; sleep 60"], timeout=0.2)
    assert time.monotonic() - begin < 5
    assert failed.kind is Failure.TIMEOUT
    assert failed.message.endswith("was stopped: it took longer than 0.2 seconds")


def test_a_missing_program_fails(tmp_path: Path) -> None:
    failed = failure(tmp_path, command="no-such-program")
    assert failed.kind is Failure.NOT_FOUND
    assert failed.message.startswith("program `no-such-program` was not found in PATH (")


def test_a_command_line_in_one_text_gets_a_hint(tmp_path: Path) -> None:
    assert failure(tmp_path, command="chmod +x f").message.endswith("; arguments belong into `args`")


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0}, {"max_output": -1}, {"args": [1]}, {"shell": True}, {"command": ""}]
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"command": "true", **wrong}, Command)


def test_output_is_seen_while_it_runs(tmp_path: Path) -> None:
    async def main() -> None:
        context = StepContext("command", tmp_path)
        parameters = Command(command="sh", args=["-c", "echo first; sleep 60"])
        running = asyncio.ensure_future(Catalogue()["command"].run(parameters, context))
        assert await soon(lambda: context.lines == ["first\n"])
        running.cancel()
        await asyncio.wait([running])
        await context.close()
        assert running.cancelled()

    asyncio.run(main())


def test_it_executes_its_program_and_is_not_repeated() -> None:
    command = Catalogue()["command"]
    assert list(command.effects({"command": "make", "args": ["all"]})) == [Effect(Action.EXEC, "make")]
    unknown = Effect(Action.EXEC, "{{ a.output.tool }}", known=False)
    assert list(command.effects({"command": Unknown("{{ a.output.tool }}")})) == [unknown]
    assert command.idempotent is False


@pytest.mark.parametrize("argv", [("echo", "a\0b"), ("a\0b", "c")])
def test_a_nul_in_program_or_arguments_is_a_wrong_parameter(tmp_path: Path, argv: tuple[str, str]) -> None:
    with pytest.raises(StepFailed) as caught:
        run_step("command", {"command": argv[0], "args": [argv[1]]}, tmp_path)
    assert caught.value.kind is Failure.INVALID_PARAMETERS
