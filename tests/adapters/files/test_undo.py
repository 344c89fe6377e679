"""What a step changed can be put back, whatever it was."""

import contextlib
import os
import stat
from pathlib import Path

import pytest

from harness.files import Build, kind_of, write
from harness.folders import in_memory, tree
from rustchain.adapters.files import LocalFiles
from rustchain.model.errors import Stopped
from rustchain.model.failures import Failure


def change(files: LocalFiles, path: str, content: bytes, **options: bool) -> None:
    with files.changing(path, **options):
        write(files, path, content)


def test_a_folder_comes_back_as_it_was(files: LocalFiles, workspace: Path) -> None:
    write(files, "d/e/f", b"1", mode=0o600)
    (workspace / "d/broken").symlink_to("nowhere")
    os.utime(workspace / "d/e/f", (1_000_000_000, 1_000_000_000))
    before = tree(workspace)
    with files.changing("d"):
        write(files, "d/e/f", b"2")
        write(files, "d/more")
    files.restore("d")
    assert tree(workspace) == before
    status = (workspace / "d/e/f").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o600, 1_000_000_000)


def test_a_discarded_folder_comes_back(files: LocalFiles, workspace: Path) -> None:
    write(files, "d/e/f")
    before = tree(workspace)
    files.discard("d")
    assert tree(workspace) == {}
    files.restore("d")
    assert tree(workspace) == before


def test_what_was_not_there_is_removed_again(files: LocalFiles, workspace: Path) -> None:
    change(files, "new/f", b"x")
    files.restore("new/f")
    assert tree(workspace) == {"new": ""}
    files.restore("new/f")


def test_an_attempt_made_again_keeps_the_record_of_the_first(files: LocalFiles, workspace: Path) -> None:
    for content in (b"1", b"2", b"3"):
        change(files, "f", content)
    files.restore("f")
    assert tree(workspace) == {}


def test_a_kept_file_stays_as_it_was_whatever_replaces_it(files: LocalFiles, workspace: Path) -> None:
    write(files, "f", b"old")
    change(files, "f", b"new")
    files.restore("f")
    files.restore("f")
    assert tree(workspace) == {"f": "old"}


@pytest.mark.parametrize("before", [{}, {"d/f": b"old", "d/g": b"gone"}, {"d": b"file"}])
def test_a_change_that_fails_is_put_back_at_once_and_leaves_no_record(
    files: LocalFiles, workspace: Path, before: dict[str, bytes]
) -> None:
    for path, content in before.items():
        write(files, path, content)
    was = tree(workspace)
    with contextlib.suppress(Stopped), files.changing("d"):
        if before:
            files.remove("d")
        write(files, "d/f", b"half")
        raise Stopped
    assert tree(workspace) == was
    assert kind_of(lambda: files.restore("d")) is Failure.NOT_FOUND


def test_what_changes_after_a_failed_attempt_is_what_the_next_one_keeps(
    files: LocalFiles, workspace: Path
) -> None:
    write(files, "f", b"1")
    with contextlib.suppress(KeyError), files.changing("f"):
        raise KeyError
    write(files, "f", b"2")
    change(files, "f", b"3")
    files.restore("f")
    assert tree(workspace) == {"f": "2"}


def test_a_second_attempt_that_fails_leaves_what_the_first_did(files: LocalFiles, workspace: Path) -> None:
    change(files, "f", b"1")
    with contextlib.suppress(KeyError), files.changing("f"):
        write(files, "f", b"2")
        raise KeyError
    assert tree(workspace) == {"f": "1"}
    files.restore("f")
    assert tree(workspace) == {}


def test_a_change_is_put_back_though_the_step_must_stop(build: Build, workspace: Path) -> None:
    stopped: list[bool] = []

    def check() -> None:
        if stopped:
            raise Stopped

    files = build(check)
    with contextlib.suppress(Stopped), files.changing("d"):
        write(files, "d/f")
        stopped.append(True)
        write(files, "d/g")
    assert tree(workspace) == {}


def test_a_folder_takes_the_place_of_a_file_when_it_is_restored(files: LocalFiles, workspace: Path) -> None:
    write(files, "x/y", b"1")
    files.discard("x")
    write(files, "x", b"2")
    files.restore("x")
    assert tree(workspace) == {"x": "", "x/y": "1"}


def test_the_content_behind_a_link_is_kept_or_the_link_itself(files: LocalFiles, workspace: Path) -> None:
    write(files, "f", b"old")
    files.make_link("l", "f")
    change(files, "l", b"new")
    files.restore("l")
    assert tree(workspace) == {"f": "old", "l": "-> f"}
    files.make_link("m", "f")
    with files.changing("m", follow=False):
        files.remove("m")
    files.restore("m")
    assert tree(workspace) == {"f": "old", "l": "-> f", "m": "-> f"}


def test_what_is_kept_on_another_device_comes_back(build: Build, workspace: Path) -> None:
    with in_memory() as other:
        files = build(trash=other / "trash")
        write(files, "d/f")
        write(files, "g")
        files.discard("d")
        change(files, "g", b"newer")
        assert tree(workspace) == {"g": "newer"}
        files.restore("d")
        files.restore("g")
        assert tree(workspace) == {"d": "", "d/f": "new", "g": "new"}


def test_a_discard_made_again_keeps_the_first_record(files: LocalFiles, workspace: Path) -> None:
    write(files, "f", b"1")
    files.discard("f")
    write(files, "f", b"2")
    files.discard("f")
    assert tree(workspace) == {}
    files.restore("f")
    assert tree(workspace) == {"f": "1"}


def test_what_the_trash_never_held_cannot_be_restored(files: LocalFiles, workspace: Path) -> None:
    write(files, "f")
    assert kind_of(lambda: files.restore("f")) is Failure.NOT_FOUND
    assert tree(workspace) == {"f": "new"}
