"""The recipe for a step type works as written, and what else the documents name is there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.documents import ROOT, blocks

COPIED = (
    "src",
    "tools",
    "pyproject.toml",
    "tests/conftest.py",
    "tests/harness",
    "tests/steps/test_catalogue.py",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with the recipe's step type in it, and no other edit."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    (block,) = (b for b in blocks("CONTRIBUTING.md") if b.language == "python")
    (tmp_path / block.title).write_text(block.text, "utf-8")
    return tmp_path


def python(project: Path, *args: str) -> str:
    """Run Python with a copy of the project; what it printed."""
    env = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *args], cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rustchain(project: Path, *args: str) -> str:
    return python(project, "-c", "import sys; from rustchain.cli.main import main; sys.exit(main())", *args)


def test_a_new_type_is_listed_described_and_run(project: Path) -> None:
    assert re.search(
        r"count_words +data +Count the words of a text file\.", rustchain(project, "steps", "list")
    )
    assert "count_words" in rustchain(project, "schema")
    (project / "m.yaml").write_text(
        'version: "1.0"\nname: m\nsteps: [{id: a, step_type: count_words, parameters: {path: pyproject.toml}}]\n'
    )
    result = json.loads(rustchain(project, "--json", "run", "m.yaml", "--durability", "memory"))
    assert result["step_results"]["a"]["output"]["words"] == len(
        (ROOT / "pyproject.toml").read_text().split()
    )


def test_a_new_type_has_its_page(project: Path) -> None:
    python(project, "-m", "tools.generate")
    assert (
        "## count_words\n\nCount the words of a text file."
        in (project / "docs/reference/steps.md").read_text()
    )


def test_a_new_type_keeps_the_rules(project: Path) -> None:
    told = python(
        project,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/steps/test_catalogue.py",
        "-k",
        "count_words",
    )
    assert re.search(r"^1\d passed", told, re.MULTILINE), told


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_commands_to_set_up_are_there(document: str) -> None:
    shown = "\n".join(block.text for block in blocks(document) if block.language == "sh")
    targets = set(re.findall(r"^make (\w+)", shown, re.MULTILINE))
    assert targets <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    extras = re.findall(r"\[(\w+)\]", shown)
    assert all(f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text() for extra in extras)


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", "docs/missions.md"]
)
def test_links_lead_somewhere(document: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text("utf-8"))
    assert [target for target in targets if not ((ROOT / document).parent / target).exists()] == []
