"""What can be told of processes without ending them."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.adapters.processes import tree

words = st.text("abc:/[]0~@-", min_size=1, max_size=5)


@given(words, words)
def test_a_whole_mark_is_carried_by_itself_alone(ours: str, theirs: str) -> None:
    environment = f"\0{tree.STEP}={theirs}\0".encode()
    assert (tree.mark(tree.STEP, ours) in environment) == (ours == theirs)


@given(words, words)
def test_a_mark_by_prefix_is_carried_by_all_that_begin_so(ours: str, theirs: str) -> None:
    environment = f"\0{tree.STEP}={theirs}\0".encode()
    assert (tree.mark(tree.STEP, ours, prefix=True) in environment) == theirs.startswith(ours)


def test_a_process_that_ended_is_not_found_even_before_it_is_reaped() -> None:
    started = subprocess.Popen(["true"], start_new_session=True)
    os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)
    assert tree.find({started.pid}, None) == []
    started.wait()


def test_what_came_after_a_process_is_told_by_its_id() -> None:
    first, second = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        assert second.pid in tree.since(first.pid)
        assert first.pid not in tree.since(first.pid)
    finally:
        for started in (first, second):
            started.kill()
            started.wait()


def test_ids_that_wrapped_round_are_followed() -> None:
    beyond = 1 << 22  # the kernel's largest id: the last one given out is smaller
    assert os.getpid() in tree.since(beyond)


def test_our_own_group_is_never_found() -> None:
    assert tree.find({os.getpgrp()}, None) == []


def test_without_proc_groups_are_found_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "PROC", False)
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    for pause in tree.ending(partial(tree.find, {started.pid}, None), lambda: 20.0):
        time.sleep(pause)
        started.poll()
    assert started.returncode == -signal.SIGTERM
    assert tree.since(1) == []
