"""
The events of a run: everything that ever happened, and nothing else.

Each kind has a number that is never reused. Header bytes are the JSON of the fields below, defaults left out; what
may be personal or bulky (texts, inputs, outputs, messages) is the event's payload, to which the header commits by
`commit`. `docs/reference/events.md` is generated from this module.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from msgspec import Struct

from rustchain.model.failures import Failure

VERSION = 1
"""Version of every event kind below; a reader refuses what it does not know."""


class Status(StrEnum):
    """How a mission stands."""

    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class Decision(StrEnum):
    """What a person says of an unknown outcome."""

    DONE = "done"
    AGAIN = "again"
    FAILED = "failed"


class Nesting(StrEnum):
    """Why work has children."""

    ITEMS = "items"
    GRAPH = "graph"


class Event(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Base of all events."""

    KIND: ClassVar[int] = 0


class RunStarted(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A run began. Payload: `Origin`."""

    KIND: ClassVar[int] = 1
    engine: str
    mission: str
    inputs: str
    catalogue: str
    parent: str = ""
    slots: int = 1
    """Steps of the mission that may run at once."""
    inherits: int = 0
    """How many `StepInherited` events follow before anything may start."""


class RunResumed(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A process took the run over; what was running without a completion did not finish."""

    KIND: ClassVar[int] = 2
    engine: str


class RunInterrupted(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The process stopped by a signal; the run stays open."""

    KIND: ClassVar[int] = 3
    signal: int


class CancelRequested(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Somebody cancelled the run. Payload: actor."""

    KIND: ClassVar[int] = 4
    request: int = 0


class DeadlinePassed(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A deadline of a graph passed: `scope` is "" for the mission, else the path of a child mission's step."""

    KIND: ClassVar[int] = 5
    scope: str = ""
    due: int = 0
    """The time that the graph's own deadline was set to; 0 for the deadline of the step around it."""


class RunEnded(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The run is over. Payload: `outputs` of the mission, `warnings`."""

    KIND: ClassVar[int] = 6
    status: Status


class StepSkipped(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The step's `when` was false. Payload: the condition and its values."""

    KIND: ClassVar[int] = 10
    path: str


class ChildrenAdded(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A step got children: `count` items of its foreach, or the steps of its child mission. Payload: items or inputs."""

    KIND: ClassVar[int] = 11
    path: str
    nesting: Nesting
    count: int = 0


class StepStarted(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """An attempt with effects is about to begin. Payload: parameters as shown, effects."""

    KIND: ClassVar[int] = 12
    path: str
    attempt: int = 1
    repeatable: bool = False
    key: str = ""
    tier: str = "none"


class StepSucceeded(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """An attempt ended well, after `ms`. Payload: the output, unless it is a blob."""

    KIND: ClassVar[int] = 13
    path: str
    attempt: int = 1
    ms: int = 0
    cpu_ms: int = 0
    max_rss_kb: int = 0
    blob: str = ""
    size: int = 0
    log: str = ""


class StepErred(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """
    An attempt failed. `dice` is a random number below 1,000 for jitter. Payload: `Report`.
    `answered`: the other side answered; `repeatable`: repeating is safe.
    """

    KIND: ClassVar[int] = 14
    path: str
    kind: Failure
    attempt: int = 1
    ms: int = 0
    cpu_ms: int = 0
    max_rss_kb: int = 0
    code: int | None = None
    answered: bool = False
    repeatable: bool = False
    dice: int = 0
    log: str = ""


class RoundEnded(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A round of a repeat ended well and its `until` is not true yet. Payload: the output, unless it is a blob."""

    KIND: ClassVar[int] = 15
    path: str
    round: int
    attempt: int = 1
    ms: int = 0
    blob: str = ""
    size: int = 0
    log: str = ""


class WaitElapsed(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The pause before a retry or a round is over."""

    KIND: ClassVar[int] = 16
    path: str


class OutcomeDecided(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A person decided an unknown outcome. Payload: actor, output."""

    KIND: ClassVar[int] = 17
    path: str
    decision: Decision
    request: int = 0


class StepInherited(Event, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """
    A retry took over how a step ended in the run before: with success, skipped by a condition, or failed and forgiven.
    Payload: the output, unless it is a blob; of a failure `Report`.
    """

    KIND: ClassVar[int] = 18
    path: str
    skipped: bool = False
    kind: Failure | None = None
    """How it failed."""
    blob: str = ""
    size: int = 0


EVENTS: tuple[type[Event], ...] = (
    RunStarted,
    RunResumed,
    RunInterrupted,
    CancelRequested,
    DeadlinePassed,
    RunEnded,
    StepSkipped,
    ChildrenAdded,
    StepStarted,
    StepSucceeded,
    StepErred,
    RoundEnded,
    WaitElapsed,
    OutcomeDecided,
    StepInherited,
)
BY_KIND: Mapping[int, type[Event]] = {e.KIND: e for e in EVENTS}


class Origin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run was started with: enough to plan it again without its file. Secrets are not in it."""

    source: str
    text: str
    files: dict[str, str] = {}
    inputs: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    env: dict[str, str] = {}
    workdir: str
    timestamp: str
    actor: str = ""
    only: str = ""
    skip_safety: bool = False
    max_risk: str = ""
    """The highest risk that was allowed for this run; "" where the mission, or the default, decided."""
    types: dict[str, str] = {}
    """Digests of the declarations of the step types used, by name."""
    durability: str = "full"
    blobs: dict[str, str] = {}
    """Members too large for the row: name (`text`, `files`, `inputs`) to blob digest; the member itself is empty."""


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, for people. `output` is what the step produced all the same."""

    error: str
    detail: Any = None
    output: Any = None


class Row(NamedTuple):
    """An event as the journal keeps it. `at` is milliseconds since 1970, UTC."""

    stream: int
    seq: int
    epoch: int
    v: int
    kind: int
    at: int
    header: bytes
    hash: bytes
    payload: bytes | None = None
