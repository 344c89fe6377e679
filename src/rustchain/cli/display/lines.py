"""A line an event, for logs and terminals that cannot do more."""

from collections import Counter

from rustchain.app.configuration import LogLevel
from rustchain.cli.output import say
from rustchain.cli.paint import mark, paint, seconds
from rustchain.engine.reasons import failure
from rustchain.engine.runner import Runner
from rustchain.engine.states import State
from rustchain.logic.counting import counted
from rustchain.model import events as ev
from rustchain.model.failures import Failure


class Lines:
    """
    Tells what happens on stderr: each step of the mission itself, and what fails, wherever it is; items and the steps
    of child missions are counted at the end of the step that they belong to. At level `warning` only what goes wrong
    is told, at `debug` everything, the steps' logs too.
    """

    def __init__(self, *, level: LogLevel, colour: bool) -> None:
        self._level = level
        self._colour = colour

    def hold(self, runner: Runner) -> None:
        """Tell which run it is."""
        self._runner = runner
        self._info("", "▶", "bold", f"run {runner.run_id}: {runner.machine.plan.mission.name}")

    def on_event(self, event: ev.Event, at: int) -> None:
        """Tell what an event says."""
        match event:
            case ev.StepSucceeded(path=path):
                self._info(path, "✔", "green", f"{path}{self._counts(path)}  {seconds(event.ms)}")
            case ev.StepStarted(path=path):
                again = f"  attempt {event.attempt}" if event.attempt > 1 else ""
                self._info(path, "●", "blue", f"{path}{again}")
            case ev.StepErred(path=path):
                self._failed(path, event.kind, self._runner.history.fact(path).error)
            case ev.StepSkipped(path=path):
                self._info(path, "○", "dim", f"{path}  skipped: its condition is false")
            case ev.StepInherited(path=path):
                self._info(path, "✔", "green", f"{path}  kept from the run before")
            case ev.ChildrenAdded(path=path):
                self._info(path, "●", "blue", f"{path}  {self._children(event)}")
            case ev.RoundEnded(path=path):
                self._info(path, "↻", "blue", f"{path}  round {event.round}, and again")
            case _:
                self._other(event)

    def _other(self, event: ev.Event) -> None:
        match event:
            case ev.OutcomeDecided(path=path, decision=ev.Decision.FAILED):
                self._failed(path, Failure.UNKNOWN_OUTCOME, self._runner.history.fact(path).error)
            case ev.OutcomeDecided(path=path, decision=ev.Decision.DONE):
                self._info("", "✔", "green", f"{path}  done, as decided")
            case ev.OutcomeDecided(path=path):
                self._info("", "↻", "blue", f"{path}  again, as decided")
            case ev.RunResumed():
                self._info("", "↻", "bold", "going on")
            case ev.CancelRequested():
                self._say("✖", "yellow", "cancelled")
            case ev.DeadlinePassed():
                self._say("✖", "red", f"the deadline passed {event.scope}".rstrip())
            case _:
                pass

    def on_end(self, path: str) -> None:
        """Tell how work ended that has no event of its own."""
        task = self._runner.machine.tasks[path]
        if task.state is State.FAILED:
            self._failed(path, *failure(task, self._runner.history))
        elif task.state is State.SUCCEEDED:
            self._info(path, "✔", "green", f"{path}{self._counts(path)}")
        else:
            self._info(path, "○", "dim", f"{path}  skipped")

    def on_log(self, path: str, line: str) -> None:
        """Tell what a step logs."""
        if self._level == "debug":
            self._say("│", "dim", f"{path}: {line}")

    def close(self) -> None:
        """Nothing is left to do."""

    def _children(self, event: ev.ChildrenAdded) -> str:
        if event.nesting is ev.Nesting.ITEMS:
            return counted(event.count, "item")
        child = self._runner.machine.tasks[event.path].plan.child
        return counted(len(child.steps) if child else 0, "step")

    def _counts(self, path: str) -> str:
        """How many of a step's items, or of the steps of its child mission, ended well."""
        task = self._runner.machine.tasks[path]
        below = task.items.tasks if task.items else task.child.tasks if task.child else []
        total = task.items.count if task.items else len(below)
        if not total:
            return ""
        counts = Counter(one.state for one in below)
        failed = f", {counts[State.FAILED]} failed" if counts[State.FAILED] else ""
        return f"  {counts[State.SUCCEEDED] + counts[State.SKIPPED]}/{total}{failed}"

    def _failed(self, path: str, kind: Failure | None, error: str | None) -> None:
        if kind is not Failure.CANCELLED:
            self._say("✖", "red", f"{path}  {kind}: {error}")
        elif self._tells(path):
            self._say("✖", "yellow", f"{path}  {kind}: {error}")

    def _tells(self, path: str) -> bool:
        """Whether all that happens to a path is told: to steps of the mission itself, and at level `debug`."""
        return self._level == "debug" or not ("/" in path or path.endswith("]"))

    def _info(self, path: str, sign: str, style: str, text: str) -> None:
        if self._level in ("debug", "info") and self._tells(path):
            self._say(sign, style, text)

    def _say(self, sign: str, style: str, text: str) -> None:
        say(f"{paint(mark(sign), style, self._colour)} {text}")
