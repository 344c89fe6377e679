"""copy_file copies files and folders, whole and compared."""

import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest

from harness.folders import in_memory, mounted, tree
from harness.steps import ran, run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def own(folder: Path) -> dict[str, str]:
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def copy(folder: Path, source: str, destination: str, **parameters: Any) -> dict[str, Any]:
    return run_step("copy_file", {"source": source, "destination": destination, **parameters}, folder)


def failure(folder: Path, source: str, destination: str, **parameters: Any) -> StepFailed:
    before = own(folder)
    with pytest.raises(StepFailed) as caught:
        copy(folder, source, destination, **parameters)
    assert own(folder) == before
    return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("x")
    (tmp_path / "d/l").symlink_to("e/f")
    (tmp_path / "f").write_text("hello")
    (tmp_path / "f").chmod(0o640)
    return tmp_path


def test_a_file_is_copied_with_its_permissions(folder: Path) -> None:
    assert copy(folder, "f", "new/g") == {
        "source": "f", "destination": "new/g", "size": 5, "sha256": hashlib.sha256(b"hello").hexdigest(),
    }  # fmt: skip
    assert own(folder)["new/g"] == "hello"
    assert stat.S_IMODE((folder / "new/g").stat().st_mode) == 0o640


def test_a_folder_is_copied_with_its_links(folder: Path) -> None:
    output = copy(folder, "d", "c")
    line = f"{hashlib.sha256(b'x').hexdigest()}  e/f\n"
    assert (output["size"], output["sha256"]) == (1, hashlib.sha256(line.encode()).hexdigest())
    assert {path: text for path, text in own(folder).items() if path.startswith("c/")} == {
        "c/e": "", "c/e/f": "x", "c/l": "-> e/f",
    }  # fmt: skip


def test_a_folder_is_merged_into_one_that_is_there(folder: Path) -> None:
    (folder / "c/e").mkdir(parents=True)
    (folder / "c/e/f").write_text("old")
    (folder / "c/own").write_text("stays")
    (folder / "c/l").symlink_to("own")
    copy(folder, "d", "c")
    assert {path: text for path, text in own(folder).items() if path.startswith("c/")} == {
        "c/e": "", "c/e/f": "x", "c/l": "-> e/f", "c/own": "stays",
    }  # fmt: skip


def test_a_source_that_is_a_link_is_followed(folder: Path) -> None:
    (folder / "link").symlink_to("d")
    copy(folder, "link", "c")
    copy(folder, "d/l", "g")
    assert (folder / "c").is_dir()
    assert not (folder / "c").is_symlink()
    assert own(folder)["g"] == "x"


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [
        ("none", "g", Failure.NOT_FOUND),
        ("f", "f", Failure.INVALID_PARAMETERS),
        ("d", "d/./e/../", Failure.INVALID_PARAMETERS),
        ("d", "d/e/c", Failure.INVALID_PARAMETERS),
        (".", "c", Failure.INVALID_PARAMETERS),
        ("f", "d", Failure.CONFLICT),
        ("d", "f", Failure.CONFLICT),
        ("d/e/f", "f/g", Failure.CONFLICT),
        ("f", "../g", Failure.POLICY_DENIED),
        ("/etc/hosts", "g", Failure.POLICY_DENIED),
        ("d", ".rustchain/d", Failure.POLICY_DENIED),
    ],
)
def test_a_copy_that_makes_no_sense_fails(folder: Path, source: str, destination: str, kind: Failure) -> None:
    assert failure(folder, source, destination).kind is kind


def test_without_overwrite_what_is_there_stays(folder: Path) -> None:
    (folder / "c").mkdir()
    assert failure(folder, "f", "d/e/f", overwrite=False).kind is Failure.CONFLICT
    assert failure(folder, "d", "c", overwrite=False).kind is Failure.CONFLICT


def test_a_folder_copied_into_itself_by_way_of_a_link_ends(folder: Path) -> None:
    (folder / "way").symlink_to("d/e")
    copy(folder, "d", "way/c")
    assert {path for path in own(folder) if path.startswith("d/e/c/")} == {"d/e/c/e", "d/e/c/e/f", "d/e/c/l"}


def test_the_state_folder_is_not_copied_along(folder: Path) -> None:
    with in_memory() as elsewhere:
        (elsewhere / "w/.rustchain").mkdir(parents=True)
        (elsewhere / "w/f").write_text("x")
        copy(elsewhere / "w", ".", str(folder / "all"))
    assert own(folder / "all") == {"f": "x"}


def test_a_folder_that_cannot_be_copied_whole_is_taken_back(folder: Path) -> None:
    (folder / "d/e/zzz").symlink_to("/etc/passwd")
    assert failure(folder, "d", "c").kind is Failure.POLICY_DENIED
    (folder / "c").mkdir()
    (folder / "c/own").write_text("stays")
    assert failure(folder, "d", "c").kind is Failure.POLICY_DENIED


def test_a_full_disk_leaves_what_was_there(folder: Path) -> None:
    (folder / "big").write_bytes(b"x" * 100_000)
    with mounted(folder / "small", "size=64k") as small:
        (small / "g").write_text("old")
        assert failure(folder, "big", "small/g").kind is Failure.STORAGE


@pytest.mark.parametrize("destination", ["g", "f2"])
def test_an_undo_restores_the_destination(folder: Path, destination: str) -> None:
    (folder / "f2").write_text("old")
    before = own(folder)
    ran("copy_file", {"source": "f", "destination": destination}, folder).undo()
    assert own(folder) == before


def test_an_undo_takes_a_merged_folder_apart_again(folder: Path) -> None:
    (folder / "c/e").mkdir(parents=True)
    (folder / "c/e/f").write_text("old")
    before = own(folder)
    ran("copy_file", {"source": "d", "destination": "c"}, folder).undo()
    assert own(folder) == before
