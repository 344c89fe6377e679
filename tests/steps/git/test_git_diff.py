"""The step `git_diff`, on real repositories."""

import os
from pathlib import Path
from typing import Any

import pytest

from harness.repositories import commit, diverge, git, head, repository
from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def diff(workdir: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("git_diff", parameters, workdir)


def figures(workdir: Path, **parameters: Any) -> list[tuple[str, int | None, int | None]]:
    return [(f["path"], f["additions"], f["deletions"]) for f in diff(workdir, **parameters)["files"]]


PATCH = """\
diff --git a/a b/a
index 5626abf..814f4a4 100644
--- a/a
+++ b/a
@@ -1 +1,2 @@
 one
+two
"""


def test_what_is_not_staged_is_compared_with_what_is(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "one\n", "b": "one\n"})
    (tmp_path / "a").write_text("one\ntwo\n")
    assert diff(tmp_path) == {
        "diff": PATCH,
        "files": [{"path": "a", "old_path": None, "additions": 1, "deletions": 0}],
        "has_changes": True,
        "truncated": False,
    }


def test_without_a_change_there_is_no_difference(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "one\n"})
    (tmp_path / "untracked").touch()
    assert diff(tmp_path) == {"diff": "", "files": [], "has_changes": False, "truncated": False}


def test_what_is_staged_is_compared_with_the_last_commit(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1\n", "b": "1\n"})
    commit(tmp_path, {"b": "2\n"})
    for name in ("a", "b"):
        (tmp_path / name).write_text("3\n")
    git(tmp_path, "add", "a")
    assert figures(tmp_path, staged=True) == [("a", 1, 1)]
    assert figures(tmp_path, staged=True, **{"from": "HEAD^"}) == [("a", 1, 1), ("b", 1, 1)]
    assert figures(tmp_path) == [("b", 1, 1)]


def test_before_the_first_commit_what_is_staged_is_all_new(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "a").write_text("1\n")
    git(tmp_path, "add", "a")
    assert figures(tmp_path, staged=True) == [("a", 1, 0)]
    assert figures(tmp_path) == []


def test_commits_are_compared(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1\n"})
    first = head(tmp_path)
    git(tmp_path, "tag", "v1")
    commit(tmp_path, {"b": "1\n2\n"})
    commit(tmp_path, {"c": "3\n"})
    (tmp_path / "a").unlink()
    assert figures(tmp_path, **{"from": "v1", "to": "HEAD^"}) == [("b", 2, 0)]
    assert figures(tmp_path, to=first) == [("b", 0, 2), ("c", 0, 1)]
    assert figures(tmp_path, **{"from": "HEAD^"}) == [("a", 0, 1), ("c", 1, 0)]


def test_only_named_files_are_compared(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1\n", "sub/b": "1\n", "sub/c d": "1\n"})
    for name in ("a", "sub/b", "sub/c d"):
        (tmp_path / name).write_text("2\n")
    assert figures(tmp_path, files=["sub/c d", "a"]) == [("a", 1, 1), ("sub/c d", 1, 1)]
    assert figures(tmp_path, files=["sub"], path="sub") == [("sub/b", 1, 1), ("sub/c d", 1, 1)]
    assert figures(tmp_path, files=["s*"]) == []


def test_no_files_is_not_all_files(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    with pytest.raises(ValueError, match="length >= 1"):
        diff(tmp_path, files=[])


def test_a_renamed_file_has_both_names(tmp_path: Path) -> None:
    repository(tmp_path, {"old\tname": "1\n2\n3\n4\n5\n", "z": "1\n"})
    git(tmp_path, "mv", "old\tname", "new\nname")
    (tmp_path / "z").write_text("2\n")
    git(tmp_path, "add", "z")
    assert diff(tmp_path, staged=True)["files"] == [
        {"path": "new\nname", "old_path": "old\tname", "additions": 0, "deletions": 0},
        {"path": "z", "old_path": None, "additions": 1, "deletions": 1},
    ]


def test_binary_files_differ_without_lines(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "\0one"})
    (tmp_path / "a").write_text("\0two")
    found = diff(tmp_path)
    assert found["diff"].endswith("Binary files a/a and b/a differ\n")
    assert figures(tmp_path) == [("a", None, None)]


def test_files_that_were_only_touched_do_not_differ(tmp_path: Path) -> None:
    repository(tmp_path, {"text": "1", "binary": "\0one", "changed": "\0one"})
    (tmp_path / "changed").write_text("\0two")
    for name in ("text", "binary"):
        os.utime(tmp_path / name, (0, 0))
    assert figures(tmp_path) == [("changed", None, None)]
    assert figures(tmp_path, **{"from": "HEAD"}) == [("changed", None, None)]


def test_a_changed_mode_is_a_change(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    (tmp_path / "a").chmod(0o755)
    assert figures(tmp_path) == [("a", 0, 0)]
    assert "new mode 100755" in diff(tmp_path)["diff"]


def test_files_with_conflicts_are_listed_once(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a": "0\n"}), {"a": "1\n"}, {"a": "2\n"})
    git(tmp_path, "merge", "other", check=False)
    assert [f["path"] for f in diff(tmp_path)["files"]] == ["a"]
    assert "<<<<<<<" in diff(tmp_path)["diff"]


def test_what_is_no_utf_8_is_replaced(tmp_path: Path) -> None:
    repository(tmp_path)
    name = os.fsdecode(os.fsencode(tmp_path) + b"/x\xff")
    Path(name).write_bytes(b"\xe4\n")
    git(tmp_path, "add", "--all")
    found = diff(tmp_path, staged=True)
    assert "+\ufffd\n" in found["diff"]
    assert found["files"][0]["path"] == "x\ufffd"
    Path(name).write_bytes(b"\0")
    assert figures(tmp_path) == [("x\ufffd", None, None)]


def test_a_long_difference_is_cut_and_its_figures_are_not(tmp_path: Path) -> None:
    repository(tmp_path, {"a": ""})
    (tmp_path / "a").write_text("line\n" * 1000)
    found = diff(tmp_path, max_output=100)
    assert (len(found["diff"]), found["truncated"]) == (100, True)
    assert figures(tmp_path, max_output=100) == [("a", 1000, 0)]


def test_a_changed_submodule_shows_its_commits(tmp_path: Path) -> None:
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
        "part",
    )
    git(tmp_path / "whole", "commit", "--quiet", "--message", "x")
    git(tmp_path / "whole/part", "config", "user.name", "Ada")
    git(tmp_path / "whole/part", "config", "user.email", "ada@example.org")
    after = commit(tmp_path / "whole/part", {"a": "2"})
    assert f"+Subproject commit {after}\n" in diff(tmp_path, path="whole")["diff"]
    assert figures(tmp_path, path="whole") == [("part", 1, 1)]


@pytest.mark.parametrize(
    "setting", ["diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.external=false", "diff.context=0",
                "diff.renames=false", "diff.submodule=log", "diff.orderFile=absent", "diff.wordRegex=.", "diff.relative=true",
                "diff.algorithm=histogram", "diff.colorMoved=zebra", "color.ui=always", "color.diff=always",
                "core.pager=false", "diff.suppressBlankEmpty=true", "core.quotePath=true"],
)  # fmt: skip
def test_no_setting_changes_what_is_told(tmp_path: Path, setting: str) -> None:
    repository(tmp_path, {"sub/x": "1", "ä": "0\n\n1\n2\n3\n4\n5\n"})
    (tmp_path / "ä").write_text("0\n\n1\nx\n3\n4\n5\n")
    plain = diff(tmp_path, path="sub")
    git(tmp_path, "config", *setting.split("="))
    assert diff(tmp_path, path="sub") == plain
    assert "--- a/ä\n+++ b/ä\n@@ -1,7 +1,7 @@\n 0\n \n 1\n-2\n+x\n" in plain["diff"]


def test_filters_of_attributes_do_not_change_the_text(tmp_path: Path) -> None:
    repository(tmp_path, {".gitattributes": "a diff=odd\n", "a": "1\n"})
    git(tmp_path, "config", "diff.odd.textconv", "echo odd; false")
    git(tmp_path, "config", "diff.odd.command", "echo odd")
    (tmp_path / "a").write_text("2\n")
    assert diff(tmp_path)["diff"].endswith("-1\n+2\n")


@pytest.mark.parametrize("name", ["nowhere", "HEAD..main", "a", "HEAD^^^"])
def test_what_names_no_commit_fails(tmp_path: Path, name: str) -> None:
    repository(tmp_path, {"a": "1"})
    with pytest.raises(StepFailed) as failed:
        diff(tmp_path, **{"from": name})
    assert failed.value.kind is Failure.NOT_FOUND
    assert failed.value.message == f"'.': nothing is named {name!r}"


def test_staged_and_a_commit_cannot_both_be_the_state_after(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    with pytest.raises(ValueError, match="either `staged` or `to`"):
        diff(tmp_path, staged=True, to="HEAD")
