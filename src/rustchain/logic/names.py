"""Names of runs: an id that sorts by time, an alias that people remember, and what else may stand for an id."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from rustchain.model.errors import InvalidUse
from rustchain.model.events import Status

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, in lower case: no i, l, o, u."""

_QUALITIES = (
    "able amber ample brave brief bright brisk calm clear clever coral crisp dapper deft eager early fair fast fine "
    "firm fond frank fresh gentle glad golden grand happy hardy humble jolly keen kind light lively lucid lucky mellow "
    "merry mild misty neat nimble noble patient plain polite prime proud quick quiet rapid ready sharp silent silver "
    "smart solid steady sunny swift tidy warm wise"
)
_CREATURES = (
    "badger bear beaver bison bobcat buck camel cat cobra condor crane crow deer dingo dolphin dove duck eagle egret "
    "elk falcon ferret finch fox gecko goat goose hare hawk heron horse ibis jackal jay koala lark lemur lion llama "
    "lynx magpie marten mole moose newt ocelot orca osprey otter owl panda parrot pelican puffin puma raven robin "
    "seal stork swan tapir tiger trout walrus wolf wren"
)


class Name(NamedTuple):
    """What a run can be found by."""

    run_id: str
    alias: str
    status: Status


def new_run_id(now: int, random: bytes) -> str:
    """A ULID in lower case: 48 bits of milliseconds since 1970 and 80 random ones (10 bytes), as 26 letters and digits."""
    number = now << 80 | int.from_bytes(random[:10], "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))


def new_alias(random: bytes) -> str:
    """A name such as `brave-otter-417`, one of four million, from at least 4 random bytes."""
    qualities, creatures = _QUALITIES.split(), _CREATURES.split()
    rest, quality = divmod(int.from_bytes(random, "big"), len(qualities))
    rest, creature = divmod(rest, len(creatures))
    return f"{qualities[quality]}-{creatures[creature]}-{rest % 1000}"


def find_run(name: str, runs: Iterable[Name]) -> str:
    """
    The id that a name stands for: an id, an alias, `@last`, `@failed`, or the beginning of just one id.

    `runs` are the newest first: of equal aliases the newest is meant. InvalidUse where nothing or too much matches.
    """
    runs = list(runs)
    wanted = name.strip().lower()
    for run in runs:
        named = wanted in {run.run_id, run.alias or run.run_id, "@last"}
        if named or (wanted == "@failed" and run.status is Status.FAILED):
            return run.run_id
    matches = [run for run in runs if wanted and run.run_id.startswith(wanted)]
    if len(matches) == 1:
        return matches[0].run_id
    if matches:
        raise InvalidUse(
            f"{len(matches)} runs begin with {name!r}",
            help=f"Say more of it; the newest is {matches[0].run_id} ({matches[0].alias}).",
        )
    raise InvalidUse(f"there is no run {name!r}", help=_suggestion(wanted, runs))


def _suggestion(wanted: str, runs: list[Name]) -> str:
    """What may have been meant."""
    if not runs:
        return "Nothing has run yet."
    known = ["@last", "@failed", *(run.alias for run in runs), *(run.run_id for run in runs)]
    near = get_close_matches(wanted, known, n=1)
    return f"Did you mean {near[0]}?" if near else "See `rustchain runs`."
