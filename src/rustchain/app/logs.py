"""The logs of a run, and what is added to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rustchain.logic import chain
from rustchain.model import events as ev
from rustchain.model import paths
from rustchain.ports import Store


class Attempt(NamedTuple):
    """One attempt of one piece of work."""

    path: str
    number: int


class Line(NamedTuple):
    """A line of an attempt's log."""

    attempt: Attempt
    text: str


class Wanted(NamedTuple):
    """Which logs: of a step and all below it, of one item of its foreach, of attempts that failed."""

    step: str = ""
    item: int | None = None
    failed: bool = False

    @property
    def path(self) -> str:
        """The path of the step or item; "" where all are wanted."""
        return f"{self.step}[{self.item}]" if self.item is not None else self.step

    def covers(self, path: str) -> bool:
        """Whether work at a path is wanted."""
        own = self.path
        return not own or path == own or path.startswith((f"{own}[", f"{own}/", f"{own}~", f"{own}@"))


class Logs:
    """Reads the logs of a run on; each call of `fresh` gives what came since the last one."""

    def __init__(self, store: Store, run_id: str, wanted: Wanted) -> None:
        self.over = False
        """The run has ended."""
        self._store = store
        self._run_id = run_id
        self._wanted = wanted
        self._seq = 0
        self._offsets: dict[Attempt, int] = {}
        self._failed: set[Attempt] = set()
        self._rounds: dict[str, int] = {}

    def fresh(self) -> Iterator[Line]:
        """Lines that were added, attempt by attempt in the order of their beginning."""
        for row in self._store.rows(self._run_id, self._seq):
            self._seq = row.seq
            self._note(chain.read(row))
        for attempt in self._offsets:
            if attempt in self._failed or not self._wanted.failed:
                yield from self._added(attempt)

    def _note(self, event: ev.Event) -> None:
        self.over |= isinstance(event, ev.RunEnded)
        if not isinstance(event, ev.StepStarted | ev.StepSucceeded | ev.StepErred | ev.RoundEnded):
            return
        round = self._rounds.get(event.path, 1)
        attempt = Attempt(paths.in_round(event.path, round), event.attempt)
        if isinstance(event, ev.RoundEnded):
            self._rounds[event.path] = event.round + 1
        if self._wanted.covers(event.path):
            self._offsets.setdefault(attempt, 0)
        if isinstance(event, ev.StepErred):
            self._failed.add(attempt)

    def _added(self, attempt: Attempt) -> Iterator[Line]:
        """Whole lines beyond those already read."""
        path = Path(self._store.log_path(self._run_id, *attempt))
        if not path.is_file():
            return
        with path.open("rb") as file:
            file.seek(self._offsets[attempt])
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offsets[attempt] += len(line)
                yield Line(attempt, line.decode(errors="replace").rstrip("\n"))
