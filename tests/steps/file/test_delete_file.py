"""delete_file deletes what it names and nothing else, and can take it back."""

from pathlib import Path
from typing import Any

import pytest

from harness.folders import tree
from harness.steps import ran, run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def own(folder: Path) -> dict[str, str]:
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def failure(folder: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_step("delete_file", parameters, folder)
    return caught.value


def test_a_file_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert run_step("delete_file", {"path": "f"}, tmp_path) == {"path": "f", "existed": True, "deleted": True}
    assert own(tmp_path) == {}


def test_a_missing_file_is_fine_unless_missing_ok_is_false(tmp_path: Path) -> None:
    output = run_step("delete_file", {"path": "a/f"}, tmp_path)
    assert output == {"path": "a/f", "existed": False, "deleted": False}
    assert failure(tmp_path, path="f", missing_ok=False).kind is Failure.NOT_FOUND


def test_a_folder_is_only_deleted_recursively(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("x")
    assert failure(tmp_path, path="d").kind is Failure.CONFLICT
    assert len(own(tmp_path)) == 3
    run_step("delete_file", {"path": "d", "recursive": True}, tmp_path)
    assert own(tmp_path) == {}


def test_a_link_is_deleted_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("d")
    (tmp_path / "out").symlink_to("/etc")
    run_step("delete_file", {"path": "l"}, tmp_path)
    run_step("delete_file", {"path": "out"}, tmp_path)
    assert own(tmp_path) == {"d": ""}


@pytest.mark.parametrize("path", [".", "..", "/", "/etc", ".rustchain", "x/../.rustchain", "out/hosts"])
def test_what_steps_may_not_reach_is_not_deleted(tmp_path: Path, path: str) -> None:
    (tmp_path / "out").symlink_to("/etc")
    assert failure(tmp_path, path=path, recursive=True).kind is Failure.POLICY_DENIED
    assert (tmp_path / ".rustchain").is_dir()


def test_an_undo_brings_a_folder_back(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("x")
    (tmp_path / "d/l").symlink_to("e/f")
    before = own(tmp_path)
    done = ran("delete_file", {"path": "d", "recursive": True}, tmp_path)
    assert own(tmp_path) == {}
    done.undo()
    assert own(tmp_path) == before


def test_an_undo_of_nothing_is_nothing(tmp_path: Path) -> None:
    done = ran("delete_file", {"path": "f"}, tmp_path)
    (tmp_path / "f").write_text("somebody else")
    done.undo()
    assert own(tmp_path) == {"f": "somebody else"}
