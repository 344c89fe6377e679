"""Load, validate and plan: 10,000 steps, and a file of 100 MB with 300,000."""

import gc
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.engine import NAME, spent
from benchmarks.figures import Figure, ratio
from benchmarks.graphs import NOOP, STEPS, WIDTH, layered, mission
from benchmarks.processes import apart, interleaved, peak
from rustchain.app.loading import Given, load
from rustchain.catalogue import Catalogue

ROUNDS = 5
MANY = 300_000
PADDING = 232
"""Characters a step that bring the large file to 100 MB."""
LIMIT_SECONDS = 60
LIMIT_MEGABYTES = 1500


def measure() -> Iterator[Figure]:
    """Against `json.loads` of the same data; the large file against the small one, step by step."""
    found = interleaved(ROUNDS, ours=partial(apart, ours), json=partial(apart, plain))
    seconds = median(found["ours"])
    yield Figure(
        name="load of 10,000 steps", value=seconds, unit="s", goal=0.8,
        ratio=ratio(found["ours"], found["json"]), against="json.loads",
    )  # fmt: skip
    found = apart(large)
    yield Figure(
        name="load of 300,000 steps", value=found["seconds"], unit="s", goal=LIMIT_SECONDS,
        ratio=found["seconds"] / MANY / (seconds / STEPS), against="a step of the 10,000",
    )  # fmt: skip
    yield Figure(
        name="peak of 300,000 steps", value=found["peak"] / 1e6, unit="MB", goal=LIMIT_MEGABYTES,
        ratio=found["peak"] / found["size"], against="the file",
    )  # fmt: skip


def ours() -> float:
    """CPU seconds; step types are imported beforehand."""
    catalogue, text = Catalogue(), mission(layered(), NOOP)
    load(NAME, catalogue, Given(texts={NAME: mission(layered(1, 1), NOOP)}))
    before = spent()
    load(NAME, catalogue, Given(texts={NAME: text}))
    return spent() - before


def large() -> dict[str, float]:
    """CPU seconds and bytes at the peak of a file of so many bytes."""
    file = Path("large.yaml")
    file.write_text(mission(layered(MANY // WIDTH, WIDTH), NOOP, f"parameters: {{message: {'x' * PADDING}}}"))
    size, catalogue, before = file.stat().st_size, Catalogue(), spent()
    load(file, catalogue)
    return {"seconds": spent() - before, "peak": peak(), "size": size}


def plain() -> float:
    """CPU seconds, without garbage collection, as in ours."""
    steps = [{"id": id, "step_type": "noop", "depends_on": needs} for id, needs in layered().items()]
    text = json.dumps({"name": "bench", "version": "1.0", "steps": steps})
    gc.disable()
    before = spent()
    json.loads(text)
    return spent() - before
