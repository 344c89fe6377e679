"""What all steps on git repositories share: finding the repository, and failing clearly."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from harness.repositories import git, head, repository
from harness.steps import StepContext, StepShell, ran, run_step
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Process, ProcessEnded
from rustchain.stepkit import Unknown
from rustchain.steps.git._effects import reading, writing
from rustchain.steps.git._failures import failure

STEPS: dict[str, dict[str, Any]] = {
    "git_status": {},
    "git_diff": {},
    "git_branch": {"operation": "list"},
    "git_commit": {"message": "x"},
    "git_merge": {"branch": "x"},
}


def failed(name: str, parameters: dict[str, Any], workdir: Path) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_step(name, parameters, workdir)
    return caught.value


@pytest.mark.parametrize("name", STEPS)
def test_without_a_repository_a_step_fails(tmp_path: Path, name: str) -> None:
    caught = failed(name, STEPS[name], tmp_path)
    assert caught.kind is Failure.NOT_FOUND
    assert "not a git repository" in caught.message
    assert "`git init` makes one" in caught.message


@pytest.mark.parametrize("name", STEPS)
def test_a_folder_that_is_not_there_fails_a_step(tmp_path: Path, name: str) -> None:
    caught = failed(name, {**STEPS[name], "path": "absent"}, tmp_path)
    assert caught.kind is Failure.NOT_FOUND
    assert "absent" in caught.message


@pytest.mark.parametrize("name", STEPS)
def test_a_bare_repository_fails_a_step(tmp_path: Path, name: str) -> None:
    git(tmp_path, "init", "--quiet", "--bare")
    caught = failed(name, STEPS[name], tmp_path)
    assert caught.kind is Failure.INVALID_PARAMETERS
    assert "bare repository" in caught.message


def test_a_repository_that_begins_above_the_workspace_does_not_count(tmp_path: Path) -> None:
    workspace = repository(tmp_path, {"inner/a": "1"}) / "inner"
    assert failed("git_status", {}, workspace).kind is Failure.NOT_FOUND


def test_a_link_cannot_lead_to_a_repository_above_the_workspace(tmp_path: Path) -> None:
    workspace = repository(tmp_path, {"inner/deep/a": "1"}) / "inner"
    (workspace / "way").symlink_to("deep")
    assert failed("git_status", {"path": "way"}, workspace).kind is Failure.NOT_FOUND


def test_a_workspace_reached_by_a_link_is_fine(tmp_path: Path) -> None:
    repository(tmp_path / "real", {"sub/a": "1"})
    (tmp_path / "link").symlink_to("real")
    for path in (".", "sub"):
        assert run_step("git_status", {"path": path}, tmp_path / "link")["branch"] == "main"


def test_a_work_tree_of_a_repository_elsewhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "allowed"))
    main = repository(tmp_path / "main", {"a": "1"})
    git(main, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    caught = failed("git_commit", {"message": "x"}, tmp_path / "linked")
    assert caught.kind is Failure.POLICY_DENIED
    assert str(main / ".git") in caught.message
    assert run_step("git_status", {"path": "linked"}, tmp_path)["branch"] == "linked"


def test_the_path_may_be_a_folder_in_the_repository_and_paths_are_from_its_top_on(tmp_path: Path) -> None:
    repository(tmp_path / "site", {"sub/a": "1"})
    (tmp_path / "site/b").write_text("2")
    status = run_step("git_status", {"path": "site/sub"}, tmp_path)
    assert status["untracked"] == ["b"]
    done = run_step("git_commit", {"path": "site/sub", "files": ["b"], "message": "x"}, tmp_path)
    assert (done["committed"], done["files_changed"]) == (True, 1)


class ForeignShell(StepShell):
    """Has git believe that everything belongs to others (git's own switch for that)."""

    async def run(self, process: Process) -> ProcessEnded:
        return await super().run(
            process._replace(env={**process.env, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
        )


class Stranger(StepContext):
    """A step of somebody who does not own the repository."""

    def __init__(self, name: str, workdir: Path) -> None:
        super().__init__(name, workdir)
        self.shell = ForeignShell("0:x", workdir, self.log)


def test_a_repository_of_another_user_is_refused_with_the_line_that_trusts_it(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    with pytest.raises(StepFailed, match=r"config --global --add safe\.directory") as caught:
        ran("git_status", {}, tmp_path, Stranger)
    assert caught.value.kind is Failure.POLICY_DENIED


def test_without_git_a_step_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    caught = failed("git_status", {}, tmp_path)
    assert caught.kind is Failure.MISSING_DEPENDENCY
    assert "apt-get install git" in caught.message


def test_another_git_at_work_is_a_conflict(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    (tmp_path / "a").write_text("2")
    (tmp_path / ".git/index.lock").touch()
    assert failed("git_commit", {"message": "x"}, tmp_path).kind is Failure.CONFLICT
    assert run_step("git_status", {}, tmp_path)["unstaged"] == ["a"]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("git_diff", {"from": "--output=stolen"}),
        ("git_diff", {"from": "HEAD", "to": "-R"}),
        ("git_branch", {"branch": "--force"}),
        ("git_branch", {"branch": "x", "from": "-f"}),
        ("git_merge", {"branch": "--abort"}),
    ],
)
def test_what_looks_like_an_option_is_refused(tmp_path: Path, name: str, parameters: dict[str, str]) -> None:
    repository(tmp_path, {"a": "1"})
    with pytest.raises(ValueError, match=r"\^\[\^-\]"):
        run_step(name, parameters, tmp_path)


def test_files_that_look_like_options_or_patterns_are_names(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    for name in ("--all", ":(top)", "*"):
        (tmp_path / name).write_text("x")
        done = run_step("git_commit", {"message": "x", "files": [name]}, tmp_path)
        assert done["files_changed"] == 1
        assert git(tmp_path, "show", "--name-only", "--format=", "HEAD").strip('"') == name


def test_effects_are_git_and_its_repository() -> None:
    assert list(reading({"path": "site"})) == [Effect(Action.EXEC, "git"), Effect(Action.FS_READ, "site")]
    assert list(writing({}))[2] == Effect(Action.FS_WRITE, ".")
    assert Effect(Action.FS_WRITE, "{{ p }}", known=False) in writing({"path": Unknown("{{ p }}")})


@pytest.mark.parametrize(
    ("errors", "kind", "said"),
    [
        (b"error: a\nfatal: b\n", Failure.EXIT_CODE, "`git x` failed: a"),
        (b"what a hook says\nat last\n", Failure.EXIT_CODE, "`git x` failed: exit code 1, at last"),
        (b"", Failure.EXIT_CODE, "`git x` failed: exit code 1"),
        (b"error: these would be overwritten:\n\ta\n\tb\nAborting", Failure.CONFLICT,
         "`git x` failed: these would be overwritten: a b"),
        (b"hook: it already exists\n", Failure.EXIT_CODE, "`git x` failed: exit code 1, hook: it already exists"),
        (b"fatal: write error: No space left on device\n", Failure.STORAGE,
         "`git x` failed: write error: No space left on device"),
    ],
)  # fmt: skip
def test_git_s_own_words_say_what_failed(errors: bytes, kind: Failure, said: str) -> None:
    told = failure("x", ProcessEnded(1, b"", errors, False, 1, 1, 1))
    assert (told.kind, told.message) == (kind, said)
    assert told.detail == {"last_lines": errors.decode().splitlines()}


def test_reading_steps_leave_the_repository_as_it_was(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "1"})
    os.utime(tmp_path / "a", (0, 0))
    before = (tmp_path / ".git/index").read_bytes(), head(tmp_path)
    for name in ("git_status", "git_diff", "git_branch"):
        run_step(name, STEPS[name], tmp_path)
    assert ((tmp_path / ".git/index").read_bytes(), head(tmp_path)) == before
