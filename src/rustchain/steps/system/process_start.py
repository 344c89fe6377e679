"""Start a program that goes on beside the steps."""

import asyncio
from collections.abc import Iterable, Mapping
from signal import SIGTERM
from typing import Annotated, Any

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.ports import Context, Process, Service
from rustchain.stepkit import (
    UNSET,
    Argv,
    Output,
    Parameters,
    Program,
    ReadPath,
    SecretText,
    Unknown,
    UnsetType,
    doc,
    effect,
    step,
)
from rustchain.steps.system._readiness import HERE, Listener, WaitFor, ready
from rustchain.steps.system._request import endpoint

_GRACE = 5.0
"""Seconds that a program has to end that did not become ready."""


class ProcessStart(Parameters):
    """
    Start a program that goes on beside the steps, and wait until it is ready.

    It ends with the mission, with all that it started, also where the mission fails, is cancelled or is interrupted; a
    mission that is resumed does not start it again.

    Example:
        step_type: process_start
        parameters:
          command: sh
          args: [-c, "echo ready; sleep 60"]
          wait_for: {log: ready, seconds: 10}
    """

    command: Annotated[Program, doc("The program: a name looked up in PATH, or a path.")]
    args: Annotated[Argv, doc("Its arguments, each as it is.")] = []
    working_dir: Annotated[
        ReadPath, doc("The folder that it starts in; without it the workspace.", also=("working_directory",))
    ] = "."
    env: Annotated[dict[str, SecretText], doc("Environment variables beside the inherited ones.")] = {}
    wait_for: Annotated[WaitFor | UnsetType, doc("When it is ready; without it, once it runs.")] = UNSET
    detach: Annotated[
        bool, doc("Whether it outlives the mission; nobody sees its output then, and nothing ends it.")
    ] = False

    def __post_init__(self) -> None:
        if self.detach and self.wait_for is not UNSET:
            raise ValueError("nobody watches a detached program: `wait_for` is for others")


class ProcessStartOutput(Output):
    """The program."""

    pid: Annotated[int, doc("Its process id.")]
    started: Annotated[bool, doc("Whether it was started.")]
    log_path: Annotated[str | None, doc("The file of its output, secrets masked; null for a detached one.")]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    yield effect(Action.EXEC, parameters["command"])
    wait = parameters.get("wait_for", UNSET)
    if isinstance(wait, Unknown):
        yield effect(Action.NET, wait)
    elif wait is not UNSET:
        if "port" in wait:
            yield effect(Action.NET, f"{HERE}:{wait['port']}")
        if "http" in wait:
            yield effect(Action.NET, endpoint(wait["http"]))


@step(idempotent=False, effects=_effects, actions=[Action.EXEC, Action.NET])
async def process_start(p: ProcessStart, ctx: Context) -> ProcessStartOutput:
    """Start it, and end it again where it does not become ready."""
    process = Process((p.command, *p.args), cwd=p.working_dir, env=p.env, max_output=0)
    if p.detach:
        return ProcessStartOutput(pid=await ctx.shell.detach(process), started=True, log_path=None)
    wait = WaitFor() if isinstance(p.wait_for, UnsetType) else p.wait_for
    listener = Listener("" if isinstance(wait.log, UnsetType) else wait.log)
    service = await ctx.shell.start(process, listener.line)
    if p.wait_for is not UNSET:
        await _until_ready(p, wait, service, listener, ctx)
    return ProcessStartOutput(pid=service.pid, started=True, log_path=service.log_path)


async def _until_ready(
    p: ProcessStart, wait: WaitFor, service: Service, listener: Listener, ctx: Context
) -> None:
    try:
        await ready(wait, service, listener, ctx)
    except StepFailed as failed:
        await ctx.shell.end(service, SIGTERM, _GRACE)
        message = f"`{p.command}` was started, but {failed.message}"
        raise StepFailed(
            failed.kind, message, code=failed.code, detail={"log_path": service.log_path}
        ) from failed
    except BaseException:
        service.ended.cancel()
        await asyncio.wait([service.ended])  # before another attempt starts the same again
        raise
