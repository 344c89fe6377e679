"""A live tree of the run, on terminals."""

import time
from collections import Counter
from collections.abc import Iterator
from threading import RLock

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from rustchain.cli.display.progress import Look, Progress, Row
from rustchain.cli.paint import mark, seconds
from rustchain.engine.runner import Runner
from rustchain.model.events import Event

_SIGNS: dict[Look, tuple[str, str]] = {
    "running": ("●", "blue"),
    "failed": ("✖", "red"),
    "done": ("✔", "green"),
    "skipped": ("○", "dim"),
    "waiting": ("…", "dim"),
}
_FRAME_LINES = 4
"""Lines kept free on the terminal."""


class Tree:
    """
    Steps with state, time, attempt and last log line; a foreach is a count, what ended and does not fit is counted too.

    Told on the event loop and in worker threads, drawn in a thread of rich: hence the lock.
    """

    def __init__(self, *, colour: bool) -> None:
        self._console = Console(stderr=True, no_color=not colour, highlight=False)
        self._lock = RLock()
        self._live: Live | None = None
        self._began = time.monotonic()

    def hold(self, runner: Runner) -> None:
        """Begin to show a run."""
        plan = runner.machine.plan
        self._progress = Progress(plan, runner.machine)
        self._title = f"{plan.mission.name}  {runner.run_id}"
        self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=8)
        self._live.start()

    def on_event(self, event: Event, at: int) -> None:
        """Take note of an event."""
        with self._lock:
            self._progress.event(event)

    def on_end(self, path: str) -> None:
        """Take note of an end."""
        with self._lock:
            self._progress.end(path)

    def on_log(self, path: str, line: str) -> None:
        """Take note of a line."""
        with self._lock:
            self._progress.log(path, line)

    def close(self) -> None:
        """Draw once more and leave it there."""
        if self._live is not None:
            self._live.stop()

    def _draw(self) -> Group:
        with self._lock:
            self._progress.refresh()
            rows = list(self._progress.rows.values())
            room = self._console.size.height - _FRAME_LINES
            shown = rows if len(rows) <= room else [r for r in rows if r.look in ("running", "failed")][:room]
            body = [line for row in shown for line in _lines(row, "  ")][:room]
            return Group(self._head(rows), *body)

    def _head(self, rows: list[Row]) -> Text:
        counts = Counter(row.look for row in rows)
        told = "  ".join(f"{mark(sign)}{counts[look]}" for look, (sign, _) in _SIGNS.items() if counts[look])
        took = seconds(round((time.monotonic() - self._began) * 1000))
        return _text(f"{self._title}  {told}  {took}", "bold")


def _lines(row: Row, margin: str) -> Iterator[Text]:
    """A row, its last log line while it runs, and its children until all of it has ended."""
    sign, style = _SIGNS[row.look]
    line = _text(f"{margin}{mark(sign)} ", style)
    line.append(f"{row.path.rpartition('/')[2]}{_notes(row)}")
    yield line
    if row.look == "running" and row.last:
        yield _text(f"{margin}    {row.last}", "dim")
    if row.look == "running":
        for child in row.children.values():
            yield from _lines(child, f"{margin}  ")


def _notes(row: Row) -> str:
    notes = []
    if row.total:
        over = sum(row.counts[look] for look in ("done", "failed", "skipped"))
        told = (f"{mark(s)}{row.counts[k]}" for k, (s, _) in _SIGNS.items() if row.counts[k] > 0)
        notes.append(f"{over}/{row.total} {' '.join(told)}".rstrip())
    if row.attempt > 1:
        notes.append(f"attempt {row.attempt}")
    if row.look == "running":
        notes.append(seconds(round((time.monotonic() - row.began) * 1000)))
    elif row.ms:
        notes.append(seconds(row.ms))
    return "".join(f"  {note}" for note in notes)


def _text(text: str, style: str) -> Text:
    """One line that never wraps; escape sequences in it are shown, not obeyed."""
    return Text(text.translate(_VISIBLE), style, no_wrap=True, overflow="ellipsis")


_VISIBLE = dict.fromkeys(range(32), " ")
