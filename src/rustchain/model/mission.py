"""What a mission file says, as values. `docs/reference/schema.json` is generated from this module."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


def _says(text: str, **constraints: Any) -> Meta:
    return Meta(description=text, **constraints)


StepId = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=200)]
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
"""No control characters, nor those that turn the direction of text: names are shown on terminals."""
Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Natural = Annotated[int, Meta(ge=0)]


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a mission: unknown keys are errors and fields never change."""


class On(StrEnum):
    """How a dependency must have ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    ALWAYS = "always"


class Dependency(Value, frozen=True):
    """A dependency with a condition on how it ended."""

    step: Annotated[StepId, _says("The step that must have ended.")]
    on: Annotated[On, _says("How it must have ended; otherwise this step is skipped.")] = On.SUCCESS


class Retry(Value, frozen=True):
    """When a failed attempt is tried again."""

    attempts: Annotated[Natural, _says("Retries after the first try.")]
    delay_ms: Annotated[Natural, _says("Milliseconds before the first retry.")] = 1000
    backoff: Annotated[Literal["fixed", "exponential"], _says("Whether the delay doubles at each retry.")] = (
        "fixed"
    )
    max_delay_ms: Annotated[
        Natural, _says("The longest delay of an exponential backoff, in milliseconds.")
    ] = 300_000
    jitter: Annotated[bool, _says("Shorten each delay at random, to as little as half.")] = False
    on: Annotated[
        list[str | int], _says("Error kinds or exit codes that are tried again; none named: all.")
    ] = []


class Repeat(Value, frozen=True):
    """Run again after each success until a condition holds."""

    until: Annotated[str, _says("An expression over `output`; true ends the repeating.")]
    max: Annotated[Count, _says("The most rounds.")]
    delay_ms: Annotated[Natural, _says("Milliseconds between rounds.")] = 0


class Limits(Value, frozen=True):
    """What a step's processes may use."""

    cpu_s: Seconds | UnsetType = UNSET
    wall_s: Seconds | UnsetType = UNSET
    memory_mb: Count | UnsetType = UNSET
    processes: Count | UnsetType = UNSET
    file_mb: Count | UnsetType = UNSET
    output_mb: Count | UnsetType = UNSET


class Reach(Value, frozen=True):
    """Places of the file system."""

    read: list[str] = []
    write: list[str] = []


class Outbound(Value, frozen=True):
    """Addresses of the network."""

    allow: list[str] = []


class Sandbox(Value, frozen=True):
    """How far a step's processes are confined."""

    require: Literal["auto", "strong", "basic", "none"] = "auto"
    fs: Reach | UnsetType = UNSET
    net: Outbound | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET


class Budget(Value, frozen=True):
    """What a mission or a step may spend."""

    usd: Annotated[float, Meta(ge=0)] | UnsetType = UNSET
    tokens: Natural | UnsetType = UNSET
    tool_calls: Natural | UnsetType = UNSET
    iterations: Natural | UnsetType = UNSET
    wall_seconds: Seconds | UnsetType = UNSET
    on_exhausted: Literal["fail", "ask", "finish"] = "fail"


class Compensate(Value, frozen=True):
    """The step that undoes this one."""

    step_type: str
    parameters: dict[str, Any] = {}


class MissionStep(Value, frozen=True):
    """One step of a mission, its parameters as written."""

    id: Annotated[StepId, _says("The step's unique name, by which others refer to it.")]
    step_type: Annotated[str, _says("A step type of the catalogue.")]
    name: Annotated[str, _says("What people read; defaults to the id.")] = ""
    depends_on: Annotated[
        list[str | Dependency], _says("Steps that must have ended before this one starts.")
    ] = []
    parameters: Annotated[dict[str, Any], _says("What the step type takes.")] = {}
    timeout_seconds: Annotated[Seconds | None, _says("Deadline of one attempt.")] = None
    continue_on_error: Annotated[bool, _says("Forgive a failure of this step.")] = False
    retry: Annotated[Retry | None, _says("When a failed attempt is tried again.")] = None
    when: Annotated[str | bool | None, _says("One expression; false skips the step.")] = None
    foreach: Annotated[
        list[Any] | str | None, _says("A list, or an expression giving one; the step runs once an item.")
    ] = None
    max_parallel: Annotated[Count | None, _says("With foreach: items at once.")] = None
    max_failures: Annotated[Natural, _says("With foreach: failed items that are borne.")] = 0
    repeat: Annotated[Repeat | None, _says("Run again after each success until a condition holds.")] = None
    expect: Annotated[str | None, _says("An expression over `output`; false fails the step.")] = None
    env: Annotated[dict[str, Any], _says("Environment of the step's process.")] = {}
    idempotent: Annotated[
        bool | None, _says("May an interrupted attempt be repeated? Overrides what the type says.")
    ] = None
    sandbox: Annotated[Sandbox | None, _says("How far the step's processes are confined.")] = None
    budget: Annotated[Budget | None, _says("What the step may spend.")] = None
    compensate: Annotated[Compensate | None, _says("The step that undoes this one.")] = None


