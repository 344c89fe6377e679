"""Wait for a time."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from rustchain.ports import Clock, Context
from rustchain.stepkit import UNSET, Output, Parameters, UnsetType, doc, step

_NAP = 30.0
"""Seconds: the longest sleep before the clock is asked again, which may have been set, or stood still with us."""


class Wait(Parameters):
    """
    Wait for some seconds, or until a moment; holds no slot meanwhile.

    A moment that has passed is not waited for.

    Example:
        step_type: wait
        parameters:
          seconds: 0.2
    """

    seconds: Annotated[
        Annotated[float, Meta(ge=0)] | UnsetType, doc("Seconds to wait. Either this or `until`.")
    ] = UNSET
    until: Annotated[
        Annotated[datetime, Meta(tz=True)] | UnsetType,
        doc("The moment to wait for, in RFC 3339: `2030-01-31T08:00:00Z`."),
    ] = UNSET

    def __post_init__(self) -> None:
        if (self.seconds is UNSET) == (self.until is UNSET):
            raise ValueError("give either `seconds` or `until`")


class WaitOutput(Output):
    """How long it took."""

    waited_ms: Annotated[int, doc("Milliseconds waited.")]


@step(idempotent=True, slotless=True)
async def wait(p: Wait, ctx: Context) -> WaitOutput:
    """Sleep until the clock says so."""
    begin = ctx.clock.monotonic()
    for nap in _naps(p, ctx.clock, begin):
        await asyncio.sleep(nap)
    return WaitOutput(waited_ms=round((ctx.clock.monotonic() - begin) * 1000))


def _naps(p: Wait, clock: Clock, begin: float) -> Iterator[float]:
    while (left := _left(p, clock, begin)) > 0:
        yield min(left, _NAP)


def _left(p: Wait, clock: Clock, begin: float) -> float:
    if isinstance(p.until, UnsetType):
        return begin + float(p.seconds or 0) - clock.monotonic()
    return p.until.timestamp() - clock.now() / 1000
