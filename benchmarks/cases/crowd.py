"""A thousand missions of 20 steps at once, in one process and on one engine: does the event loop stay awake?"""

import asyncio
import os
from collections.abc import Iterator
from statistics import median, quantiles
from time import monotonic

from benchmarks.engine import completed, loaded
from benchmarks.figures import Figure
from benchmarks.graphs import NOOP, chain, mission
from benchmarks.processes import apart
from rustchain.app.wiring import open_engine

ROUNDS = 3
MISSIONS = 1000
LENGTH = 20
BEAT = 0.005
"""Seconds between two looks at how late the event loop is."""


def measure() -> Iterator[Figure]:
    """All must complete."""
    yield Figure(
        name="loop lag, 1,000 missions", value=median(apart(lag) for _ in range(ROUNDS)), unit="ms (p99)", goal=100
    )  # fmt: skip


def lag() -> float:
    """Milliseconds by which the event loop is late, 99th percentile."""
    return asyncio.run(_crowd())


async def _crowd() -> float:
    async with open_engine(os.environ) as engine:
        one = loaded(engine, mission(chain(LENGTH), NOOP))
        late: list[float] = []
        watch = asyncio.create_task(_watch(late))
        await asyncio.gather(*(completed(engine, one, "full") for _ in range(MISSIONS)))
        watch.cancel()
        return quantiles(late, n=100)[98] * 1e3


async def _watch(late: list[float]) -> None:
    while True:
        began = monotonic()
        await asyncio.sleep(BEAT)
        late.append(monotonic() - began - BEAT)
