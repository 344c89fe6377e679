"""Run one step that needs processes or HTTP, with real ones."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.steps import StepContext
from rustchain.adapters.shell import LocalShell
from rustchain.catalogue import Catalogue
from rustchain.ports import Confinement, Http, Process, ProcessEnded
from rustchain.stepkit import roles


class SystemContext(StepContext):
    """A step's context with processes and HTTP; `output` is what processes wrote, as it came."""

    def __init__(self, name: str, workdir: Path, shell: LocalShell, http: Http | None) -> None:
        super().__init__(name, workdir)
        self._workdir = workdir
        self._shell = shell
        self.http = http
        self.shell = self
        self.output = b""
        self.environ = {"PATH": "/usr/bin:/bin"}

    async def run(self, process: Process) -> ProcessEnded:
        """Run a process below the workspace."""
        env = {**self.environ, **process.env}
        bound = process._replace(cwd=str(self._workdir / process.cwd), env=env, grace=0.3)
        return await self._shell.run(bound, f"{self.run_id}:{self.path}", Confinement(), self._on_output)

    def _on_output(self, stream: str, data: bytes) -> None:
        self.output += data


def run_step(
    name: str, parameters: Mapping[str, Any], workdir: Path, http: Callable[[], Http] | None = None
) -> dict[str, Any]:
    """Run a step type in a folder; its output as plain JSON. Raises StepFailed, or ValidationError of parameters."""

    async def main() -> Any:
        shell, client = LocalShell(), http() if http else None
        try:
            context = SystemContext(name, workdir, shell, client)
            return await Catalogue()[name].run(typed(name, parameters), context)
        finally:
            await shell.close()
            if client:
                await client.close()

    output = msgspec.to_builtins(asyncio.run(main()))
    assert isinstance(output, dict)
    return output


def typed(name: str, parameters: Mapping[str, Any]) -> Any:
    """The parameter model of a step type, filled; other spellings are accepted."""
    model = Catalogue()[name].parameters
    main = {other: name for name, field in roles(model).items() for other in field.also}
    return msgspec.convert({main.get(key, key): value for key, value in parameters.items()}, model)
