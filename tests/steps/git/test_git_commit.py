"""The step `git_commit`, on real repositories."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.repositories import commit, diverge, git, head, hook, repository, write
from harness.steps import ran, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown


def commits(workdir: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("git_commit", {"message": "Change", **parameters}, workdir)


def failure(workdir: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        commits(workdir, **parameters)
    return failed.value


def staged(workdir: Path) -> str:
    return git(workdir, "diff", "--cached", "--name-only")


def test_all_changes_are_committed(tmp_path: Path) -> None:
    repository(tmp_path, {"changed": "1", "removed": "1", "kept": "1", "old": "1\n2\n3\n"})
    (tmp_path / "changed").write_text("2")
    (tmp_path / "removed").unlink()
    (tmp_path / "new file").touch()
    (tmp_path / "old").rename(tmp_path / "renamed")
    done = commits(tmp_path, message="Ändern\n\n# all of it\n")
    assert done == {
        "commit": head(tmp_path),
        "message": "Ändern\n\n# all of it",
        "files_changed": 4,
        "committed": True,
    }
    assert git(tmp_path, "status", "--porcelain") == ""


def test_the_first_commit_is_like_others(tmp_path: Path) -> None:
    repository(tmp_path)
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    assert commits(tmp_path, files=["a", "b"])["files_changed"] == 2
    assert commits(tmp_path)["files_changed"] == 1


def test_only_named_files_are_committed(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1", "b": "1", "gone": "1"})
    for name in ("a", "b", "sub/new"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("2")
    (tmp_path / "gone").unlink()
    git(tmp_path, "add", "b")
    assert commits(tmp_path, files=["a", "sub", "gone"])["files_changed"] == 3
    assert staged(tmp_path) == "b"


def test_named_files_without_a_change_are_not_committed_though_others_are_staged(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1", "b": "1"})
    (tmp_path / "b").write_text("2")
    git(tmp_path, "add", "b")
    assert not commits(tmp_path, files=["a"])["committed"]


def test_without_a_change_there_is_no_commit_and_no_failure(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    before = head(tmp_path)
    assert commits(tmp_path) == {
        "commit": before,
        "message": "Change",
        "files_changed": 0,
        "committed": False,
    }
    assert head(tmp_path) == before


def test_an_empty_repository_stays_without_a_commit(tmp_path: Path) -> None:
    repository(tmp_path)
    assert commits(tmp_path)["commit"] is None


def test_an_empty_commit_is_made_where_it_is_wanted(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    before = head(tmp_path)
    done = commits(tmp_path, allow_empty=True)
    assert (done["committed"], done["files_changed"]) == (True, 0)
    assert git(tmp_path, "rev-parse", "HEAD^") == before


def test_the_author_is_named_and_the_committer_stays(tmp_path: Path) -> None:
    repository(tmp_path)
    commits(tmp_path, allow_empty=True, author="Ada Ü <ada@example.org>")
    assert git(tmp_path, "log", "-1", "--format=%an|%ae|%cn") == "Ada Ü|ada@example.org|Grace"


def test_where_git_knows_nobody_the_author_commits(tmp_path: Path) -> None:
    anonymous(tmp_path)
    commits(tmp_path, author="Ada <ada@example.org>")
    assert git(tmp_path, "log", "-1", "--format=%an|%cn|%ce") == "Ada|Ada|ada@example.org"


def test_where_git_knows_nobody_nothing_is_done_and_the_lines_that_help_are_told(tmp_path: Path) -> None:
    anonymous(tmp_path)
    failed = failure(tmp_path)
    assert failed.kind is Failure.AUTHENTICATION
    assert 'git config --global user.name "Your Name"' in failed.message
    assert staged(tmp_path) == ""


def anonymous(workdir: Path) -> None:
    git(workdir, "init", "--quiet")
    git(workdir, "config", "user.useConfigOnly", "true")
    (workdir / "a").touch()


@pytest.mark.parametrize(
    "author", ["Ada", "ada@example.org", "Ada <>", "<a@b>", "Ada <a@b> x", "A\nB <a@b>", " <a@b>"]
)
def test_an_author_has_a_name_and_a_mail_address(tmp_path: Path, author: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="author"):
        commits(tmp_path, author=author)


@pytest.mark.parametrize("message", ["", " \n", "a\0b"])
def test_a_message_says_something(tmp_path: Path, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="blank"):
        commits(tmp_path, message=message)


def test_a_message_is_no_option(tmp_path: Path) -> None:
    repository(tmp_path)
    assert commits(tmp_path, message="--amend $(x)", allow_empty=True)["message"] == "--amend $(x)"


@pytest.mark.parametrize("setting", ["commit.cleanup=strip", "commit.template=absent", "i18n.commitEncoding=latin1",
                                     "commit.verbose=true", "log.showSignature=true", "diff.renames=false"])  # fmt: skip
def test_no_setting_changes_what_is_told(tmp_path: Path, setting: str) -> None:
    repository(tmp_path, {"a": "1\n2\n3\n"})
    (tmp_path / "a").rename(tmp_path / "ü")
    git(tmp_path, "config", *setting.split("="))
    done = commits(tmp_path, message="# ä ☃")
    assert (done["message"], done["files_changed"]) == ("# ä ☃", 1)


def test_files_that_are_nowhere_fail(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    failed = failure(tmp_path, files=["absent"])
    assert failed.kind is Failure.NOT_FOUND
    assert "absent' did not match any files" in failed.message


def test_no_files_is_not_all_files(tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="length >= 1"):
        commits(tmp_path, files=[])


def test_a_hook_may_refuse_the_commit(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    hook(tmp_path, "pre-commit", "echo 'not on Fridays' >&2; exit 1")
    (tmp_path / "a").write_text("2")
    failed = failure(tmp_path)
    assert (failed.kind, failed.code) == (Failure.EXIT_CODE, 1)
    assert failed.message == "`git commit` failed: exit code 1, not on Fridays"
    assert staged(tmp_path) == "a"


def test_hooks_run_git_as_they_are_used_to(tmp_path: Path) -> None:
    repository(tmp_path, {"sub/a.py": "1", "other": "1"})
    changed = "test `git diff --cached --name-only -- '*.py'` = sub/a.py"
    hook(tmp_path, "pre-commit", f"touch -d 2001-01-01 other; {changed} && git diff --exit-code")
    write(tmp_path, {"sub/a.py": "2"})
    assert commits(tmp_path)["committed"]


def test_a_hook_may_change_the_message(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    hook(tmp_path, "commit-msg", "echo 'Reviewed-by: X' >> $1")
    assert commits(tmp_path, allow_empty=True)["message"] == "Change\nReviewed-by: X"


def test_conflicts_are_not_committed(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a": "0"}), {"a": "1"}, {"a": "2"})
    git(tmp_path, "merge", "other", check=False)
    failed = failure(tmp_path)
    assert failed.kind is Failure.CONFLICT
    assert failed.detail == {"conflicts": ["a"]}
    assert git(tmp_path, "ls-files", "--unmerged") != ""


def test_a_resolved_merge_is_concluded_though_it_changes_nothing(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a": "0"}), {"a": "1"}, {"a": "2"})
    git(tmp_path, "merge", "other", check=False)
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    assert failure(tmp_path, files=["a"]).kind is Failure.CONFLICT
    done = commits(tmp_path)
    assert (done["committed"], done["files_changed"]) == (True, 0)
    assert git(tmp_path, "rev-parse", "HEAD^2") == git(tmp_path, "rev-parse", "other")


def test_signing_without_its_program_fails_clearly(tmp_path: Path) -> None:
    repository(tmp_path)
    git(tmp_path, "config", "gpg.program", "no-such-gpg")
    failed = failure(tmp_path, sign=True, allow_empty=True)
    assert failed.kind is Failure.MISSING_DEPENDENCY


def test_a_commit_is_signed(tmp_path: Path) -> None:
    repository(tmp_path)
    signer = tmp_path.parent / f"{tmp_path.name}-gpg"
    signer.write_text("#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\necho SIGNED\n")
    signer.chmod(0o755)
    git(tmp_path, "config", "gpg.program", str(signer))
    assert commits(tmp_path, sign=True, allow_empty=True)["message"] == "Change"
    assert "gpgsig SIGNED" in git(tmp_path, "cat-file", "commit", "HEAD")


def test_on_a_detached_head_commits_are_made_as_well(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "switch", "--quiet", "--detach")
    done = commits(tmp_path, allow_empty=True)
    assert done["commit"] == head(tmp_path) != git(tmp_path, "rev-parse", "main")


def test_an_undo_leaves_the_changes_staged(tmp_path: Path) -> None:
    before = head(repository(tmp_path, {"a": "1"}))
    (tmp_path / "a").write_text("2")
    ran("git_commit", {"message": "x"}, tmp_path).undo()
    assert (head(tmp_path), staged(tmp_path), (tmp_path / "a").read_text()) == (before, "a", "2")


def test_an_undo_of_the_first_commit_leaves_none(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "a").touch()
    ran("git_commit", {"message": "x"}, tmp_path).undo()
    assert git(tmp_path, "rev-parse", "--verify", "--quiet", "HEAD", check=False) == ""
    assert git(tmp_path, "ls-files") == "a"


def test_an_undo_of_nothing_does_nothing(tmp_path: Path) -> None:
    before = head(repository(tmp_path, {"a": "1"}))
    ran("git_commit", {"message": "x"}, tmp_path).undo()
    assert head(tmp_path) == before


def test_an_undo_takes_no_later_commit_back(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    done = ran("git_commit", {"message": "x", "allow_empty": True}, tmp_path)
    later = commit(tmp_path, {"b": "1"})
    with pytest.raises(StepFailed, match="no longer the last commit"):
        done.undo()
    assert head(tmp_path) == later


def test_it_may_be_repeated_unless_it_commits_whatever_is_there() -> None:
    idempotent = Catalogue()["git_commit"].idempotent
    assert callable(idempotent)
    assert [idempotent({}), idempotent({"allow_empty": True}), idempotent({"allow_empty": Unknown("x")})] == [
        True,
        False,
        None,
    ]
