"""
Tiny missions, run by the real program, with what must come of them.

Comments at the head of each file in `missions/` say what is expected, as YAML: `exit` (default 0), `status`, `steps` (status
of each that matters), `kinds` (error kinds), `outputs`, `says` (words on stderr or in the result), `files` (text of files
afterwards; null: absent), and how it is run: `args`, `env`, `with` (files that are there before).
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.program import Done, called

MISSIONS = sorted((Path(__file__).parent / "missions").glob("*.yaml"))
KNOWN = {"exit", "status", "steps", "kinds", "outputs", "says", "files", "args", "env", "with"}


def expectations(text: str) -> dict[str, Any]:
    head = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#")]
    found: dict[str, Any] = yaml.safe_load("\n".join(head)) or {}
    assert found.keys() <= KNOWN
    return found


@pytest.mark.parametrize("file", MISSIONS, ids=lambda file: file.stem)
def test_what_a_mission_says_comes_true(file: Path, tmp_path: Path) -> None:
    text = file.read_text("utf-8")
    wanted = expectations(text)
    (tmp_path / "mission.yaml").write_text(text, "utf-8")
    for name, content in wanted.get("with", {}).items():
        (tmp_path / name).write_text(content, "utf-8")
    done = called(tmp_path, "run", "mission.yaml", "--json", *wanted.get("args", []), **wanted.get("env", {}))
    check(done, wanted)
    for name, content in wanted.get("files", {}).items():
        path = tmp_path / name
        assert (path.read_text("utf-8") if path.exists() else None) == content


def check(done: Done, wanted: dict[str, Any]) -> None:
    assert done.code == wanted.get("exit", 0), done.out + done.err
    result = done.json
    assert result.get("status") == wanted.get(
        "status", "Completed" if not done.code else result.get("status")
    )
    steps = result.get("step_results", {})
    assert {id: steps[id]["status"] for id in wanted.get("steps", {})} == wanted.get("steps", {})
    assert {id: steps[id]["error_kind"] for id in wanted.get("kinds", {})} == wanted.get("kinds", {})
    assert {name: result["outputs"][name] for name in wanted.get("outputs", {})} == wanted.get("outputs", {})
    for word in wanted.get("says", []):
        assert word in done.out + done.err
