"""The guarded file system does what its port says, on the real one."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.files import Build, kind_of, write
from harness.folders import in_memory, mounted, tree
from rustchain.adapters.files import LocalFiles
from rustchain.model.errors import StepFailed, Stopped
from rustchain.model.failures import Failure


def test_a_file_is_written_with_its_folders_and_read_again(files: LocalFiles) -> None:
    write(files, "a/b/c.txt", b"hello")
    with files.open("a/b/c.txt") as file:
        assert file.read() == b"hello"


def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(
    files: LocalFiles, workspace: Path
) -> None:
    usual = os.umask(0o027)
    try:
        write(files, "new")
        (workspace / "old").touch()
        (workspace / "old").chmod(0o751)
        write(files, "old")
        write(files, "given", mode=0o777)
    finally:
        os.umask(usual)
    modes = {name: stat.S_IMODE((workspace / name).stat().st_mode) for name in ("new", "old", "given")}
    assert modes == {"new": 0o640, "old": 0o751, "given": 0o777}


def test_a_failed_block_leaves_what_was_there_and_nothing_else(files: LocalFiles, workspace: Path) -> None:
    (workspace / "f").write_text("old")
    with pytest.raises(TypeError), files.create("f") as file:
        file.writelines([b"x" * 200_000, None])  # type: ignore[list-item]
    assert tree(workspace) == {"f": "old"}


def test_nothing_is_seen_of_a_file_before_it_is_whole(files: LocalFiles, workspace: Path) -> None:
    with files.create("f") as file:
        file.write(b"x" * 200_000)
        assert not (workspace / "f").exists()
    assert (workspace / "f").stat().st_size == 200_000


@pytest.mark.parametrize("private", ["old", "given"])
def test_what_will_be_private_is_so_from_the_beginning(
    files: LocalFiles, workspace: Path, private: str
) -> None:
    if private == "old":
        write(files, "f", mode=0o600)
    with files.create("f", mode=None if private == "old" else 0o600):
        modes = [stat.S_IMODE(file.stat().st_mode) for file in workspace.iterdir()]
    assert set(modes) == {0o600}


def test_who_closes_the_file_early_still_gets_it_whole(files: LocalFiles, workspace: Path) -> None:
    with files.create("f") as file, file:
        file.write(b"done")
    assert tree(workspace) == {"f": "done"}


def test_without_overwrite_a_file_that_is_there_stays(files: LocalFiles, workspace: Path) -> None:
    (workspace / "f").write_text("old")
    assert kind_of(lambda: write(files, "f", overwrite=False)) is Failure.CONFLICT
    write(files, "g", overwrite=False)
    assert tree(workspace) == {"f": "old", "g": "new"}


def test_without_overwrite_a_file_that_comes_up_meanwhile_stays(files: LocalFiles, workspace: Path) -> None:
    def race() -> None:
        with files.create("f", overwrite=False) as file:
            file.write(b"late")
            (workspace / "f").write_text("early")

    assert kind_of(race) is Failure.CONFLICT
    assert tree(workspace) == {"f": "early"}


def test_a_link_within_the_workspace_is_followed_and_stays(files: LocalFiles, workspace: Path) -> None:
    (workspace / "real").mkdir()
    (workspace / "real/f").write_text("old")
    (workspace / "folder").symlink_to("real")
    (workspace / "file").symlink_to("folder/../real/f")
    with files.open("file") as file:
        assert file.read() == b"old"
    write(files, "file")
    write(files, "folder/g")
    assert tree(workspace) == {
        "file": "-> folder/../real/f", "folder": "-> real", "real": "", "real/f": "new", "real/g": "new",
    }  # fmt: skip


def test_a_folder_is_not_written_over(files: LocalFiles, workspace: Path) -> None:
    (workspace / "d").mkdir()
    assert kind_of(lambda: write(files, "d")) is Failure.CONFLICT
    assert kind_of(lambda: files.open("d")) is Failure.CONFLICT


def test_a_pipe_is_refused_instead_of_waited_for(files: LocalFiles, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    assert kind_of(lambda: files.open("pipe")) is Failure.INVALID_DATA
    assert kind_of(lambda: write(files, "pipe")) is Failure.INVALID_DATA


def test_status_tells_kinds_and_follows_links_only_when_asked(files: LocalFiles, workspace: Path) -> None:
    (workspace / "f").write_text("12345")
    (workspace / "l").symlink_to("f")
    found = files.stat("f")
    assert found is not None
    assert (found.path, found.kind, found.size) == ("f", "file", 5)
    assert found.modified == pytest.approx((workspace / "f").stat().st_mtime)
    assert [files.stat("l").kind, files.stat("l", follow=True).kind, files.stat(".").kind] == [  # type: ignore[union-attr]
        "link", "file", "folder",
    ]  # fmt: skip
    assert files.stat("f/x") is None
    assert files.stat("none/x") is None


def test_a_list_is_sorted_and_named_from_the_workspace_on(files: LocalFiles, workspace: Path) -> None:
    for name in ("d/b", "d/a", "d/c/x"):
        write(files, name)
    assert [entry.path for entry in files.list("d")] == ["d/a", "d/b", "d/c"]
    assert [entry.path for entry in files.list(".")] == ["d"]
    assert [entry.path for entry in files.list(str(workspace / "d" / "c"))] == ["d/c/x"]
    assert kind_of(lambda: files.list("none")) is Failure.NOT_FOUND
    assert kind_of(lambda: files.list("d/a")) is Failure.CONFLICT


def test_a_folder_to_start_a_process_in_is_an_absolute_path(files: LocalFiles, workspace: Path) -> None:
    write(files, "d/f")
    assert files.folder("./d/../d") == str(workspace / "d")
    assert kind_of(lambda: files.folder("d/f")) is Failure.CONFLICT
    assert kind_of(lambda: files.folder("none")) is Failure.NOT_FOUND


def test_a_folder_is_made_with_its_parents_and_may_be_there(files: LocalFiles, workspace: Path) -> None:
    files.make_folder("a/b")
    files.make_folder("a/b")
    files.make_folder(".")
    write(files, "f")
    assert kind_of(lambda: files.make_folder("f")) is Failure.CONFLICT
    assert kind_of(lambda: files.make_folder("f/g")) is Failure.CONFLICT
    assert tree(workspace) == {"a": "", "a/b": "", "f": "new"}


def test_a_folder_is_removed_but_not_what_its_links_point_to(files: LocalFiles, workspace: Path) -> None:
    write(files, "keep/f")
    write(files, "d/e/f")
    (workspace / "d/link").symlink_to("../keep")
    files.remove("d")
    assert tree(workspace) == {"keep": "", "keep/f": "new"}
    assert kind_of(lambda: files.remove("d")) is Failure.NOT_FOUND


def test_a_rename_makes_folders_and_replaces_a_file(files: LocalFiles, workspace: Path) -> None:
    write(files, "a", b"1")
    write(files, "deep/b", b"2")
    assert files.rename("a", "deep/b")
    assert files.rename("deep", "new/deep")
    assert tree(workspace) == {"new": "", "new/deep": "", "new/deep/b": "1"}


def test_a_rename_to_another_device_is_told(build: Build) -> None:
    with in_memory() as other:
        files = build(allowed=(other,))
        write(files, "f")
        assert not files.rename("f", str(other / "f"))


def test_links_are_made_and_read(files: LocalFiles, workspace: Path) -> None:
    files.make_link("d/l", "../f")
    assert files.link_target("d/l") == "../f"
    assert kind_of(lambda: files.make_link("d/l", "g")) is Failure.CONFLICT
    for target in ("/etc/passwd", "../../f"):
        assert kind_of(lambda target=target: files.make_link("d/m", target)) is Failure.POLICY_DENIED  # type: ignore[misc]
    assert tree(workspace) == {"d": "", "d/l": "-> ../f"}


def test_a_step_that_must_stop_is_stopped_at_every_operation_and_read(build: Build, workspace: Path) -> None:
    stopped = False

    def check() -> None:
        if stopped:
            raise Stopped

    files = build(check)
    write(files, "f", b"x" * 300_000)
    reader = files.open("f")
    first = reader.read(1)
    writing = files.create("g")
    writer = writing.__enter__()
    writer.write(first)
    stopped = True
    with pytest.raises(Stopped):
        reader.read()
    with pytest.raises(Stopped):
        writing.__exit__(None, None, None)
    for operation in (files.open, files.stat, files.list, files.make_folder, files.remove, files.discard):
        with pytest.raises(Stopped):
            operation("f")
    reader.close()
    assert set(tree(workspace)) == {"f"}


def test_a_full_disk_leaves_what_was_there(build: Build, workspace: Path) -> None:
    with mounted(workspace / "small", "size=64k") as small:
        files = build()
        write(files, "small/f", b"old")
        with pytest.raises(StepFailed, match="'small/f': the disk is full") as caught:
            write(files, "small/f", b"x" * 100_000)
        assert caught.value.kind is Failure.STORAGE
        assert tree(small) == {"f": "old"}


def test_a_read_only_place_is_told(build: Build, workspace: Path) -> None:
    with mounted(workspace / "fixed", "ro"):
        with pytest.raises(StepFailed, match="read-only") as caught:
            write(build(), "fixed/f")
        assert caught.value.kind is Failure.AUTHENTICATION


LIMITED = """
import resource, sys
from pathlib import Path
from rustchain.adapters.files import LocalFiles
from rustchain.model.errors import StepFailed
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
place = Path(sys.argv[1])
files = LocalFiles(place, allowed=[], forbidden=[], trash=place, check=lambda: None)
try:
    with files.create("f") as file:
        file.write(b"x" * 100_000)
except StepFailed as failed:
    print(failed.kind, failed)
"""


def test_a_limit_on_file_sizes_leaves_what_was_there(workspace: Path) -> None:
    (workspace / "f").write_text("old")
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, workspace], check=True, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("limit 'f': the file would be larger than the system allows\n", "")
    assert tree(workspace) == {"f": "old"}
