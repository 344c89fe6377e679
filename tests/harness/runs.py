"""Whole missions on real adapters, in a folder of their own."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import warm
from rustchain.app.cancel import cancel
from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, load
from rustchain.app.reading import read
from rustchain.app.reopen import Reopened
from rustchain.app.resume import Verdict, resume
from rustchain.app.retry import retry
from rustchain.app.run import Watch
from rustchain.app.wiring import Durability, Engine, open_engine
from rustchain.catalogue import Catalogue
from rustchain.engine.runner import Runner
from rustchain.model.events import Event, StepStarted
from rustchain.model.run import MissionResult
from rustchain.stepkit import StepType

HEAD = 'name: test\nversion: "1.0"\n'
ENV = {"PATH": "/usr/bin:/bin"}
DIES = "test -e died || { touch died; kill -9 $PPID; sleep 9; }"
"""A shell command that kills its engine, the first time."""


class Seen:
    """An observer that remembers: events, ends without an event, log lines."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ended: list[str] = []
        self.lines: list[tuple[str, str]] = []

    def on_event(self, event: Event, at: int) -> None:
        self.events.append(event)

    def on_end(self, path: str) -> None:
        self.ended.append(path)

    def on_log(self, path: str, line: str) -> None:
        self.lines.append((path, line))


class More(Catalogue):
    """The catalogue with some step types of a test."""

    def __init__(self, types: Iterable[StepType[Any]]) -> None:
        super().__init__()
        self._loaded.update((type.name, type) for type in types)

    def __contains__(self, name: object) -> bool:
        return name in self._loaded or super().__contains__(name)


class Place:
    """A workspace with a state folder; missions run in it one after the other, with some step types more."""

    def __init__(
        self, folder: Path, durability: Durability = "normal", types: Iterable[StepType[Any]] = (), **env: str
    ) -> None:
        self.folder = folder
        self.types = types
        self.durability: Durability = durability
        self.env: Mapping[str, str] = {**ENV, **env, "RUSTCHAIN_HOME": str(folder / ".state")}
        self.seen = Seen()

    def run(self, text: str, *, inputs: Mapping[str, Any] | None = None, **options: Any) -> MissionResult:
        """Run a mission written without its head."""
        return self.within(lambda engine: self.start(engine, text, inputs=inputs, **options))

    def within(self, use: Callable[[Engine], Any]) -> Any:
        """Use an engine that lives for one call."""

        async def main() -> Any:
            async with open_engine(self.env, self.durability) as engine:
                return await use(replace(engine, catalogue=More(self.types)))

        return asyncio.run(main())

    def dies(self, text: str, *args: str, **env: str) -> None:
        """Run a mission, written without its head, in a process of its own that is killed on the way."""
        (self.folder / "m.yaml").write_text(HEAD + text)
        done = warm.call(
            self.folder, "run", "m.yaml", *args, "--durability", self.durability, **{**self.env, **env}
        )
        assert done.code == -9, done

    def resume(self, *verdicts: Verdict, name: str = "@last", **options: Any) -> MissionResult:
        """Go on with a run."""
        watch = Watch(observer=self.seen, whole=True)
        return self.within(lambda engine: resume(engine, name, verdicts, watch=watch, **options))

    def retry(self, name: str = "@last", **options: Any) -> MissionResult:
        """Run again what failed."""
        self.seen = Seen()
        watch = Watch(observer=self.seen, whole=True)
        return self.within(lambda engine: retry(engine, name, watch=watch, **options))

    def cancel(self, name: str = "@last", **options: Any) -> MissionResult | None:
        """Cancel a run."""
        watch = Watch(observer=self.seen, whole=True)
        return self.within(lambda engine: cancel(engine, name, watch=watch, **options))

    def read(self, name: str = "@last") -> Reopened:
        """A run as its journal tells it."""

        async def reading(engine: Engine) -> Reopened:
            return read(engine.services.store, engine.catalogue, name)

        return self.within(reading)

    async def start(
        self,
        engine: Engine,
        text: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        hold: Callable[[Runner], None] | None = None,
        **options: Any,
    ) -> MissionResult:
        """Run a mission on an engine that is open."""
        variables = options.get("variables", {})
        name = str(self.folder / "m.yaml")
        given = Given(inputs or {}, variables, str(self.folder), complete=True, texts={name: HEAD + text})
        loaded = load(name, engine.catalogue, given)
        chosen = Options(workdir=str(self.folder), durability=self.durability, **options)
        return await launch(engine, loaded, chosen, Watch(observer=self.seen, hold=hold, whole=True))

    def lines(self, name: str) -> list[str]:
        """The lines of a file of the workspace."""
        return (self.folder / name).read_text().splitlines()


def statuses(result: MissionResult) -> dict[str, str]:
    return {name: step.status for name, step in result.step_results.items()}


def started(seen: Seen) -> list[str]:
    """Paths of the attempts that began, or ended without a record of their beginning."""
    return [e.path for e in seen.events if isinstance(e, StepStarted)]
