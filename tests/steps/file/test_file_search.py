"""file_search finds lines and names, and stays within its bounds."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {
        "a.py": "first\nTODO: one\n  todo two\n",
        "src/b.py": "TODO\n",
        "src/c.txt": "nothing, TODO",
        ".hidden": "TODO",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "image.png").write_bytes(b"TODO\0TODO")
    (tmp_path / "link").symlink_to("src")
    (tmp_path / "out").symlink_to("/etc")
    return tmp_path


def search(folder: Path, pattern: str = "TODO", **parameters: Any) -> dict[str, Any]:
    output = run_step("file_search", {"path": ".", "pattern": pattern, **parameters}, folder)
    assert output["matches"] == len(output["results"])
    return output


def places(output: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(found["path"], found["line"], found["column"]) for found in output["results"]]


def test_lines_are_found_with_their_places_and_binary_files_counted(folder: Path) -> None:
    output = search(folder)
    assert places(output) == [("a.py", 2, 1), ("src/b.py", 1, 1), ("src/c.txt", 1, 10)]
    assert output["results"][0]["text"] == "TODO: one"
    assert (output["files_scanned"], output["binary_skipped"], output["truncated"]) == (3, 1, False)


def test_capitals_and_hidden_files_are_a_choice(folder: Path) -> None:
    assert ("a.py", 3, 3) in places(search(folder, case_sensitive=False))
    (folder / ".rustchain").mkdir(exist_ok=True)
    (folder / ".rustchain/state").write_text("TODO")
    assert len(places(search(folder, include_hidden=True))) == 4


@pytest.mark.parametrize(
    ("glob", "found"),
    [("*.py", ["a.py", "src/b.py"]), ("src/*", ["src/b.py", "src/c.txt"]), ("**/*.txt", ["src/c.txt"])],
)
def test_a_glob_chooses_files(folder: Path, glob: str, found: list[str]) -> None:
    assert [path for path, *_ in places(search(folder, glob=glob))] == found


def test_a_regular_expression_is_one_only_when_asked_for(folder: Path) -> None:
    assert places(search(folder, r"o[n]e|tw.", regex=True)) == [("a.py", 2, 7), ("a.py", 3, 8)]
    assert places(search(folder, r"o[n]e")) == []
    assert places(search(folder, r"O[N]E", case_sensitive=False)) == []
    assert places(search(folder, r"O[N]E", regex=True, case_sensitive=False)) == [("a.py", 2, 7)]


def test_names_are_searched_instead_of_lines(folder: Path) -> None:
    output = search(folder, "py", mode="name")
    assert output["results"] == [
        {"path": "a.py", "line": None, "column": 3, "text": "a.py"},
        {"path": "src/b.py", "line": None, "column": 3, "text": "b.py"},
    ]


def test_a_single_file_may_be_searched(folder: Path) -> None:
    assert places(search(folder, path="src/c.txt", glob="*.py")) == [("src/c.txt", 1, 10)]


def test_a_search_ends_after_enough_results(folder: Path) -> None:
    assert search(folder, max_results=3)["truncated"] is False
    output = search(folder, max_results=2)
    assert (output["matches"], output["truncated"]) == (2, True)


def test_a_very_long_line_is_searched_and_shown_from_the_match_on(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x" * 3_000_000 + "needle" + "y" * 5000 + "\nneedle")
    output = search(tmp_path, "needle")
    assert places(output) == [("f", 1, 3_000_001), ("f", 2, 1)]
    assert output["results"][0]["text"] == "needle" + "y" * 994


def test_what_is_not_utf_8_is_searched_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xff needle\r\n")
    assert search(tmp_path, "needle")["results"] == [
        {"path": "f", "line": 1, "column": 3, "text": "\ufffd needle"}
    ]


def test_a_file_whose_name_is_not_utf_8_is_searched(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xffb")).write_text("needle")
    assert places(search(tmp_path, "needle")) == [("a\ufffdb", 1, 1)]


def test_names_that_the_guard_refuses_are_passed_over(tmp_path: Path) -> None:
    for name in ("a\nb", "%2e%2e", "~f", "fine"):
        (tmp_path / name).write_text("needle")
    (tmp_path / "x\ny").mkdir()
    found = [path for path, *_ in places(search(tmp_path, "needle"))]
    assert "fine" in found
    assert "a\nb" not in found


def test_columns_are_counted_in_characters(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes("é😀\u2028".encode() + b"\xed\xa0\x80 needle")
    for parameters in ({}, {"regex": True}, {"case_sensitive": False}):
        assert places(search(tmp_path, "needle", **parameters)) == [("f", 1, 8)]


def test_a_pattern_that_backtracks_elsewhere_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a" * 100_000 + "b")
    assert places(search(tmp_path, "(a|a|aa)+$", regex=True)) == []


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"path": "none"}, Failure.NOT_FOUND),
        ({"path": "out"}, Failure.POLICY_DENIED),
        ({"path": "../.."}, Failure.POLICY_DENIED),
    ],
)
def test_what_cannot_be_searched_is_told(folder: Path, parameters: dict[str, Any], kind: Failure) -> None:
    with pytest.raises(StepFailed) as caught:
        search(folder, **parameters)
    assert caught.value.kind is kind


@pytest.mark.parametrize("pattern", ["(", "o(?=ne)", r"(a)\1"])
def test_a_pattern_that_is_none_is_refused_before_anything_runs(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="is not a regular expression in RE2's syntax"):
        search(tmp_path, pattern, regex=True)


FRUGAL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from harness.steps import run_step
resource.setrlimit(resource.RLIMIT_DATA, (150 << 20, 150 << 20))
print(run_step("file_search", {"path": ".", "pattern": "needle"}, Path(sys.argv[1]))["matches"])
"""


def test_a_large_file_is_searched_in_bounded_memory(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(0)
        for _ in range(300):
            file.write(b"x" * (1 << 20))
        file.write(b"\nneedle")
    tests = str(Path(__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", FRUGAL, str(tmp_path), tests], check=True, capture_output=True, text=True
    )
    assert run.stdout == "1\n"
