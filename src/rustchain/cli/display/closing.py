"""How a run ended, and what to type next."""

import shlex
from collections import Counter
from collections.abc import Iterator

from rustchain.app.reading import Failing
from rustchain.cli.paint import mark, paint, seconds, short
from rustchain.logic.counting import counted
from rustchain.model.events import Status
from rustchain.model.run import MissionResult

_SHOWN = 3
"""Failed steps that are told of."""
_STYLES = {
    Status.COMPLETED: ("✔", "green"),
    Status.FAILED: ("✖", "red"),
    Status.CANCELLED: ("✖", "yellow"),
    Status.RUNNING: ("●", "yellow"),
}
_TOLD = {
    "Success": "succeeded",
    "Failed": "failed",
    "Skipped": "skipped",
    "Running": "open",
    "Waiting": "waiting",
}


def outputs(result: MissionResult) -> list[str]:
    """What the mission gave, a short line each."""
    return [f"  {name} = {short(value)}" for name, value in result.outputs.items()]


def closing(
    result: MissionResult, failures: list[Failing], *, kept: bool, colour: bool, driven: bool = False
) -> str:
    """
    The last lines that a run shows. `kept`: its journal is there for another command; `driven`: it goes on elsewhere.
    """
    lines = [f"{paint('warning', 'yellow', colour)}: {text}" for text in result.warnings]
    for failing in failures[:_SHOWN]:
        lines += _failure(failing, colour)
    if len(failures) > _SHOWN:
        lines.append(f"{counted(len(failures) - _SHOWN, 'more step')} failed")
    lines.append(_summary(result, colour, driven))
    if kept and result.run_id and not driven:
        lines += _next(result, failures)
    return "\n".join(lines)


def _summary(result: MissionResult, colour: bool, driven: bool) -> str:
    counts = Counter(step.status for step in result.step_results.values())
    told = ", ".join(f"{counts[status]} {word}" for status, word in _TOLD.items() if counts[status])
    sign, style = _STYLES[result.status]
    status = _status(result, driven)
    head = paint(f"{mark(sign)} {status}", style, colour)
    run = f"  (run {result.run_id})" if result.run_id else ""
    return f"{head} after {seconds(result.total_duration_ms)}: {told or 'nothing was run'}{run}"


def _status(result: MissionResult, driven: bool) -> str:
    if result.status is not Status.RUNNING or driven:
        return str(result.status)
    return "Waiting for a person" if result.waiting_for else "Interrupted"


def _failure(failing: Failing, colour: bool) -> Iterator[str]:
    yield f"{paint('error', 'red', colour)}: {failing.path} failed ({failing.kind}): {failing.error}"
    if failing.command:
        yield f"  $ {shlex.join(failing.command)}"
    yield from (f"  {mark('│')} {line}" for line in failing.last_lines)


def _next(result: MissionResult, failures: list[Failing]) -> Iterator[str]:
    """The commands that come next."""
    if result.waiting_for:
        by_message: dict[str, list[str]] = {}
        for waiting in result.waiting_for:
            by_message.setdefault(waiting["message"], []).append(waiting["path"])
        yield from (f" = {', '.join(paths)}: {message}" for message, paths in by_message.items())
        for waiting in result.waiting_for:
            yield f" = next: rustchain resume {result.run_id} --decide {shlex.quote(waiting['path'])}=done|again|failed"
    elif result.status is Status.RUNNING:
        yield f" = next: rustchain resume {result.run_id}"
    elif result.status is not Status.COMPLETED:
        yield " = next: rustchain retry @last"
        if failures:
            yield f" = next: rustchain why @last {shlex.quote(failures[0].path)}"