class Lock(Value, frozen=True):
    """One run at a time per key."""

    key: Annotated[str, _says("The lock's name; may hold expressions over inputs, variables and env.")]
    on_busy: Annotated[Literal["wait", "fail", "skip"], _says("What a run does that finds it taken.")] = (
        "wait"
    )


class Connection(Value, frozen=True):
    """A named connection."""

    url: Annotated[str, _says("Its URL; may hold expressions over secrets, env and inputs.")]


class MissionConfig(Value, frozen=True):
    """How a mission is run."""

    timeout_seconds: Annotated[Seconds | None, _says("Deadline of the main graph.")] = None
    finally_timeout_seconds: Annotated[Seconds, _says("Deadline of `finally`.")] = 300
    fail_fast: Annotated[bool, _says("Stop everything else at the first unforgiven failure.")] = True
    max_concurrent_steps: Annotated[
        Count | None, _says("Steps running at once; the default is CPU count + 4.")
    ] = None
    retry_attempts: Annotated[Natural, _says("Retries for steps without their own `retry`.")] = 0
    retry_delay_ms: Annotated[Natural, _says("Milliseconds before such a retry.")] = 1000
    undefined: Annotated[Literal["error", "keep"], _says("What an unknown reference is.")] = "error"
    connections: Annotated[dict[str, Connection], _says("Connections by name.")] = {}
    lock: Annotated[Lock | None, _says("One run at a time per key.")] = None
    sandbox: Annotated[Sandbox | None, _says("How far processes are confined.")] = None
    budget: Annotated[Budget | None, _says("What the mission may spend.")] = None
    max_risk: Annotated[
        Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"] | None, _says("A run above this risk is refused.")
    ] = None
    rollback: Annotated[
        Literal["manual", "on_failure", "never"] | None, _says("When completed steps are undone.")
    ] = None
    settings: Annotated[dict[str, Any], _says("Free values, read as {{ config.name }}.")] = {}


CONFIG_SPELLINGS = {"max_parallel_steps": "max_concurrent_steps", "parallel_limit": "max_concurrent_steps"}
"""Other accepted spellings of keys of `config`."""


class Input(Value, frozen=True, rename="camel"):
    """One typed input, in the words of JSON Schema."""

    type: Annotated[
        Literal["string", "integer", "number", "boolean", "list", "array", "object"] | UnsetType,
        _says("The type of the value."),
    ]
    """Unset only for the inputs of steps written in line, which take any value."""
    description: Annotated[str, _says("What it is for.")] = ""
    default: Annotated[Any, _says("Without a default the input is required.")] = UNSET
    enum: list[Any] | UnsetType = UNSET
    const: Any = UNSET
    minimum: int | float | UnsetType = UNSET
    maximum: int | float | UnsetType = UNSET
    exclusive_minimum: int | float | UnsetType = UNSET
    exclusive_maximum: int | float | UnsetType = UNSET
    multiple_of: Annotated[float, Meta(gt=0)] | UnsetType = UNSET
    min_length: Natural | UnsetType = UNSET
    max_length: Natural | UnsetType = UNSET
    pattern: str | UnsetType = UNSET
    format: str | UnsetType = UNSET
    items: Any = UNSET
    min_items: Natural | UnsetType = UNSET
    max_items: Natural | UnsetType = UNSET
    unique_items: bool | UnsetType = UNSET
    properties: dict[str, Any] | UnsetType = UNSET
    required: list[str] | UnsetType = UNSET
    additional_properties: Any = UNSET
    secret: Annotated[bool, _says("Masked like a secret, and never stored.")] = False
    personal: Annotated[bool, _says("Kept apart, so that it can be erased.")] = False


class SecretReference(Value, frozen=True, rename={"from_": "from"}):
    """Where a secret is read from."""

    from_: Annotated[str, _says("env:NAME or file:PATH.", pattern=r"^[a-z]+:.+")]


class Mission(Value, frozen=True, rename={"finally_": "finally"}):
    """A mission: a graph of typed steps."""

    version: Annotated[str, _says("Version of the mission format.", pattern=r"^\d+\.\d+(\.\d+)?$")]
    name: Annotated[str, _says("What people call the mission.", min_length=1, pattern=PRINTABLE)]
    steps: Annotated[list[MissionStep], _says("The steps.", min_length=1)]
    description: Annotated[str, _says("What the mission is for.")] = ""
    inputs: Annotated[dict[str, Input], _says("Typed inputs.")] = {}
    variables: Annotated[dict[str, Any], _says("Values read as {{ context.name }} or {{ name }}.")] = {}
    secrets: Annotated[dict[str, SecretReference], _says("References to secrets; never their values.")] = {}
    config: Annotated[MissionConfig, _says("How the mission is run.")] = MissionConfig()
    finally_: Annotated[list[MissionStep], _says("Steps that run at the end, whatever happened.")] = []
    outputs: Annotated[dict[str, Any], _says("What a parent mission and --json see.")] = {}
