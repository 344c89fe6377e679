"""Faults on purpose: where, when, and what."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from rustchain.adapters.faults import Faults, no_fault
from rustchain.model.errors import InvalidUse


def test_without_a_wish_nothing_is_called():
    assert Faults.from_env({}) is no_fault
    assert no_fault("anywhere") is None


@pytest.mark.parametrize(
    ("action", "number", "message"),
    [("raise", errno.EIO, "on purpose"), ("enospc", errno.ENOSPC, "No space")],
)
def test_a_fault_comes_at_its_pass_of_its_point_and_once(action, number, message):
    at = Faults.from_env({"RUSTCHAIN_FAULT": f"here:2:{action}"})
    at("here")
    at("there")
    at("there")
    with pytest.raises(OSError, match=message) as caught:
        at("here")
    assert caught.value.errno == number
    at("here")


def test_several_faults_may_be_wished_for():
    at = Faults.from_env({"RUSTCHAIN_FAULT": "here:1:delay(30);there:1:raise;"})
    before = time.monotonic()
    at("here")
    assert time.monotonic() - before >= 0.03
    with pytest.raises(OSError, match="a fault on purpose"):
        at("there")


@pytest.mark.parametrize("count", ["*", "0"])
def test_passes_are_counted_without_acting(tmp_path, count):
    log = tmp_path / "passes"
    at = Faults.from_env({"RUSTCHAIN_FAULT": f"here:{count}:raise", "RUSTCHAIN_FAULT_LOG": str(log)})
    for point in ("here", "there", "here"):
        at(point)
    assert log.read_text().splitlines() == ["here 1", "there 1", "here 2"]


def test_a_log_alone_counts_too(tmp_path):
    at = Faults.from_env({"RUSTCHAIN_FAULT_LOG": str(tmp_path / "passes")})
    at("here")
    assert (tmp_path / "passes").read_text() == "here 1\n"


def test_a_process_can_be_killed_at_a_point():
    program = "import os; from rustchain.adapters.faults import Faults; Faults.from_env(os.environ)('here')"
    env = {**os.environ, "RUSTCHAIN_FAULT": "here:1:kill9"}
    assert subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "wish", ["here", "here:1", "here:x:raise", "here:1:explode", "here:1:delay(x)", "a:1:raise:b"]
)
def test_a_wish_that_cannot_be_read_is_refused(wish):
    with pytest.raises(InvalidUse, match="is not name:n:action"):
        Faults.from_env({"RUSTCHAIN_FAULT": wish})
