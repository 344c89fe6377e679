"""
Every mission under examples/ does what its first lines say, run as a user runs it.

`# expect: STATUS (step STATUS, …)` is how it ends, `# outputs: …` what it gives, `# run: NAME=VALUE … rustchain run FILE …`
the command where it is not the plain one. A mission with a variable `api` is given the stand-in server. Those in
examples/later say `# waits for: TYPE, …`, the step types that are not there yet.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.program import PROGRAM, called

EXAMPLES = Path(__file__).parents[2] / "examples"
DEMO = EXAMPLES / "demo" / "report.yaml"
MISSIONS = sorted(
    {f for folder in ("spec", "patterns", "demo") for f in (EXAMPLES / folder).glob("*.yaml")} - {DEMO}
)
LATER = sorted((EXAMPLES / "later").glob("*.yaml"))
NOT_YET = {"agent", "generate_embedding", "llm", "rag_add", "redis_set", "sql_query", "ssh_execute"}
"""Types of the specification that this version does not have, as far as its examples use them."""

WITH_PROGRAM = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
"""A PATH in which missions find the program itself."""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """The address of the stand-in server."""
    command = [sys.executable, EXAMPLES / "api.py", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


def header(file: Path, key: str) -> str:
    """What a comment at the top of a mission says after a key."""
    found = re.search(rf"^# {key}: (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return found.group(1) if found else ""


def run(file: Path, folder: Path, *more: str) -> Any:
    """Run an example in a copy of its folder; its result."""
    shutil.copytree(file.parent, folder, dirs_exist_ok=True)
    words = shlex.split(header(file, "run") or f"rustchain run {file.name}")
    program = words.index("rustchain")
    env = {"PATH": WITH_PROGRAM, **dict(word.split("=", 1) for word in words[:program])}
    return called(folder, "--json", *words[program + 1 :], *more, **env).json


@pytest.mark.parametrize("file", MISSIONS, ids=lambda f: f.stem)
def test_an_example_ends_as_it_says(file: Path, tmp_path: Path, api: str) -> None:
    expected, *steps = re.findall(r"\w+", header(file, "expect"))
    served = "api" in yaml.safe_load(file.read_text("utf-8")).get("variables", {})
    result = run(file, tmp_path, *(["--var", f"api={api}"] if served else []))
    assert result["status"] == expected, result
    statuses = {name: step["status"] for name, step in result["step_results"].items()}
    assert statuses == {**statuses, **dict(zip(steps[::2], steps[1::2], strict=True))}
    if outputs := header(file, "outputs"):
        assert result["outputs"] == json.loads(outputs)


@pytest.mark.parametrize("file", LATER, ids=lambda f: f.stem)
def test_an_example_for_later_lacks_nothing_but_its_step_types(file: Path, tmp_path: Path) -> None:
    found = called(tmp_path, "--json", "validate", str(file)).json["files"][str(file)]
    assert {problem["code"] for problem in found} == {"RC105"}
    lacking = {problem["message"].split("'")[1] for problem in found}
    assert lacking == set(header(file, "waits for").split(", "))
    assert lacking <= NOT_YET
