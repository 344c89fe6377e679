"""The mission of `make demo` reports truly on any repository."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from harness.program import PROGRAM, Done, called

DEMO = Path(__file__).parents[2] / "examples" / "demo" / "report.yaml"
IDENTITY = {"GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "C"}


def git(folder: Path, *args: str, **env: str) -> None:
    subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **IDENTITY, **env}, check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits by two authors, with names that mean something to CSV, HTML and Markdown."""
    folder = tmp_path / "repository"
    (folder / "src" / "a, b").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "src" / "a, b" / "x:1.py").write_text("one\ntwo\nthree\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\0\0")
    commit(folder, 'Say "hello", <b>|</b>', 'Ada "L", <i>', "2026-01-01T10:30:00Z")
    (folder / "Makefile").write_text("all:\n\ttrue\n")
    commit(folder, "Build", "Grace", "2026-01-02T11:30:00Z")
    return folder


def commit(folder: Path, subject: str, author: str, date: str) -> None:
    git(folder, "add", "-A")
    git(
        folder,
        "commit",
        "-qm",
        subject,
        GIT_AUTHOR_NAME=author,
        GIT_AUTHOR_DATE=date,
        GIT_COMMITTER_DATE=date,
    )


def report(folder: Path, *options: str, **env: str) -> Done:
    """Run the demo on a repository."""
    return called(folder.parent, "--json", "run", str(DEMO), "--workdir", str(folder), *options, **env)


def test_the_report_is_true(repository: Path) -> None:
    done = report(repository)
    assert done.code == 0, done.err
    outputs = {
        "html": "build/report/report.html",
        "markdown": "build/report/report.md",
        "commits": 2,
        "lines": 5,
    }
    assert done.json["outputs"] == outputs
    text = (repository / "build/report/report.md").read_text()
    assert "2 commits by 2 authors;\n5 lines in 2 text files,\n2.5 on average." in text
    assert "| src/a, b/ | 3 |\n| . | 2 |" in text
    assert "| 01-01 10 h | 1 |\n| 01-02 11 h | 1 |" in text
    assert not (repository / "build/report/scratch").exists()


def test_what_people_wrote_is_no_markup(repository: Path) -> None:
    report(repository)
    text = (repository / "build/report/report.html").read_text()
    assert "Say &quot;hello&quot;, &lt;b&gt;|" in text
    assert "<b>|" not in text
    charts = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert [len(etree.fromstring(chart).findall("{*}g")) for chart in charts] == [2, 2, 2, 2]


def test_the_engine_draws_its_own_mission_where_it_is_in_the_path(repository: Path) -> None:
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    assert report(repository, "-i", f"mission={DEMO}", PATH=path).code == 0
    text = (repository / "build/report/report.md").read_text()
    assert "```mermaid\nflowchart" in text
    assert "## Step types by family" in text


def test_a_shallow_clone_of_another_user_is_read(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "clone")
    if os.getuid() == 0:
        for path in [clone, clone / ".git"]:
            os.chown(path, 65534, 65534)
    done = report(clone, HOME=str(tmp_path / "empty"))
    assert done.json["outputs"]["commits"] == 1
    assert done.json["outputs"]["lines"] == 5


def test_an_older_repository_is_shown_by_the_day(repository: Path) -> None:
    for day in range(3, 11):
        (repository / "Makefile").write_text(str(day))
        commit(repository, f"Day {day}", "Grace", f"2026-01-{day:02}T12:00:00Z")
    statuses = {name: step["status"] for name, step in report(repository).json["step_results"].items()}
    assert (statuses["by_hour"], statuses["by_day"]) == ("Skipped", "Success")
    assert "| 2026-01-10 | 1 |" in (repository / "build/report/report.md").read_text()
