"""Processes of an engine that died: its guardian ends them, and a resume does before it starts anything."""

import os
import signal
from pathlib import Path

import pytest

from harness import small, warm
from harness.processes import alive, eventually
from harness.torture import read

LASTING = """while read -r pid; do
    read -r _ _ state _ 2>&- < "/proc/$pid/stat" || continue
    [ "$state" = Z ] || echo "$pid" >> met
done < pids
echo $$ >> pids
[ -e gate ] && exit
setsid sleep 300 &
echo $! >> pids
echo "${RUSTCHAIN_STEP#*:}" >> log
sleep 300
"""
"""Lasts, and has a process in a session of its own; tells of such processes that are alive when it begins."""


@pytest.fixture(
    params=["", pytest.param("trap '' TERM\n", marks=pytest.mark.torture)], ids=["meek", "stubborn"]
)
def orphans(request: pytest.FixtureRequest, tmp_path: Path) -> int:
    """A run that lasts; the process that drives it."""
    (tmp_path / "pids").touch()
    small.write(tmp_path, [small.command("s", request.param + LASTING)])
    call = warm.start(tmp_path, "run", "m.json")
    assert small.all_begun(tmp_path, 1)
    return call.pid


def test_the_guardian_ends_what_a_dead_engine_left(orphans: int, tmp_path: Path) -> None:
    run_id = read(tmp_path).run_id
    assert len(small.marked(run_id)) == 3
    os.kill(orphans, signal.SIGKILL)
    assert eventually(lambda: not small.marked(run_id), 10)


def test_a_resume_ends_it_first_where_there_is_no_guardian(orphans: int, tmp_path: Path) -> None:
    [guardian] = alive(f"{orphans}-")
    os.kill(guardian, signal.SIGKILL)
    os.kill(orphans, signal.SIGKILL)
    small.open_gate(tmp_path)
    run_id = read(tmp_path).run_id
    assert len(small.marked(run_id)) == 3
    assert warm.call(tmp_path, "resume", "@last").code == 0
    assert not (tmp_path / "met").exists()
    assert small.marked(run_id) == []
