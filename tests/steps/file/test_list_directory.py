"""list_directory lists what is there, sorted, and follows no link."""

import os
from pathlib import Path
from typing import Any

import pytest

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("b.txt", "a/z.py", "a/deep/y.py", ".hidden/x.py", "~odd/w.py", "c.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("12345")
    (tmp_path / "link").symlink_to("a")
    os.utime(tmp_path / "b.txt", (1_000_000_000, 1_000_000_000))
    return tmp_path


def paths(folder: Path, **parameters: Any) -> list[str]:
    output = run_step("list_directory", parameters, folder)
    assert output["count"] == len(output["entries"])
    return [entry["path"] for entry in output["entries"]]


def test_entries_are_sorted_and_described(folder: Path) -> None:
    output = run_step("list_directory", {}, folder)
    assert output["path"] == "."
    assert [entry["name"] for entry in output["entries"]] == ["a", "b.txt", "c.py", "link", "~odd"]
    assert output["entries"][1] == {
        "name": "b.txt", "path": "b.txt", "is_dir": False, "size": 5, "modified": "2001-09-09T01:46:40Z",
    }  # fmt: skip
    assert [entry["is_dir"] for entry in output["entries"]] == [True, False, False, False, True]


def test_recursion_enters_folders_but_no_links(folder: Path) -> None:
    assert paths(folder, recursive=True) == [
        "a", "a/deep", "a/deep/y.py", "a/z.py", "b.txt", "c.py", "link", "~odd", "~odd/w.py",
    ]  # fmt: skip


def test_hidden_entries_are_listed_when_asked_for_but_never_the_state(folder: Path) -> None:
    found = paths(folder, recursive=True, include_hidden=True)
    assert ".hidden/x.py" in found
    assert not any(path.startswith(".rustchain") for path in found)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.py", ["a/deep/y.py", "a/z.py", "c.py", "~odd/w.py"]),
        ("a/*.py", ["a/z.py"]),
        ("a/**/*.py", ["a/deep/y.py", "a/z.py"]),
        ("**/[yz].py", ["a/deep/y.py", "a/z.py"]),
        ("**/deep/**", ["a/deep", "a/deep/y.py"]),
        ("nothing", []),
    ],
)
def test_a_pattern_chooses(folder: Path, pattern: str, found: list[str]) -> None:
    assert paths(folder, recursive=True, pattern=pattern) == found


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("file", ["b.txt", "c.py"]),
        ("folder", ["a", "~odd"]),
        ("directory", ["a", "~odd"]),
        ("link", ["link"]),
    ],
)
def test_kinds_are_told_apart(folder: Path, kind: str, found: list[str]) -> None:
    assert paths(folder, kind=kind) == found


def test_a_name_that_is_not_utf_8_is_listed_with_replacements(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xffb")).touch()
    assert paths(tmp_path) == ["a\ufffdb"]


def test_a_folder_is_listed_through_a_link_that_stays(folder: Path) -> None:
    assert paths(folder, path="link") == ["link/deep", "link/z.py"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("none", Failure.NOT_FOUND),
        ("c.py", Failure.CONFLICT),
        ("..", Failure.POLICY_DENIED),
        (".rustchain", Failure.POLICY_DENIED),
    ],
)
def test_what_cannot_be_listed_is_told(folder: Path, path: str, kind: Failure) -> None:
    with pytest.raises(StepFailed) as caught:
        run_step("list_directory", {"path": path}, folder)
    assert caught.value.kind is kind
