"""move_file moves, loses nothing, and can move back."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from harness.folders import mounted, tree
from harness.steps import ran, run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def own(folder: Path) -> dict[str, str]:
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def move(folder: Path, source: str, destination: str, **parameters: Any) -> dict[str, Any]:
    return run_step("move_file", {"source": source, "destination": destination, **parameters}, folder)


def failure(folder: Path, source: str, destination: str, **parameters: Any) -> StepFailed:
    before = own(folder)
    with pytest.raises(StepFailed) as caught:
        move(folder, source, destination, **parameters)
    assert own(folder) == before
    return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("x")
    (tmp_path / "d/l").symlink_to("e/f")
    (tmp_path / "f").write_text("hello")
    return tmp_path


def test_a_file_and_a_folder_are_moved_into_folders_that_are_made(folder: Path) -> None:
    assert move(folder, "f", "a/b/g") == {"source": "f", "destination": "a/b/g", "moved": True}
    move(folder, "d", "a/d")
    assert own(folder) == {
        "a": "", "a/b": "", "a/b/g": "hello", "a/d": "", "a/d/e": "", "a/d/e/f": "x", "a/d/l": "-> e/f",
    }  # fmt: skip


def test_a_link_is_moved_and_not_what_it_points_to(folder: Path) -> None:
    move(folder, "d/l", "l")
    assert own(folder)["l"] == "-> e/f"


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [
        ("none", "g", Failure.NOT_FOUND),
        ("f", "./f", Failure.INVALID_PARAMETERS),
        ("d", "d/e/d", Failure.INVALID_PARAMETERS),
        ("f", "d", Failure.CONFLICT),
        ("d/e", "d2", Failure.CONFLICT),
        ("d", "f", Failure.CONFLICT),
        ("f", "../g", Failure.POLICY_DENIED),
        ("/etc/hosts", "g", Failure.POLICY_DENIED),
        (".", "g", Failure.INVALID_PARAMETERS),
        (".rustchain", "g", Failure.POLICY_DENIED),
    ],
)
def test_a_move_that_makes_no_sense_fails(folder: Path, source: str, destination: str, kind: Failure) -> None:
    (folder / "d2/own").mkdir(parents=True)
    assert failure(folder, source, destination).kind is kind


def test_a_folder_moved_into_itself_by_way_of_a_link_fails(folder: Path) -> None:
    (folder / "way").symlink_to("d/e")
    failed = failure(folder, "d", "way/c")
    assert (failed.kind, str(failed)) == (
        Failure.CONFLICT, "'way/c': it is not a link, or a folder would come to lie in itself",
    )  # fmt: skip


def test_a_file_is_replaced_unless_overwrite_is_false(folder: Path) -> None:
    assert failure(folder, "f", "d/e/f", overwrite=False).kind is Failure.CONFLICT
    move(folder, "f", "d/e/f")
    assert own(folder) == {"d": "", "d/e": "", "d/e/f": "hello", "d/l": "-> e/f"}


@pytest.mark.parametrize("source", ["f", "d", "d/l"])
def test_across_devices_it_is_copied_and_the_source_removed(folder: Path, source: str) -> None:
    before = own(folder)
    with mounted(folder / "other", "size=1m") as other:
        done = ran("move_file", {"source": source, "destination": "other/x"}, folder)
        assert source not in own(folder)
        assert (other / "x").is_symlink() or (other / "x").exists()
        done.undo()
        assert {p: t for p, t in own(folder).items() if p.partition("/")[0] != "other"} == before
        assert tree(other) == {}


def test_a_full_device_keeps_the_source(folder: Path) -> None:
    (folder / "big").write_bytes(b"x" * 100_000)
    with mounted(folder / "other", "size=64k") as other:
        assert failure(folder, "big", "other/big").kind is Failure.STORAGE
        assert tree(other) == {}


@pytest.mark.parametrize("destination", ["new/g", "d/e/f", "d/l"])
def test_an_undo_moves_back_and_restores_what_was_replaced(folder: Path, destination: str) -> None:
    before = own(folder)
    ran("move_file", {"source": "f", "destination": destination}, folder).undo()
    assert {path: text for path, text in own(folder).items() if path != "new"} == before


def test_an_undo_overwrites_nothing_that_came_since(folder: Path) -> None:
    done = ran("move_file", {"source": "f", "destination": "g"}, folder)
    (folder / "f").write_text("somebody else")
    with pytest.raises(StepFailed, match="something else is there now"):
        done.undo()
    assert own(folder)["f"] == "somebody else"


def test_the_temporary_folder_is_reached_by_an_absolute_path(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as elsewhere:
        move(folder, "f", f"{elsewhere}/g")
        assert tree(Path(elsewhere)) == {"g": "hello"}
