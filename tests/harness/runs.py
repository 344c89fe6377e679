"""Whole missions on real adapters, in a folder of their own."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, load
from rustchain.app.run import Watch
from rustchain.app.wiring import Durability, Engine, open_engine
from rustchain.engine.runner import Runner
from rustchain.model.events import Event
from rustchain.model.run import MissionResult

HEAD = 'name: test\nversion: "1.0"\n'
ENV = {"PATH": "/usr/bin:/bin"}


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


class Place:
    """A workspace with a state folder; missions run in it one after the other."""

    def __init__(self, folder: Path, durability: Durability = "normal", **env: str) -> None:
        self.folder = folder
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
                return await use(engine)

        return asyncio.run(main())

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


def statuses(result: MissionResult) -> dict[str, str]:
    return {name: step.status for name, step in result.step_results.items()}
