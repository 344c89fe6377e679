"""All that a step's function can reach: the ports, bound to one attempt."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, Protocol

from rustchain.engine.background import Launch
from rustchain.engine.inputs import secret_texts
from rustchain.engine.lines import Lines
from rustchain.engine.services import Log, RunSetup, Services
from rustchain.engine.tasks import Task
from rustchain.engine.threads import in_thread
from rustchain.logic import expressions
from rustchain.model import paths
from rustchain.model.errors import StepFailed, Stopped, StorageFailed
from rustchain.model.failures import Failure
from rustchain.ports import Clock, Confinement, Files, Http, Process, ProcessEnded, Service, Stream

_LOG_LOCK = threading.Lock()
"""Lines are short: one lock for all logs costs less than one for each attempt."""


class Graphs(Protocol):
    """Runs child missions."""

    async def run_graph(self, task: Task, inputs: Mapping[str, Any]) -> Any: ...


class StepContext:
    """The context of one attempt (`ports.Context`). What most attempts never change is set on the class."""

    cpu_ms = 0
    max_rss_kb = 0
    _log: Log | None = None
    _stopped = False
    _unlogged: StorageFailed | None = None

    def __init__(
        self,
        services: Services,
        setup: RunSetup,
        task: Task,
        graphs: Graphs,
        env: Mapping[str, str],
        on_log: Callable[[str, str], None] | None,
    ) -> None:
        self._services = services
        self._setup = setup
        self._task = task
        self._graphs = graphs
        self._env = env
        self._on_log = on_log

    @property
    def run_id(self) -> str:
        return self._setup.lease.run_id

    @property
    def path(self) -> str:
        return paths.in_round(self._task.path, self._task.round)

    @property
    def attempt(self) -> int:
        return self._task.attempt

    @property
    def idempotency_key(self) -> str:
        return paths.idempotency_key(self.run_id, self.path)

    @property
    def clock(self) -> Clock:
        return self._services.clock

    @property
    def http(self) -> Http:
        return self._services.http

    @cached_property
    def files(self) -> Files:
        return self._services.files(self._setup.origin.workdir, self.run_id, self.path, self.check)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.log, self._setup.redactor.stream)

    @property
    def shell(self) -> "StepContext":
        return self

    def check(self) -> None:
        if self._stopped:
            raise Stopped

    def stop(self) -> None:
        """Have the next `check` raise, in whatever thread."""
        self._stopped = True

    def log(self, line: str) -> None:
        with _LOG_LOCK:
            if self._log is None:
                path = self._services.store.log_path(self.run_id, self.path, self.attempt)
                self._log = self._services.log(path, self._setup.redactor)
            self._log.write(line)
        if self._on_log is not None:
            self._on_log(self.path, self._setup.redactor.text(line))

    def close_log(self) -> str:
        """End the log; its digest, "" where nothing was logged."""
        if self._log is None:
            return ""
        with _LOG_LOCK:
            log, self._log = self._log, None
        return log.close()

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await in_thread(function, *args, stop=self.stop, grace=self._setup.grace.seconds)

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        return expressions.render(expressions.bare(expression), names)

    async def run_graph(self, inputs: Mapping[str, Any]) -> Any:
        child = self._task.plan.child
        if child is None:
            raise StepFailed(
                Failure.INTERNAL, f"a step of type {self._task.plan.type!r} holds no child mission"
            )
        self._setup.redactor.add(secret_texts(child.mission.inputs, inputs))
        return await self._graphs.run_graph(self._task, inputs)

    async def run(self, process: Process) -> ProcessEnded:
        """Run a program of this step (`ports.StepShell`): its folder, environment, mark and log are seen to."""
        bound = await self._bound(process)
        try:
            ended = await self._services.shell.run(bound, self._mark, Confinement(), self._on_output)
        finally:
            self._lines.flush()
        if self._unlogged is not None:
            raise self._unlogged
        self.cpu_ms += ended.cpu_ms
        self.max_rss_kb = max(self.max_rss_kb, ended.max_rss_kb)
        kept = [self._whole(data, process.max_output) for data in (ended.stdout, ended.stderr)]
        return ended._replace(stdout=kept[0], stderr=kept[1])

    def _whole(self, data: bytes, limit: int) -> bytes:
        """Output that was cut may end in the middle of a secret: an end in which one may have begun goes as well."""
        if len(data) < limit:
            return data
        text = data.decode("utf-8", "surrogateescape")
        return self._setup.redactor.stream().feed(text).encode("utf-8", "surrogateescape")

    async def start(self, process: Process, on_line: Callable[[str], None]) -> Service:
        """Start a program beside the steps; it has a log of its own, as it outlives this attempt."""
        bound = await self._bound(process)
        log_path = self._services.store.log_path(self.run_id, f"{self.path}/output", self.attempt)
        log = self._services.log(log_path, self._setup.redactor)

        def hear(line: str) -> None:
            with suppress(StorageFailed):  # the event loop calls; a full disk does not end a service
                log.write(line)
            on_line(line)

        launch = Launch(bound, self._mark, self.path, log_path, hear, log.close, self._setup.redactor.stream)
        return await self._setup.background.start(self._services.shell, launch)

    async def detach(self, process: Process) -> int:
        """Start a program that outlives the run."""
        return self._services.shell.detach(await self._bound(process), Confinement())

    def services(self) -> Sequence[Service]:
        """What `start` started in this run."""
        return self._setup.background.services

    async def end(self, service: Service, signal: int, grace: float) -> None:
        """End one of them."""
        await self._setup.background.end(self._services.shell, service, signal, grace)

    @property
    def _mark(self) -> str:
        return f"{self.run_id}:{self.path}"

    async def _bound(self, process: Process) -> Process:
        """A process with its folder, environment and grace."""
        workdir = self._setup.origin.workdir
        cwd = workdir if process.cwd == "." else await self.in_thread(self.files.folder, process.cwd)
        env = {**self._services.environ, **self._env, **process.env}
        grace = self._setup.grace
        return process._replace(cwd=cwd, env=env, grace=lambda: grace.seconds)

    def _on_output(self, stream: Stream, data: bytes) -> None:
        try:
            self._lines.add(stream, data)
        except StorageFailed as error:  # the event loop called: `run` raises it
            self._unlogged = error
