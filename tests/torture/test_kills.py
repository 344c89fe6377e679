"""kill -9 at every fault point, and at any moment: what is completed stays completed, nothing is lost."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from harness import fifty, small, warm
from harness.processes import alive, eventually
from harness.torture import Ordeal, Point, Tally, notes, read
from rustchain.adapters.store.writer import MANY

PARTS = 25
SAMPLE = (
    "step.after-effect",
    "step.before-effect",
    "journal.before-commit",
    "journal.after-commit",
    "blob.before-rename",
)
MOMENTS = [
    *((number, blow) for number in range(2) for blow in (signal.SIGKILL, signal.SIGTERM)),
    *(pytest.param(number, signal.SIGKILL, marks=pytest.mark.torture) for number in range(2, 50)),
    *(pytest.param(number, signal.SIGTERM, marks=pytest.mark.torture) for number in range(2, 20)),
]


def second(chance: random.Random, points: list[Point]) -> str:
    """A fault for the first resume; often none."""
    return chance.choice(points).fatal if chance.random() < 0.3 else ""


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_at_any_point_goes_on(seed: int, part: int, tmp_path: Path, tally: Tally) -> None:
    chance = random.Random(repr((seed, part)))
    points = Ordeal(tmp_path / "undisturbed", seed).points()
    for number, point in enumerate(points[part::PARTS]):
        ordeal = Ordeal(tmp_path / f"{point.name}-{point.count}", seed, warm=number % 10 != 0)
        ordeal.finish(ordeal.run(RUSTCHAIN_FAULT=point.fatal), second(chance, points))
        tally({"points": 1, "deaths": ordeal.deaths, "decisions": ordeal.decided})


@pytest.mark.parametrize("name", SAMPLE)
def test_a_run_killed_at_one_of_some_points_goes_on(name: str, tmp_path: Path, tally: Tally) -> None:
    chance = random.Random(name)
    point = Point(name, chance.randint(1, 20) if not name.startswith("blob") else 1)
    ordeal = Ordeal(tmp_path / name, 0, warm=name != SAMPLE[0])
    done = ordeal.run(RUSTCHAIN_FAULT=point.fatal)
    assert done.code == -signal.SIGKILL
    ordeal.finish(done)
    tally({"points": 1, "deaths": ordeal.deaths, "decisions": ordeal.decided})


@pytest.mark.parametrize(("number", "blow"), MOMENTS)
def test_a_run_ended_at_any_moment_goes_on(
    number: int, blow: signal.Signals, tmp_path: Path, tally: Tally
) -> None:
    chance = random.Random(number)
    ordeal = Ordeal(tmp_path / "run", number % 3, warm=number % 5 != 0)
    call = ordeal.start("run", "m.json")
    steps = chance.randint(0, len(fifty.PATHS))
    assert eventually(lambda: notes(ordeal.folder).starts.total() >= steps)
    time.sleep(chance.uniform(0, 0.03))
    if number % 2:  # the guardian too: whatever it would have ended is up to the resume
        for pid in alive(f"{call.pid}-"):
            os.kill(pid, signal.SIGKILL)
    call.send(blow)
    ordeal.finish(call.wait())
    tally({f"{blow.name} at random": 1, "deaths": ordeal.deaths, "decisions": ordeal.decided})


@pytest.mark.parametrize("word", ["done", "again", "failed"])
def test_a_decision_outlives_a_death(word: str, tmp_path: Path) -> None:
    small.write(tmp_path, [small.command("s", small.BEGIN, idempotent=False)])
    warm.call(tmp_path, "run", "m.json", RUSTCHAIN_FAULT="step.after-effect:1:kill9")
    assert warm.call(tmp_path, "resume", "@last").code == 5
    decide = ("resume", "@last", "--decide", f"s={word}")
    assert warm.call(tmp_path, *decide, RUSTCHAIN_FAULT="request.recorded:1:kill9").code == -signal.SIGKILL
    done = warm.call(tmp_path, *decide)
    assert done.code == (1 if word == "failed" else 0), done
    assert small.begun(tmp_path) == {"s": 2 if word == "again" else 1}
    read(tmp_path)


def test_a_retry_that_dies_while_it_takes_over_what_is_kept_goes_on(tmp_path: Path) -> None:
    many = [{"id": f"n{n}", "step_type": "noop"} for n in range(2 * MANY)]
    small.write(tmp_path, [*many, small.command("last", "[ -e gate ]", many[-1]["id"])])
    assert warm.call(tmp_path, "run", "m.json").code == 1
    small.open_gate(tmp_path)
    fault = {"RUSTCHAIN_FAULT": "journal.after-commit:1:kill9"}
    assert warm.call(tmp_path, "retry", "@last", **fault).code == -signal.SIGKILL
    done = warm.call(tmp_path, "resume", "@last", "--json")
    assert done.json["status"] == "Completed"
    assert done.json["step_results"]["last"]["attempts"] == 1
