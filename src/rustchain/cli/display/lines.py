"""A line an event, for logs and terminals that cannot do more."""

from rustchain.app.configuration import LogLevel
from rustchain.cli.output import say
from rustchain.cli.paint import mark, paint, seconds
from rustchain.engine.runner import Runner
from rustchain.engine.tasks import State
from rustchain.model import events as ev

_ENDS = {
    State.SUCCEEDED: ("✔", "green", "done"),
    State.FAILED: ("✖", "red", "failed"),
    State.SKIPPED: ("○", "dim", "skipped"),
    State.DROPPED: ("○", "dim", "skipped"),
}


class Lines:
    """Tells what happens on stderr; at level `warning` only what goes wrong, at `debug` the steps' logs too."""

    def __init__(self, *, level: LogLevel, colour: bool) -> None:
        self._level = level
        self._colour = colour

    def hold(self, runner: Runner) -> None:
        """Tell which run it is."""
        self._runner = runner
        self._info("▶", "bold", f"run {runner.run_id}: {runner.machine.plan.mission.name}")

    def on_event(self, event: ev.Event, at: int) -> None:
        """Tell what an event says."""
        match event:
            case ev.StepSucceeded():
                self._info("✔", "green", f"{event.path}  {seconds(event.ms)}")
            case ev.StepStarted():
                again = f"  attempt {event.attempt}" if event.attempt > 1 else ""
                self._info("●", "blue", f"{event.path}{again}")
            case ev.StepErred():
                error = self._runner.history.fact(event.path).error
                self._say("✖", "red", f"{event.path}  {event.kind}: {error}")
            case ev.StepSkipped():
                self._info("○", "dim", f"{event.path}  skipped: its condition is false")
            case ev.StepInherited():
                self._info("✔", "green", f"{event.path}  kept from the run before")
            case _:
                self._other(event)

    def _other(self, event: ev.Event) -> None:
        match event:
            case ev.ChildrenAdded(nesting=ev.Nesting.ITEMS):
                self._info("●", "blue", f"{event.path}  {event.count} items")
            case ev.RoundEnded():
                self._info("↻", "blue", f"{event.path}  round {event.round}, and again")
            case ev.RunResumed():
                self._info("↻", "bold", "going on")
            case ev.CancelRequested():
                self._say("✖", "yellow", "cancelled")
            case ev.DeadlinePassed():
                self._say("✖", "red", f"the deadline passed {event.scope}".rstrip())
            case _:
                pass

    def on_end(self, path: str) -> None:
        """Tell how work ended that has no event of its own."""
        sign, style, text = _ENDS.get(self._runner.machine.tasks[path].state, ("○", "dim", "ended"))
        self._info(sign, style, f"{path}  {text}")

    def on_log(self, path: str, line: str) -> None:
        """Tell what a step logs."""
        if self._level == "debug":
            self._say("│", "dim", f"{path}: {line}")

    def close(self) -> None:
        """Nothing is left to do."""

    def _info(self, sign: str, style: str, text: str) -> None:
        if self._level in ("debug", "info"):
            self._say(sign, style, text)

    def _say(self, sign: str, style: str, text: str) -> None:
        say(f"{paint(mark(sign), style, self._colour)} {text}")
