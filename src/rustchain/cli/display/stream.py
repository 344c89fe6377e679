"""The live event stream: a JSON object a line on stdout."""

from typing import Any

import msgspec

from rustchain.cli.output import emit
from rustchain.engine.names import STATUS
from rustchain.engine.results import rfc3339
from rustchain.engine.runner import Runner
from rustchain.model.events import Event


class Stream:
    """Every event with its time and kind; `StepEnded` for work that ended without an event; `Log` for lines of logs."""

    def hold(self, runner: Runner) -> None:
        """The run that is shown."""
        self._runner = runner

    def on_event(self, event: Event, at: int) -> None:
        """Print an event."""
        head = {"event": type(event).__name__, "at": rfc3339(at), "run_id": self._runner.run_id}
        self._print({**head, **msgspec.to_builtins(event)})

    def on_end(self, path: str) -> None:
        """Print that work ended."""
        state = self._runner.machine.tasks[path].state
        self._print({"event": "StepEnded", "path": path, "status": STATUS.get(state, str(state))})

    def on_log(self, path: str, line: str) -> None:
        """Print a line of a log."""
        self._print({"event": "Log", "path": path, "line": line})

    def close(self) -> None:
        """Nothing is left to do."""

    def _print(self, one: dict[str, Any]) -> None:
        emit(msgspec.json.encode(one).decode())
