"""Run a program."""

import asyncio
import shlex
import signal
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from msgspec import Meta

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Process, ProcessEnded
from rustchain.stepkit import (
    UNSET,
    Argv,
    Output,
    Parameters,
    Program,
    ReadPath,
    SecretText,
    UnsetType,
    doc,
    effect,
    step,
)

_SHOWN = 120
"""Characters of a command line in a message."""
_LAST_LINES = 20


class Command(Parameters):
    """
    Run a program with arguments, without a shell unless the program is one.

    Its output goes to the step's log as it comes. When the step ends, for whatever reason, so does all that it started.

    Example:
        step_type: command
        parameters:
          command: sh
          args: [-c, "echo $GREETING"]
          env: {GREETING: hello}
    """

    command: Annotated[Program, doc("The program: a name looked up in PATH, or a path.")]
    args: Annotated[Argv, doc("Its arguments, each as it is.")] = []
    working_dir: Annotated[
        ReadPath, doc("The folder that it starts in; without it the workspace.", also=("working_directory",))
    ] = "."
    env: Annotated[dict[str, SecretText], doc("Environment variables beside the inherited ones.")] = {}
    stdin: Annotated[SecretText | UnsetType, doc("What it reads from its input; without it nothing.")] = UNSET
    timeout: Annotated[
        Annotated[float, Meta(gt=0)] | UnsetType, doc("Seconds after which it is stopped and the step fails.")
    ] = UNSET
    success_codes: Annotated[tuple[int, ...], doc("Exit codes that mean success.")] = (0,)
    max_output: Annotated[
        Annotated[int, Meta(ge=0)], doc("Bytes kept of each of its outputs; the log holds all.")
    ] = 1 << 20


class CommandOutput(Output):
    """How it ended."""

    command: Annotated[str, doc("The program.")]
    args: Annotated[list[str], doc("Its arguments.")]
    exit_code: Annotated[int, doc("Its exit code; negative: the signal that killed it.")]
    stdout: Annotated[str, doc("Its output, read as UTF-8.")]
    stderr: Annotated[str, doc("Its error output, read as UTF-8.")]
    duration_ms: Annotated[int, doc("Milliseconds that it ran.")]
    truncated: Annotated[bool, doc("Whether output was longer than `max_output`.")]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    return [effect(Action.EXEC, parameters["command"])]


@step(idempotent=False, effects=_effects, actions=[Action.EXEC])
async def command(p: Command, ctx: Context) -> CommandOutput:
    """Run it within its own timeout, and judge its exit code."""
    timeout = None if isinstance(p.timeout, UnsetType) else p.timeout
    try:
        async with asyncio.timeout(timeout):
            ended = await ctx.shell.run(_process(p))
    except TimeoutError as error:
        message = f"`{_shown(p)}` was stopped: it took longer than {timeout:g} seconds"
        raise StepFailed(Failure.TIMEOUT, message) from error
    except StepFailed as failure:
        if failure.kind is Failure.NOT_FOUND and len(p.command.split()) > 1:
            raise StepFailed(failure.kind, f"{failure.message}; arguments belong into `args`") from failure
        raise
    output = _output(p, ended)
    if ended.exit_code not in p.success_codes:
        raise StepFailed(
            Failure.EXIT_CODE,
            f"`{_shown(p)}` {_ending(ended.exit_code)}",
            code=ended.exit_code,
            output=output,
            detail={"last_lines": _last_lines(output)},
        )
    return output


def _process(p: Command) -> Process:
    return Process(
        argv=(p.command, *p.args),
        cwd=p.working_dir,
        env=p.env,
        stdin=None if isinstance(p.stdin, UnsetType) else p.stdin.encode(),
        max_output=p.max_output,
    )


def _output(p: Command, ended: ProcessEnded) -> CommandOutput:
    return CommandOutput(
        command=p.command,
        args=p.args,
        exit_code=ended.exit_code,
        stdout=ended.stdout.decode(errors="replace"),
        stderr=ended.stderr.decode(errors="replace"),
        duration_ms=ended.ms,
        truncated=ended.truncated,
    )


def _shown(p: Command) -> str:
    line = shlex.join((p.command, *p.args))
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    name = next((s.name for s in signal.Signals if s == -code), f"signal {-code}")
    return f"was killed by {name}"


def _last_lines(output: CommandOutput) -> list[str]:
    return (output.stderr.strip() or output.stdout.strip()).splitlines()[-_LAST_LINES:]
