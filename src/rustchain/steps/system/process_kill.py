"""End a program that process_start started."""

import signal
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Service
from rustchain.stepkit import UNSET, Output, Parameters, UnsetType, doc, effect, step

_NUMBERS = {
    "TERM": signal.SIGTERM,
    "INT": signal.SIGINT,
    "HUP": signal.SIGHUP,
    "QUIT": signal.SIGQUIT,
    "KILL": signal.SIGKILL,
}


class ProcessKill(Parameters):
    """
    End a program that `process_start` started in this mission, with all that it started.

    Example:
        - id: server
          step_type: process_start
          parameters: {command: sleep, args: ["60"]}
        - step_type: process_kill
          parameters: {step: server, grace_seconds: 2}
    """

    pid: Annotated[Annotated[int, Meta(ge=2)] | UnsetType, doc("Its process id.")] = UNSET
    step: Annotated[
        Annotated[str, Meta(min_length=1)] | UnsetType, doc("The id of the step that started it.")
    ] = UNSET
    signal: Annotated[
        Literal["TERM", "INT", "HUP", "QUIT", "KILL"], doc("The signal that asks it to end.")
    ] = "TERM"
    grace_seconds: Annotated[
        Annotated[float, Meta(ge=0, le=3600)], doc("Seconds after which what has not ended is killed.")
    ] = 5.0

    def __post_init__(self) -> None:
        if (self.pid is UNSET) == (self.step is UNSET):
            raise ValueError("give either `pid` or `step`")


class ProcessKillOutput(Output):
    """What was ended."""

    pid: Annotated[int, doc("Its process id.")]
    killed: Annotated[bool, doc("Whether it was running until now.")]
    signal: Annotated[str, doc("The signal that was sent to it.")]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    for name in ("pid", "step"):
        if parameters.get(name, UNSET) is not UNSET:
            yield effect(Action.SIGNAL, parameters[name])


@step(idempotent=True, effects=_effects, actions=[Action.SIGNAL])
async def process_kill(p: ProcessKill, ctx: Context) -> ProcessKillOutput:
    """Find it among what this run started, and end it."""
    service = _found(p, ctx)
    running = not service.ended.done()
    if running:
        await ctx.shell.end(service, _NUMBERS[p.signal], p.grace_seconds)
    return ProcessKillOutput(pid=service.pid, killed=running, signal=p.signal)


def _found(p: ProcessKill, ctx: Context) -> Service:
    services = list(reversed(ctx.shell.services()))
    if not isinstance(p.pid, UnsetType):
        found = [service for service in services if service.pid == p.pid]
    else:
        folder, slash, _ = ctx.path.rpartition("/")
        found = [service for service in services if service.path == f"{folder}{slash}{p.step}"]
    if found:
        return found[0]
    if p.step is not UNSET:
        message = f"step {p.step!r} has started no process that would be there since the run was last resumed"
        raise StepFailed(Failure.NOT_FOUND, message)
    raise StepFailed(Failure.POLICY_DENIED, f"process {p.pid} is none that this mission started")
