"""A step that runs a program, against the bare process: `/bin/true`, 200 of them, six at once."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.engine import running, spent
from benchmarks.figures import Figure, ratio
from benchmarks.graphs import layered, mission
from benchmarks.processes import apart, interleaved

ROUNDS = 7
PROCESSES = 200
AT_ONCE = 6
PROGRAM = "/bin/true"


def measure() -> Iterator[Figure]:
    """Ours has its journal on disk."""
    found = interleaved(ROUNDS, ours=partial(apart, ours), bare=partial(apart, bare))
    yield Figure(
        name="command step", value=median(found["ours"]), unit="us", goal=1.3 * median(found["bare"]),
        ratio=ratio(found["ours"], found["bare"]), against="asyncio.create_subprocess_exec",
    )  # fmt: skip


def ours() -> float:
    """CPU microseconds a step, the program's own included."""
    step = ("step_type: command", f"parameters: {{command: {PROGRAM}}}")
    text = mission(layered(1, PROCESSES), *step, config=f"{{max_concurrent_steps: {AT_ONCE}}}")
    return running(text, "full") / PROCESSES * 1e6


def bare() -> float:
    """CPU microseconds a process."""

    async def one(slots: asyncio.Semaphore) -> None:
        async with slots:
            process = await asyncio.create_subprocess_exec(PROGRAM, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
            await process.communicate()

    async def main() -> float:
        slots, before = asyncio.Semaphore(AT_ONCE), spent()
        await asyncio.gather(*(one(slots) for _ in range(PROCESSES)))
        return (spent() - before) / PROCESSES * 1e6

    return asyncio.run(main())
