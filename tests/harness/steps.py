"""Run one step by itself, against the real world beneath a folder."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rustchain.adapters.files import LocalFiles
from rustchain.catalogue import Catalogue
from rustchain.stepkit import StepType, roles

RUN_ID = "0" * 32


class WallClock:
    """Time as it is."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class StepContext:
    """A small real context of a step in `workdir`; `stop` makes the next check raise."""

    def __init__(self, name: str, workdir: Path) -> None:
        self.run_id = RUN_ID
        self.path = name
        self.attempt = 1
        self.idempotency_key = "key"
        self.clock = WallClock()
        self.lines: list[str] = []
        self.stop: BaseException | None = None
        state = workdir / ".rustchain"
        state.mkdir(exist_ok=True)
        self.files = LocalFiles(
            workdir,
            allowed=[Path(tempfile.gettempdir())],
            forbidden=[state],
            trash=state / "trash" / RUN_ID / name,
            check=self.check,
        )

    def log(self, line: str) -> None:
        self.lines.append(line)

    def check(self) -> None:
        if self.stop is not None:
            raise self.stop

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.to_thread(function, *args)


class Ran(NamedTuple):
    """A step that ran: what is needed to look at it further, and to undo it."""

    type: StepType[Any]
    parameters: Any
    output: Any
    context: StepContext

    def undo(self) -> None:
        """Undo it, as a rollback would."""
        assert self.type.undo is not None, f"{self.type.name} has no undo"
        _settled(self.type.undo(self.parameters, self.output, self.context))


def run_step(name: str, parameters: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    """Run a step type in a folder; its output as plain JSON. Raises StepFailed, or ValidationError of parameters."""
    output = msgspec.to_builtins(ran(name, parameters, workdir).output)
    assert isinstance(output, dict)
    return output


def ran(name: str, parameters: Mapping[str, Any], workdir: Path) -> Ran:
    """Run a step type in a folder, and keep what belongs to it."""
    step_type = Catalogue()[name]
    model = msgspec.convert(_by_main_spelling(step_type, parameters), step_type.parameters)
    context = StepContext(name, workdir)
    return Ran(step_type, model, _settled(step_type.run(model, context)), context)


def _by_main_spelling(step_type: StepType[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    main = {other: name for name, field in roles(step_type.parameters).items() for other in field.also}
    return {main.get(name, name): value for name, value in parameters.items()}


def _settled(result: Any) -> Any:
    return asyncio.run(_awaited(result)) if isinstance(result, Awaitable) else result


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result
