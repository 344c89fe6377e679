"""Run one step by itself, against the real world beneath a folder."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rustchain.adapters.clock import SystemClock
from rustchain.adapters.files import LocalFiles
from rustchain.adapters.http import AiohttpClient
from rustchain.adapters.shell import LocalShell
from rustchain.catalogue import Catalogue
from rustchain.engine.background import Background, Launch
from rustchain.logic import expressions
from rustchain.ports import Confinement, Process, ProcessEnded, Service
from rustchain.stepkit import StepType, roles

RUN_ID = f"{os.getpid():032x}"
"""Of this process alone: processes are ended by it, and those of tests that run beside these are not ours."""


class StepShell:
    """Processes of one step, in its folder and with this process's PATH; what they write goes to `log`."""

    def __init__(self, mark: str, workdir: Path, log: Callable[[str], None]) -> None:
        self._mark = mark
        self._workdir = workdir
        self._log = log
        self._background = Background()
        self.local = LocalShell()

    async def run(self, process: Process) -> ProcessEnded:
        return await self.local.run(
            self._bound(process),
            self._mark,
            Confinement(),
            lambda stream, data: self._log(data.decode(errors="replace")),
        )

    async def start(self, process: Process, on_line: Callable[[str], None]) -> Service:
        launch = Launch(self._bound(process), self._mark, "step", "log", on_line, lambda: None)
        return await self._background.start(self.local, launch)

    async def end(self, service: Service, signal: int, grace: float) -> None:
        await self._background.end(self.local, service, signal, grace)

    def services(self) -> list[Service]:
        raise NotImplementedError("only a run knows what its steps have started")

    async def close(self) -> None:
        await self._background.end_all()
        await self.local.close()

    def _bound(self, process: Process) -> Process:
        env = {"PATH": os.environ["PATH"], **process.env}
        return process._replace(cwd=str(self._workdir / process.cwd), env=env)


class StepContext:
    """A small real context of a step in `workdir`; once `stop` is set, checks raise it."""

    def __init__(self, name: str, workdir: Path) -> None:
        self.run_id = RUN_ID
        self.path = name
        self.attempt = 1
        self.idempotency_key = "key"
        self.clock = SystemClock()
        self.lines: list[str] = []
        self.stop: BaseException | None = None
        self._workdir = workdir
        state = workdir / ".rustchain"
        state.mkdir(exist_ok=True)
        self.files = LocalFiles(
            workdir,
            allowed=[Path(tempfile.gettempdir())],
            forbidden=[state],
            trash=state / "trash" / RUN_ID / name,
            check=self.check,
        )

    @cached_property
    def shell(self) -> StepShell:
        return StepShell(f"{self.run_id}:{self.path}", self._workdir, self.log)

    @cached_property
    def http(self) -> AiohttpClient:
        return AiohttpClient(lambda host, addresses: None)

    def log(self, line: str) -> None:
        self.lines.append(line)

    def check(self) -> None:
        if self.stop is not None:
            raise self.stop

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.to_thread(function, *args)

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        return expressions.render(expressions.bare(expression), names)

    async def run_graph(self, inputs: Mapping[str, Any]) -> Any:
        raise NotImplementedError("only the engine runs child missions")

    async def close(self) -> None:
        if "shell" in vars(self):
            await self.shell.close()
        if "http" in vars(self):
            await self.http.close()


class Ran(NamedTuple):
    """A step that ran, with what is needed to look closer and to undo it."""

    type: StepType[Any]
    parameters: Any
    output: Any
    context: StepContext

    def undo(self) -> None:
        """Undo it, as a rollback would."""
        assert self.type.undo is not None, f"{self.type.name} has no undo"
        asyncio.run(self._undone(self.type.undo))

    async def _undone(self, undo: Callable[..., Any]) -> None:
        try:
            await _settled(undo(self.parameters, self.output, self.context))
        finally:
            await self.context.close()


def run_step(name: str, parameters: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    """Run a step type in a folder; its output as plain JSON. Raises StepFailed, or ValidationError of parameters."""
    output = msgspec.to_builtins(ran(name, parameters, workdir).output)
    assert isinstance(output, dict)
    return output


def ran(
    name: str, parameters: Mapping[str, Any], workdir: Path, context: type[StepContext] = StepContext
) -> Ran:
    """Run a step type in a folder, and keep what belongs to it."""
    step_type = Catalogue()[name]
    model = typed(step_type, parameters)

    async def main() -> Ran:
        ctx = context(name, workdir)
        try:
            return Ran(step_type, model, await _settled(step_type.run(model, ctx)), ctx)
        finally:
            await ctx.close()

    return asyncio.run(main())


def typed(step_type: StepType[Any], parameters: Mapping[str, Any]) -> Any:
    """The parameter model of a step type, filled; other spellings are accepted."""
    main = {other: name for name, field in roles(step_type.parameters).items() for other in field.also}
    named = {main.get(name, name): value for name, value in parameters.items()}
    return msgspec.convert(named, step_type.parameters)


async def _settled(result: Any) -> Any:
    return await result if isinstance(result, Awaitable) else result
