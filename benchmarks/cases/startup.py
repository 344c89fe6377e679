"""How long it takes to answer: the version, and a mission of two steps."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

from benchmarks.figures import Figure, ratio
from benchmarks.graphs import NOOP, chain, mission
from benchmarks.processes import PROGRAM, PYTHON, interleaved, whole

ROUNDS = 15


def measure() -> Iterator[Figure]:
    """`--version` against bare Python, a run of two steps against the import of asyncio."""
    two = {"two.yaml": mission(chain(2), NOOP)}
    found = interleaved(
        ROUNDS,
        bare=_cpu(PYTHON, "-c", "pass"),
        version=_cpu(PROGRAM, "--version"),
        asyncio=_cpu(PYTHON, "-c", "import asyncio"),
        run=lambda: whole(PROGRAM, "run", "two.yaml", files=two).cpu * 1e3,
    )
    bare, asyncio = median(found["bare"]), median(found["asyncio"])
    yield Figure(
        name="--version", value=median(found["version"]), unit="ms", goal=1.5 * bare + 3,
        ratio=ratio(found["version"], found["bare"]), against="python -c pass",
    )  # fmt: skip
    yield Figure(
        name="run of two steps", value=median(found["run"]), unit="ms", goal=4 * asyncio,
        ratio=ratio(found["run"], found["asyncio"]), against="python -c 'import asyncio'",
    )  # fmt: skip


def _cpu(*argv: str) -> Callable[[], float]:
    return partial(_milliseconds, argv)


def _milliseconds(argv: tuple[str, ...]) -> float:
    return whole(*argv).cpu * 1e3
