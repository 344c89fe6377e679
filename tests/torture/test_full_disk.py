"""A state folder that is full in mid-run: the run stops, nothing happens unrecorded, and goes on once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import small, warm
from harness.torture import Ordeal, Tally, read
from rustchain.model import events as ev
from rustchain.model.failures import STORAGE

STEPS = 40
LOUD = small.BEGIN + "head -c 20000 /dev/zero | tr '\\0' x"
HUGE = small.BEGIN + "head -c 200000 /dev/zero | tr '\\0' x"


PARTS = [0, *(pytest.param(n, marks=pytest.mark.torture) for n in range(1, 30))]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own for the state folder, which only root can have."""
    home = tmp_path / ".state"
    home.mkdir(mode=0o700)
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "torture", home], check=False).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield home
    subprocess.run(["umount", home], check=True)


@pytest.mark.parametrize("script", [LOUD, HUGE], ids=["journal", "blobs"])
def test_a_run_on_a_full_disk_goes_on_once_there_is_room(script: str, disk: Path, tmp_path: Path) -> None:
    small.write(
        tmp_path, [small.command(f"s{n}", script) for n in range(STEPS)], config={"max_concurrent_steps": 4}
    )
    done = warm.call(tmp_path, "run", "m.json")
    assert done.code == STORAGE.code, done
    assert "the disk is full" in done.err
    assert "Free some space, then resume the run." in done.err
    journal, before = read(tmp_path), small.begun(tmp_path)
    assert small.marked(journal.run_id) == []
    assert set(before) <= {path for path, _ in journal.told(ev.StepStarted)}
    assert 0 < before.total() < STEPS
    again = warm.call(tmp_path, "resume", "@last")
    assert again.code == STORAGE.code, again
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    done = warm.call(tmp_path, "resume", "@last")
    assert done.code == 0, done
    after = small.begun(tmp_path)
    assert len(after) == STEPS
    assert all(after[path] == 1 for path, _ in journal.told(ev.StepSucceeded))
    read(tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_a_disk_that_is_full_for_one_write_stops_the_run_there(
    part: int, tmp_path: Path, tally: Tally
) -> None:
    points = Ordeal(tmp_path / "undisturbed", 1).points()
    writes = [point for point in points if not point.name.startswith("step.")]
    for point in writes[part :: len(PARTS)]:
        ordeal = Ordeal(tmp_path / f"{point.name}-{point.count}", 1)
        done = ordeal.run(RUSTCHAIN_FAULT=f"{point.name}:{point.count}:enospc")
        assert done.code in (0, STORAGE.code), done  # 0: this time so many writes were not needed
        if done.code:
            assert "the disk is full" in done.json["error"]["message"]
            assert done.json["error"]["help"] == "Free some space, then resume the run."
        ordeal.finish(done)
        tally({"full disks": ordeal.deaths, "decisions": ordeal.decided})
