"""What a run is given: ports, settings and values. `app/wiring.py` builds it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rustchain.engine.background import Background
from rustchain.engine.lines import Masking
from rustchain.model.events import Event, Origin
from rustchain.model.plan import Plan
from rustchain.ports import Clock, Files, Http, Lease, Secrets, Shell, Store
from rustchain.stepkit import StepType


class Log(Protocol):
    """The log of one attempt: redacted before it is written, opened at its first line."""

    def write(self, line: str) -> None: ...
    def close(self) -> str:
        """The digest of what was written; "" where nothing was."""
        ...


class Redactor(Protocol):
    """Masks secrets in what leaves the engine."""

    def text(self, text: str) -> str: ...
    def json(self, data: bytes) -> bytes: ...
    def add(self, secrets: Iterable[tuple[str, str]]) -> None:
        """Mask these as well, by name, from now on."""
        ...

    def stream(self) -> Masking:
        """For a text that comes in pieces."""
        ...


class Observer(Protocol):
    """Is told of what is durable, in order, and of log lines as they come."""

    def on_event(self, event: Event, at: int) -> None: ...
    def on_end(self, path: str) -> None:
        """Work ended without an event of its own: dropped, exhausted, or a foreach whose last item ended."""
        ...

    def on_log(self, path: str, line: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """The ports of an engine process, shared by all its runs."""

    store: Store
    clock: Clock
    shell: Shell
    http: Http
    secrets: Secrets
    files: Callable[[str, str, str, Callable[[], None]], Files]
    """From workspace, run id, path of work and a check for being stopped, to the guarded file system of one attempt."""
    log: Callable[[str, Redactor], Log]
    """From a file's path and the run's redactor to the log of one attempt."""
    dice: Callable[[], int]
    """A random number from 0 to 999."""
    fault: Callable[[str], None]
    """Passes a named point, at which a test may have the process die."""
    environ: Mapping[str, str]
    """What every process of a step gets, whatever the mission says."""
    slots: int
    """Steps at once where the mission does not say."""


@dataclass(slots=True)
class Grace:
    """Seconds that a stopped step has before it is ended by force; the run's driver may shorten them at any time."""

    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class RunSetup:
    """One run: its plan, where it came from, its lease and its values."""

    plan: Plan
    origin: Origin
    lease: Lease
    catalogue: Mapping[str, StepType[Any]]
    inputs: Mapping[str, Any]
    """All inputs, secret ones included."""
    secrets: Mapping[str, str]
    """Values of secrets by their reference, such as `env:PG_URL`."""
    env: Mapping[str, str]
    """Values of the environment variables that the mission names, secret ones included."""
    redactor: Redactor
    secret_files: Mapping[str, str] = field(default_factory=dict)
    """Private files holding a secret, by its reference."""
    grace: Grace = field(default_factory=Grace)
    background: Background = field(default_factory=Background)
