"""The step `git_merge`, on real repositories."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.repositories import commit, diverge, git, head, hook, repository
from harness.steps import ran, run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def merge(workdir: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("git_merge", {"branch": "other", **parameters}, workdir)


def failure(workdir: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        merge(workdir, **parameters)
    return failed.value


def parents(workdir: Path) -> int:
    return len(git(workdir, "log", "-1", "--format=%P").split())


def apart(workdir: Path) -> str:
    """A repository whose branches have changes that go together; the last commit of `main`."""
    diverge(repository(workdir, {"a": "0\n"}), {"b": "1\n"}, {"c": "2\n"})
    return head(workdir)


def at_odds(workdir: Path) -> str:
    """A repository whose branches have conflicts; the last commit of `main`."""
    diverge(repository(workdir, {"a b": "0\n", "gone": "0\n", "ä": "0\n"}),
            {"a b": "1\n", "gone": "1\n", "both": "1\n"}, {"a b": "2\n", "both": "2\n", "ä": "1\n"})  # fmt: skip
    git(workdir, "switch", "--quiet", "other")
    (workdir / "gone").unlink()
    commit(workdir, {}, "Remove")
    git(workdir, "switch", "--quiet", "main")
    return head(workdir)


def ahead(workdir: Path) -> str:
    """A repository whose other branch is ahead; the last commit of `main`."""
    first = head(repository(workdir, {"a": "0\n"}))
    git(workdir, "switch", "--quiet", "--create", "other")
    commit(workdir, {"b": "1\n"})
    git(workdir, "switch", "--quiet", "main")
    return first


def test_branches_are_merged(tmp_path: Path) -> None:
    before = apart(tmp_path)
    assert merge(tmp_path) == {
        "merged": True,
        "commit": head(tmp_path),
        "conflicts": [],
        "previous": before,
    }
    assert parents(tmp_path) == 2
    assert git(tmp_path, "log", "-1", "--format=%s") == "Merge branch 'other'"
    assert (tmp_path / "c").read_text() == "2\n"


def test_a_branch_ahead_moves_the_current_one_forward(tmp_path: Path) -> None:
    before = ahead(tmp_path)
    done = merge(tmp_path)
    assert (done["commit"], done["previous"]) == (git(tmp_path, "rev-parse", "other"), before)


def test_a_merge_commit_is_made_where_it_is_wanted(tmp_path: Path) -> None:
    ahead(tmp_path)
    merge(tmp_path, no_ff=True, message="Get pens\n\n# all\n")
    assert parents(tmp_path) == 2
    assert git(tmp_path, "log", "-1", "--format=%B").strip() == "Get pens\n\n# all"


def test_what_is_merged_already_is_fine(tmp_path: Path) -> None:
    apart(tmp_path)
    first, second = merge(tmp_path), merge(tmp_path)
    assert second == {**first, "previous": first["commit"]}


def test_conflicts_fail_the_step_which_tells_them_and_leaves_all_as_it_was(tmp_path: Path) -> None:
    before = at_odds(tmp_path)
    (tmp_path / "untracked").touch()
    failed = failure(tmp_path)
    assert failed.kind is Failure.CONFLICT
    assert failed.message == "'.': merging 'other' has conflicts in a b, both, gone"
    assert msgspec.to_builtins(failed.output) == {
        "merged": False,
        "commit": before,
        "conflicts": ["a b", "both", "gone"],
        "previous": before,
    }
    assert git(tmp_path, "status", "--porcelain") == "?? untracked"
    assert head(tmp_path) == before


def test_conflicts_may_be_left_to_be_resolved(tmp_path: Path) -> None:
    at_odds(tmp_path)
    assert failure(tmp_path, abort_on_conflict=False).output.conflicts == ["a b", "both", "gone"]
    assert "<<<<<<<" in (tmp_path / "a b").read_text()
    failed = failure(tmp_path)
    assert failed.kind is Failure.CONFLICT
    assert "a merge is under way" in failed.message
    assert "<<<<<<<" in (tmp_path / "a b").read_text()


def test_a_message_names_some_of_many_conflicts(tmp_path: Path) -> None:
    names = [f"f{n}" for n in range(8)]
    diverge(repository(tmp_path, {"a": "0"}), dict.fromkeys(names, "1"), dict.fromkeys(names, "2"))
    assert failure(tmp_path).message.endswith("conflicts in f0, f1, f2, f3, f4 and 3 more")


@pytest.mark.parametrize("strategy", ["ort", "recursive", "resolve", "ours"])
def test_a_strategy_may_be_chosen(tmp_path: Path, strategy: str) -> None:
    apart(tmp_path)
    assert merge(tmp_path, strategy=strategy)["merged"]
    assert (tmp_path / "c").exists() == (strategy != "ours")


@pytest.mark.parametrize("strategy", ["resolve", "octopus"])
def test_conflicts_of_other_strategies_leave_all_as_it_was(tmp_path: Path, strategy: str) -> None:
    before = at_odds(tmp_path)
    failure(tmp_path, strategy=strategy)
    assert (git(tmp_path, "status", "--porcelain"), head(tmp_path)) == ("", before)


def test_an_unknown_strategy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="strategy"):
        merge(tmp_path, strategy="best")


@pytest.mark.parametrize("file", ["c", "a"])
def test_changes_that_would_be_lost_fail_the_step(tmp_path: Path, file: str) -> None:
    diverge(repository(tmp_path, {"a": "0\n"}), {"b": "1\n"}, {"c": "2\n", "a": "2\n"})
    before = head(tmp_path)
    (tmp_path / file).write_text("mine\n")
    failed = failure(tmp_path)
    assert failed.kind is Failure.CONFLICT
    assert f"would be overwritten by merge: {file}" in failed.message
    assert ((tmp_path / file).read_text(), head(tmp_path)) == ("mine\n", before)


def test_other_changes_outlive_a_merge_that_is_taken_back(tmp_path: Path) -> None:
    at_odds(tmp_path)
    (tmp_path / "ä").write_text("0\n")
    commit(tmp_path, {"mine": "0\n"})
    (tmp_path / "mine").write_text("1\n")
    failure(tmp_path)
    assert (tmp_path / "mine").read_text() == "1\n"


def test_a_branch_that_is_nowhere_is_not_found(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    failed = failure(tmp_path)
    assert (failed.kind, failed.message) == (Failure.NOT_FOUND, "'.': nothing is named 'other'")


def test_unrelated_histories_are_not_merged(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "switch", "--quiet", "--orphan", "other")
    commit(tmp_path, {"b": "1"})
    git(tmp_path, "switch", "--quiet", "main")
    assert failure(tmp_path).kind is Failure.CONFLICT


def test_a_hook_may_refuse_the_merge_which_is_then_taken_back(tmp_path: Path) -> None:
    before = apart(tmp_path)
    hook(tmp_path, "pre-merge-commit", "echo 'not today' >&2; exit 1")
    failed = failure(tmp_path)
    assert failed.kind is Failure.EXIT_CODE
    assert "not today" in failed.detail["last_lines"]
    assert (git(tmp_path, "status", "--porcelain"), head(tmp_path)) == ("", before)


def test_where_git_knows_nobody_all_stays_as_it_was(tmp_path: Path) -> None:
    before = apart(tmp_path)
    git(tmp_path, "config", "--remove-section", "user")
    git(tmp_path, "config", "user.useConfigOnly", "true")
    failed = failure(tmp_path)
    assert failed.kind is Failure.AUTHENTICATION
    assert "user.email" in failed.message
    assert (git(tmp_path, "status", "--porcelain"), head(tmp_path)) == ("", before)


@pytest.mark.parametrize("setting", ["merge.ff=only", "branch.main.mergeOptions=--squash", "merge.autoStash=true",
                                     "merge.verifySignatures=false", "merge.conflictStyle=diff3", "branch.main.mergeOptions=--no-commit"])  # fmt: skip
def test_no_setting_changes_what_a_merge_is(tmp_path: Path, setting: str) -> None:
    apart(tmp_path)
    git(tmp_path, "config", *setting.split("="))
    merge(tmp_path)
    assert (parents(tmp_path), git(tmp_path, "status", "--porcelain")) == (2, "")


def test_remembered_resolutions_do_not_hide_conflicts(tmp_path: Path) -> None:
    at_odds(tmp_path)
    for name in ("rerere.enabled", "rerere.autoUpdate"):
        git(tmp_path, "config", name, "true")
    git(tmp_path, "merge", "other", check=False)
    (tmp_path / "a b").write_text("3\n")
    git(tmp_path, "rerere")
    git(tmp_path, "merge", "--abort")
    assert "a b" in failure(tmp_path).output.conflicts


def test_an_undo_goes_back_and_keeps_other_changes(tmp_path: Path) -> None:
    before = apart(tmp_path)
    (tmp_path / "a").write_text("mine\n")
    ran("git_merge", {"branch": "other"}, tmp_path).undo()
    assert head(tmp_path) == before
    assert (tmp_path / "a").read_text() == "mine\n"
    assert not (tmp_path / "c").exists()


def test_an_undo_of_a_move_forward_goes_back(tmp_path: Path) -> None:
    before = ahead(tmp_path)
    ran("git_merge", {"branch": "other"}, tmp_path).undo()
    assert head(tmp_path) == before


def test_an_undo_takes_no_later_commit_back(tmp_path: Path) -> None:
    apart(tmp_path)
    done = ran("git_merge", {"branch": "other"}, tmp_path)
    later = commit(tmp_path, {"d": "1"})
    with pytest.raises(StepFailed, match="no longer the last commit"):
        done.undo()
    assert head(tmp_path) == later


def test_an_undo_of_what_was_merged_already_does_nothing(tmp_path: Path) -> None:
    apart(tmp_path)
    merge(tmp_path)
    after = head(tmp_path)
    ran("git_merge", {"branch": "other"}, tmp_path).undo()
    assert head(tmp_path) == after


def test_into_a_branch_without_a_commit_a_merge_cannot_be_undone(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "branch", "other")
    git(tmp_path, "switch", "--quiet", "--orphan", "empty")
    done = ran("git_merge", {"branch": "other"}, tmp_path)
    assert (done.output.merged, done.output.previous) == (True, None)
    with pytest.raises(StepFailed, match="no commit before"):
        done.undo()
