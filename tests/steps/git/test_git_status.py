"""The step `git_status`, on real repositories."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.repositories import commit, diverge, git, repository
from harness.steps import run_step


def status(workdir: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("git_status", parameters, workdir)


def test_a_clean_repository_is_clean(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    assert status(tmp_path) == {
        "branch": "main",
        "ahead": None,
        "behind": None,
        "clean": True,
        "staged": [],
        "unstaged": [],
        "untracked": [],
        "conflicts": [],
    }


def test_changes_are_told_by_where_they_are(tmp_path: Path) -> None:
    repository(tmp_path, {"staged": "1", "changed": "1", "both": "1", "removed": "1"})
    for name in ("staged", "both"):
        (tmp_path / name).write_text("2")
    git(tmp_path, "add", "staged", "both")
    for name in ("changed", "both", "new"):
        (tmp_path / name).write_text("3")
    (tmp_path / "removed").unlink()
    found = status(tmp_path)
    assert found["staged"] == ["both", "staged"]
    assert found["unstaged"] == ["both", "changed", "removed"]
    assert found["untracked"] == ["new"]
    assert not found["clean"]


def test_untracked_files_may_be_left_out(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    (tmp_path / "new").touch()
    assert status(tmp_path, include_untracked=False)["clean"]
    assert not status(tmp_path)["clean"]


def test_untracked_files_in_folders_are_listed_each_and_ignored_ones_are_not(tmp_path: Path) -> None:
    repository(tmp_path, {".gitignore": "*.log\n"})
    (tmp_path / "new").mkdir()
    for name in ("a", "b", "c.log"):
        (tmp_path / "new" / name).touch()
    assert status(tmp_path)["untracked"] == ["new/a", "new/b"]


def test_a_renamed_file_has_its_new_name(tmp_path: Path) -> None:
    repository(tmp_path, {"old name": "1\n2\n3\n", "z": "1"})
    git(tmp_path, "mv", "old name", "new name")
    (tmp_path / "z").write_text("2")
    assert (status(tmp_path)["staged"], status(tmp_path)["unstaged"]) == (["new name"], ["z"])


def test_conflicts_are_told(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a b": "0"}), {"a b": "1"}, {"a b": "2"})
    git(tmp_path, "merge", "other", check=False)
    found = status(tmp_path)
    assert (found["conflicts"], found["staged"], found["clean"]) == (["a b"], [], False)


def test_a_repository_without_a_commit_has_a_branch(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "a").touch()
    assert (status(tmp_path)["branch"], status(tmp_path)["untracked"]) == ("main", ["a"])


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "switch", "--quiet", "--detach")
    assert status(tmp_path)["branch"] is None


def test_the_distance_to_the_upstream_is_told(tmp_path: Path) -> None:
    repository(tmp_path / "origin", {"a": "1"})
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    git(tmp_path / "clone", "config", "user.name", "Ada")
    git(tmp_path / "clone", "config", "user.email", "ada@example.org")
    git(tmp_path / "clone", "config", "status.aheadBehind", "false")
    commit(tmp_path / "origin", {"b": "1"})
    for name in ("c", "d"):
        commit(tmp_path / "clone", {name: "1"})
    git(tmp_path / "clone", "fetch", "--quiet")
    found = status(tmp_path, path="clone")
    assert (found["ahead"], found["behind"]) == (2, 1)


def test_a_changed_submodule_counts_as_changed(tmp_path: Path) -> None:
    repository(tmp_path / "part", {"a": "1"})
    repository(tmp_path / "whole", {"b": "1"})
    git(
        tmp_path / "whole",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../part",
        "sub part",
    )
    git(tmp_path / "whole", "commit", "--quiet", "--message", "x")
    (tmp_path / "whole/sub part/a").write_text("2")
    assert status(tmp_path, path="whole")["unstaged"] == ["sub part"]
    assert status(tmp_path, path="whole/sub part")["unstaged"] == ["a"]


@pytest.mark.parametrize(
    "setting", ["status.short=true", "status.showStash=true", "status.relativePaths=true", "status.renames=false",
                "status.branch=false", "status.showUntrackedFiles=no", "color.status=always",
                "color.ui=always", "core.quotePath=true", "column.ui=always", "core.pager=false"],
)  # fmt: skip
def test_no_setting_changes_what_is_told(tmp_path: Path, setting: str) -> None:
    repository(tmp_path, {"old": "1\n2\n3\n", "sub/a": "1"})
    git(tmp_path, "mv", "old", "neü")
    (tmp_path / "sub/ä b").touch()
    git(tmp_path, "config", *setting.split("="))
    found = status(tmp_path, path="sub")
    assert (found["staged"], found["untracked"]) == (["neü"], ["sub/ä b"])


def test_a_name_that_is_no_utf_8_is_shown_with_replacements(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff")).touch()
    assert status(tmp_path)["untracked"] == ["x\ufffd"]


_CHARACTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
_NAMES = st.text(_CHARACTERS, min_size=1, max_size=40).filter(lambda name: name not in {".", "..", ".git"})


@settings(max_examples=15)
@given(name=_NAMES)
def test_whatever_a_file_is_called_is_told(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workdir = repository(Path(folder))
        (workdir / name).touch()
        assert status(workdir)["untracked"] == [name]
        git(workdir, "add", "--all")
        assert status(workdir)["staged"] == [name]
