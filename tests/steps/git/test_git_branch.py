"""The step `git_branch`, on real repositories."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.repositories import commit, diverge, git, head, repository
from harness.steps import Ran, ran, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown


def branch(workdir: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("git_branch", parameters, workdir)


def failure(workdir: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        branch(workdir, **parameters)
    return failed.value


def state(workdir: Path) -> str:
    """HEAD and all branches."""
    return (workdir / ".git/HEAD").read_text() + git(workdir, "for-each-ref", "refs/heads")


@pytest.mark.parametrize("name", ["branch", "branch_name"])
def test_a_branch_is_created_and_switched_to(tmp_path: Path, name: str) -> None:
    first = head(repository(tmp_path, {"a": "1"}))
    assert branch(tmp_path, **{name: "feature/pens"}) == {
        "branch": "feature/pens",
        "created": True,
        "current": "feature/pens",
        "branches": ["feature/pens", "main"],
        "commit": first,
        "previous": "main",
    }


def test_a_branch_may_begin_elsewhere_and_not_be_switched_to(tmp_path: Path) -> None:
    first = head(repository(tmp_path, {"a": "1"}))
    commit(tmp_path, {"a": "2"})
    done = branch(tmp_path, branch="x", switch=False, **{"from": "main^"})
    assert (done["commit"], done["current"], done["created"]) == (first, "main", True)


def test_changes_that_are_not_committed_are_kept(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    (tmp_path / "a").write_text("2")
    branch(tmp_path, branch="x")
    assert (tmp_path / "a").read_text() == "2"


def test_changes_that_would_be_lost_fail_a_switch(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a": "0"}), {"a": "1"}, {"a": "2"})
    (tmp_path / "a").write_text("3")
    failed = failure(tmp_path, operation="switch", branch="other")
    assert failed.kind is Failure.CONFLICT
    assert "would be overwritten by checkout: a" in failed.message
    assert (tmp_path / "a").read_text() == "3"


def test_a_branch_that_is_there_at_the_same_commit_is_fine(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    branch(tmp_path, branch="x")
    done = branch(tmp_path, branch="x")
    assert (done["created"], done["current"]) == (False, "x")


def test_a_branch_that_is_there_at_another_commit_is_a_conflict(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "branch", "x")
    commit(tmp_path, {"a": "2"})
    before = state(tmp_path)
    assert failure(tmp_path, branch="x").kind is Failure.CONFLICT
    assert state(tmp_path) == before


@pytest.mark.parametrize("name", ["a b", "a..b", "@{-1}", "x.lock", "a~1", "/x"])
def test_what_cannot_be_a_branch_s_name_is_refused(tmp_path: Path, name: str) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "switch", "--quiet", "--create", "y")
    before = state(tmp_path)
    assert failure(tmp_path, branch=name).kind is Failure.INVALID_PARAMETERS
    assert state(tmp_path) == before


def test_a_name_beneath_another_branch_fails(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    failed = failure(tmp_path, branch="main/x")
    assert failed.kind is Failure.CONFLICT
    assert "main" in failed.message


def test_a_beginning_that_is_nowhere_fails(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    assert failure(tmp_path, branch="x", **{"from": "nowhere"}).kind is Failure.NOT_FOUND


def test_without_a_commit_there_is_nothing_to_begin_at(tmp_path: Path) -> None:
    repository(tmp_path)
    assert failure(tmp_path, branch="x").message == "'.': there is no commit yet"
    assert branch(tmp_path, operation="list")["branches"] == []


def test_a_remote_branch_becomes_the_upstream(tmp_path: Path) -> None:
    repository(tmp_path / "origin", {"a": "1"})
    git(tmp_path / "origin", "branch", "x")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    assert failure(tmp_path, path="clone", operation="switch", branch="x").kind is Failure.NOT_FOUND
    branch(tmp_path, path="clone", branch="x", **{"from": "origin/x"})
    assert git(tmp_path / "clone", "rev-parse", "--abbrev-ref", "@{upstream}") == "origin/x"


def test_branches_are_listed(tmp_path: Path) -> None:
    first = head(repository(tmp_path, {"a": "1"}))
    for name in ("b", "ä"):
        git(tmp_path, "branch", name)
    git(tmp_path, "tag", "main")
    assert branch(tmp_path, operation="list") == {
        "branch": None,
        "created": False,
        "current": "main",
        "branches": ["b", "main", "ä"],
        "commit": first,
        "previous": "main",
    }


def test_a_detached_head_has_no_current_branch(tmp_path: Path) -> None:
    first = head(repository(tmp_path, {"a": "1"}))
    git(tmp_path, "switch", "--quiet", "--detach")
    done = branch(tmp_path, operation="list")
    assert (done["current"], done["previous"]) == (None, first)


def test_a_branch_is_switched_to_even_if_a_tag_or_file_has_its_name(tmp_path: Path) -> None:
    repository(tmp_path, {"x": "1"})
    git(tmp_path, "branch", "x")
    git(tmp_path, "tag", "x")
    assert branch(tmp_path, operation="switch", branch="x")["current"] == "x"


def test_a_merged_branch_is_deleted(tmp_path: Path) -> None:
    first = head(repository(tmp_path, {"a": "1"}))
    git(tmp_path, "branch", "x")
    done = branch(tmp_path, operation="delete", branch="x")
    assert (done["branches"], done["commit"], done["created"]) == (["main"], first, False)


def test_a_branch_that_is_not_merged_is_not_deleted(tmp_path: Path) -> None:
    diverge(repository(tmp_path, {"a": "0"}), {"b": "1"}, {"c": "2"})
    failed = failure(tmp_path, operation="delete", branch="other")
    assert failed.kind is Failure.CONFLICT
    assert "not fully merged" in failed.message
    assert "other" in git(tmp_path, "branch")


def test_the_current_branch_is_not_deleted(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    assert failure(tmp_path, operation="delete", branch="main").kind is Failure.CONFLICT


@pytest.mark.parametrize("operation", ["switch", "delete"])
def test_a_branch_that_is_not_there_is_not_found(tmp_path: Path, operation: str) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "tag", "x")
    failed = failure(tmp_path, operation=operation, branch="x")
    assert (failed.kind, failed.message) == (Failure.NOT_FOUND, "'.': there is no branch 'x'")


@pytest.mark.parametrize("parameters", [{}, {"operation": "delete"}, {"operation": "list", "from": "x"}])
def test_parameters_that_make_no_sense_together_are_refused(
    tmp_path: Path, parameters: dict[str, str]
) -> None:
    with pytest.raises(msgspec.ValidationError):
        branch(tmp_path, **parameters)


def undone(workdir: Path, **parameters: Any) -> tuple[str, str]:
    """The states before it and after its undo."""
    before = state(workdir)
    done = ran("git_branch", parameters, workdir)
    done.undo()
    return before, state(workdir)


@pytest.mark.parametrize(
    "parameters",
    [{"branch": "new"}, {"branch": "new", "switch": False}, {"branch": "x"}, {"operation": "list"},
     {"operation": "switch", "branch": "x"}, {"operation": "delete", "branch": "x"}],
)  # fmt: skip
@pytest.mark.parametrize("detached", [False, True])
def test_an_undo_puts_branches_back(tmp_path: Path, parameters: dict[str, Any], detached: bool) -> None:
    repository(tmp_path, {"a": "1"})
    git(tmp_path, "branch", "x")
    if detached:
        git(tmp_path, "switch", "--quiet", "--detach")
    before, after = undone(tmp_path, **parameters)
    assert after == before


def created(workdir: Path) -> Ran:
    repository(workdir, {"a": "1"})
    return ran("git_branch", {"branch": "x"}, workdir)


def test_an_undo_keeps_a_branch_that_got_commits(tmp_path: Path) -> None:
    done = created(tmp_path)
    commit(tmp_path, {"a": "2"})
    with pytest.raises(StepFailed, match="no longer at"):
        done.undo()
    assert "x" in git(tmp_path, "branch")


def test_an_undo_leaves_a_branch_that_was_switched_to_since(tmp_path: Path) -> None:
    done = created(tmp_path)
    git(tmp_path, "switch", "--quiet", "--create", "y")
    done.undo()
    assert git(tmp_path, "branch", "--format=%(refname:short)").split() == ["main", "y"]
    assert git(tmp_path, "branch", "--show-current") == "y"


@pytest.mark.parametrize(
    ("parameters", "repeatable"),
    [({}, True), ({"operation": "delete"}, False), ({"operation": Unknown("x")}, None), ({"from": "main"}, True),
     ({"from": "HEAD~1"}, False), ({"from": Unknown("x")}, None)],
)  # fmt: skip
def test_it_may_be_repeated_where_that_comes_to_the_same(
    parameters: dict[str, Any], repeatable: bool | None
) -> None:
    idempotent = Catalogue()["git_branch"].idempotent
    assert callable(idempotent)
    assert idempotent(parameters) is repeatable


def test_only_a_list_writes_nothing() -> None:
    effects = Catalogue()["git_branch"].effects
    writing = [
        Action.FS_WRITE in {e.action for e in effects({"operation": operation})}
        for operation in ("list", "switch", Unknown("x"))
    ]
    assert writing == [False, True, True]
