"""A run as others see it: a line of the list of runs, a request to it, a result."""

from typing import Any, Literal

from msgspec import Struct, field

from rustchain.model.events import Status

Durability = Literal["full", "normal", "memory"]
"""What of a run survives: a power cut, the end of the process but no power cut, nothing."""


class RunRecord(Struct, frozen=True, kw_only=True):
    """A line of the list of runs, rebuilt from events whenever in doubt. Times are milliseconds since 1970."""

    run_id: str
    alias: str
    mission: str
    status: Status
    started_at: int
    ended_at: int | None = None
    waiting: str = ""
    parent: str = ""
    driven: bool = False
    """Whether a living process holds the run's lease."""


class Request(Struct, frozen=True, kw_only=True):
    """Something asked of a run from outside: `cancel` or `decide`; the lease's holder makes an event of it, once."""

    id: int
    kind: str
    body: dict[str, Any] = {}


class StepResult(Struct, frozen=True, kw_only=True):
    """How a step ended, in the result document."""

    step_id: str
    status: str
    output: Any = None
    error: str | None = None
    error_kind: str | None = None
    error_detail: Any = None
    duration_ms: int = 0
    attempts: int = 0
    started_at: str | None = None
    resources: dict[str, int] = {}
    items: list[dict[str, Any]] | None = None


class MissionResult(Struct, frozen=True, kw_only=True):
    """The result document of a run (`mission-format`, section Result)."""

    run_id: str
    mission: str
    status: Status
    timestamp: str
    total_duration_ms: int
    outputs: dict[str, Any] = {}
    step_results: dict[str, StepResult] = {}
    warnings: list[str] = []
    risk: dict[str, Any] = {}
    cost: dict[str, Any] = field(default_factory=lambda: {"usd": None, "tokens": 0})
    waiting_for: list[dict[str, Any]] = []
    exit_code: int = 0
