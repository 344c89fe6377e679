"""What a step does to the world, as values that plan, risk, policy and sandbox judge."""

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """The kind of an effect."""

    FS_READ = "fs.read"
    FS_WRITE = "fs.write"
    FS_DELETE = "fs.delete"
    NET = "net"
    EXEC = "exec"
    DB_READ = "db.read"
    DB_WRITE = "db.write"
    LLM = "llm"
    SECRET = "secret"  # noqa: S105 - a kind of effect, not a secret
    SIGNAL = "signal"


class Effect(NamedTuple):
    """`action` on `target` (a path, `host:port`, a program …); `known` is false where the target holds an expression."""

    action: Action
    target: str
    known: bool = True

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


LOCAL_READS = frozenset({Action.FS_READ})
"""A step whose effects are all of these needs no record before it starts."""
