"""monitor_resources measures this machine, and processes that really work."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.processes import python
from harness.steps import StepContext, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.system._resources import Reading, Space, cpu_percent
from rustchain.steps.system._thresholds import Exceeded, Sample, Thresholds, exceeded
from rustchain.steps.system.monitor_resources import MonitorResources

TESTS = str(Path(__file__).parents[2])


def monitor(folder: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("monitor_resources", {"interval_seconds": 0.05, **parameters}, folder)


def failure(folder: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        monitor(folder, **parameters)
    return caught.value


def test_the_machine_is_measured(tmp_path: Path) -> None:
    output = monitor(tmp_path)
    assert 0 <= output["cpu"]["percent"] <= 100
    assert output["cpu"]["count"] == psutil.cpu_count()
    assert output["memory"]["total_bytes"] == psutil.virtual_memory().total
    assert 0 < output["memory"]["percent"] < 100
    assert output["disk"]["total_bytes"] == psutil.disk_usage(str(tmp_path)).total
    assert len(output["load"]) == 3
    assert output["exceeded"] == []
    assert [set(sample) for sample in output["samples"]] == [
        {"at", "cpu_percent", "memory_percent", "disk_percent", "load"}
    ]


def test_samples_come_at_even_intervals(tmp_path: Path) -> None:
    begin = time.monotonic()
    output = monitor(tmp_path, samples=4, interval_seconds=0.1)
    assert time.monotonic() - begin >= 0.4
    times = [sample["at"] for sample in output["samples"]]
    assert len(times) == 4
    assert times == sorted(times)


def test_a_process_that_works_is_told_from_one_that_sleeps(tmp_path: Path) -> None:
    with subprocess.Popen(python("while True: pass")) as busy, subprocess.Popen(["sleep", "60"]) as idle:
        try:
            worked = monitor(tmp_path, pid=busy.pid, interval_seconds=0.4)
            slept = monitor(tmp_path, pid=idle.pid, interval_seconds=0.2)
        finally:
            busy.kill()
            idle.kill()
    assert worked["cpu"]["percent"] > 10
    assert slept["cpu"]["percent"] == 0
    assert slept["memory"]["used_bytes"] < worked["memory"]["used_bytes"] < 100 << 20


@pytest.mark.parametrize("reaped", [True, False])
def test_a_process_that_has_ended_is_not_found(tmp_path: Path, reaped: bool) -> None:
    with subprocess.Popen(["true"]) as ended:
        if reaped:
            ended.wait()
        else:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        failed = failure(tmp_path, pid=ended.pid)
    assert (failed.kind, failed.message) == (Failure.NOT_FOUND, f"there is no process {ended.pid}")


def test_what_is_above_a_threshold_is_told(tmp_path: Path) -> None:
    output = monitor(tmp_path, samples=2, thresholds={"memory_percent": 0, "cpu_percent": 101})
    [told] = output["exceeded"]
    highest = max(sample["memory_percent"] for sample in output["samples"])
    assert told == {"name": "memory_percent", "threshold": 0, "highest": highest, "samples": 2}


def test_a_threshold_can_fail_the_step_which_keeps_its_output(tmp_path: Path) -> None:
    failed = failure(tmp_path, thresholds={"memory_percent": 0}, fail_on_exceeded=True)
    assert failed.kind is Failure.LIMIT
    assert failed.message == f"memory_percent was {failed.output.exceeded[0].highest:g}, above 0"
    assert len(failed.output.samples) == 1
    assert monitor(tmp_path, thresholds={"memory_percent": 101}, fail_on_exceeded=True)["exceeded"] == []


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_exceeded_counts_what_is_strictly_above(values: list[float], threshold: float) -> None:
    samples = [Sample(0, value, 0, 0, 0) for value in values]
    above = [value for value in values if value > threshold]
    expected = [Exceeded("cpu_percent", threshold, max(above), len(above))] if above else []
    assert exceeded(samples, Thresholds(cpu_percent=threshold)) == expected


@pytest.mark.parametrize(
    ("busy", "passed", "percent"), [(1.0, 2.0, 50.0), (3.0, 2.0, 150.0), (-1.0, 2.0, 0.0), (1.0, 0.0, 0.0)]
)
def test_time_is_compared_with_what_passed(busy: float, passed: float, percent: float) -> None:
    space = Space(1, 1, 0, 100.0)
    before = Reading(5.0, 7.0, space, space, 0, 0, 0, 0, (0.0, 0.0, 0.0))
    after = before._replace(busy=5.0 + busy, passed=7.0 + passed)
    assert cpu_percent(before, after) == percent


def test_it_does_not_keep_the_processor_busy_while_it_waits(tmp_path: Path) -> None:
    monitor(tmp_path)
    before = time.process_time()
    monitor(tmp_path, interval_seconds=0.5)
    assert time.process_time() - before < 0.25


def test_it_can_be_cancelled_between_samples(tmp_path: Path) -> None:
    async def main() -> None:
        parameters = MonitorResources(samples=100, interval_seconds=60)
        context = StepContext("monitor_resources", tmp_path)
        watching = asyncio.ensure_future(Catalogue()["monitor_resources"].run(parameters, context))
        await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.wait([watching], timeout=5)
        assert watching.cancelled()

    asyncio.run(main())


@pytest.mark.parametrize(
    "wrong",
    [
        {"samples": 0},
        {"interval_seconds": 0},
        {"pid": 0},
        {"thresholds": {"cpu": 1}},
        {"thresholds": {"load": -1}},
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, MonitorResources)


def test_without_psutil_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psutil'] = None\n"
        "from pathlib import Path\n"
        "from harness.steps import run_step\n"
        "from rustchain.model.errors import StepFailed\n"
        "try:\n    run_step('monitor_resources', {}, Path())\n"
        "except StepFailed as failure:\n    print(failure.kind, failure.message)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": TESTS},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.strip() == "missing_dependency needs psutil: pip install 'rustchain[system]'"
