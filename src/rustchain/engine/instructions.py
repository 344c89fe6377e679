"""What the machine tells the runner to do."""

from msgspec import Struct

from rustchain.model.errors import RustChainError
from rustchain.model.events import Status
from rustchain.model.failures import INTERNAL


class Start(Struct, frozen=True, gc=False):
    """Run the task's present attempt, or evaluate its foreach."""

    path: str


class Stop(Struct, frozen=True, gc=False):
    """End the task's attempt; its failure is the next event of that path."""

    path: str


class Wake(Struct, frozen=True, gc=False):
    """Report `WaitElapsed` at this time (milliseconds since 1970)."""

    path: str
    at: int


class SetDeadline(Struct, frozen=True, gc=False):
    """Report `DeadlinePassed`, due at this time, when it has come."""

    scope: str
    at: int


class Ended(Struct, frozen=True, gc=False):
    """The task ended without an event of its own: dropped, exhausted, or a foreach whose last item ended."""

    path: str


class Close(Struct, frozen=True, gc=False):
    """The graph of this child mission is over: its step goes on."""

    path: str


class Await(Struct, frozen=True, gc=False):
    """Nothing can go on until a person decides these unknown outcomes."""

    paths: tuple[str, ...]


class Finish(Struct, frozen=True, gc=False):
    """Nothing is left to do."""

    status: Status


Instruction = Start | Stop | Wake | SetDeadline | Ended | Close | Await | Finish


class ImpossibleEvent(RustChainError):
    """An event that cannot happen in the present state: a damaged journal, or a bug of ours."""

    exit = INTERNAL
