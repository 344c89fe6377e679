"""Runs do not depend on somebody listening."""

import subprocess
import sys
from pathlib import Path

import pytest

MISSION = 'version: "1.0"\nname: m\nsteps: [{id: a, step_type: create_file, parameters: {path: made}}]\n'
PROGRAM = f"{sys.executable} -c 'import sys; from rustchain.cli.main import main; sys.exit(main())'"


@pytest.mark.parametrize("streams", ["2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_run_whose_streams_are_closed_runs(tmp_path: Path, streams: str) -> None:
    (tmp_path / "m.yaml").write_text(MISSION)
    env = {"RUSTCHAIN_HOME": str(tmp_path / ".state"), "PATH": "/usr/bin:/bin", "CI": "1"}
    done = subprocess.run(["sh", "-c", f"{PROGRAM} run m.yaml {streams}"], cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0
    assert (tmp_path / "made").exists()
