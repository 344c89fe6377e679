"""Peak memory of a process that runs 10,000 steps, its journal on disk."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, ratio
from benchmarks.graphs import NOOP, layered, mission
from benchmarks.processes import apart, interleaved, peak

ROUNDS = 3
FILE = "layers.yaml"


def measure() -> Iterator[Figure]:
    """Against a process that only has an event loop."""
    found = interleaved(ROUNDS, ours=partial(apart, ours), loop=partial(apart, loop))
    yield Figure(
        name="peak of 10,000 steps", value=median(found["ours"]), unit="MB", goal=80,
        ratio=ratio(found["ours"], found["loop"]), against="an event loop",
    )  # fmt: skip


def ours() -> float:
    """Megabytes of the program."""
    from rustchain.cli.boundary import run  # the other process must not have it in its memory

    Path(FILE).write_text(mission(layered(), NOOP))
    if code := run(["run", FILE, "--quiet"]):
        raise RuntimeError(f"it ended with {code}")
    return peak() / 1e6


def loop() -> float:
    """Megabytes of Python with asyncio."""
    asyncio.run(asyncio.sleep(0))
    return peak() / 1e6
