"""A no-op step of 10,000 in layers, loaded beforehand: planned, run, chained, journaled, its result read."""

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Literal

from benchmarks import kahn
from benchmarks.engine import running, spent
from benchmarks.figures import Figure, ratio
from benchmarks.graphs import NOOP, STEPS, layered, mission
from benchmarks.processes import apart, interleaved

ROUNDS = 9
REPEATS = 10
"""How often the reference runs in its process: once is too short to measure."""


def measure() -> Iterator[Figure]:
    """In memory and in SQLite FULL, against Kahn's algorithm by hand."""
    found = interleaved(
        ROUNDS, memory=partial(apart, ours, "memory"), full=partial(apart, ours, "full"), hand=partial(apart, by_hand)
    )  # fmt: skip
    for name, durability, goal in (("step, in memory", "memory", 12), ("step, SQLite FULL", "full", 20)):
        yield Figure(
            name=name, value=median(found[durability]), unit="us", goal=goal,
            ratio=ratio(found[durability], found["hand"]), against="Kahn by hand",
        )  # fmt: skip


def ours(durability: Literal["memory", "full"]) -> float:
    """CPU microseconds a step."""
    return running(mission(layered(), NOOP), durability) / STEPS * 1e6


def by_hand() -> float:
    """CPU microseconds a step."""
    graph = layered()
    dependents = kahn.dependents_of(graph)
    before = spent()
    for _ in range(REPEATS):
        kahn.run(graph, dependents)
    return (spent() - before) / REPEATS / STEPS * 1e6
