"""No path, link or race leads out of the places that a step may reach."""

import contextlib
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.folders import in_memory, tree
from rustchain.adapters.files import LocalFiles, beneath
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

Operation = Callable[[LocalFiles, str], object]


@pytest.fixture(params=["by_kernel", "by_walk"], autouse=True)
def resolver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test runs with openat2, and with the walk that stands in where the kernel has no openat2."""
    by_kernel = request.param == "by_kernel"
    if by_kernel and not beneath.kernel_resolves():
        pytest.skip("this kernel has no openat2")
    monkeypatch.setattr(beneath, "kernel_resolves", lambda: by_kernel)
    return str(request.param)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace with the state folder in it, beside a folder that is none of its business."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("outside")
    (tmp_path / "workspace/state").mkdir(parents=True)
    (tmp_path / "workspace/state/journal").write_text("state")
    return tmp_path / "workspace"


def files_in(place: Path, allowed: tuple[Path, ...] = ()) -> LocalFiles:
    state = place / "state"
    return LocalFiles(place, allowed=allowed, forbidden=[state], trash=state / "trash", check=lambda: None)


@pytest.fixture
def files(place: Path) -> LocalFiles:
    return files_in(place)


def outcome(files: LocalFiles, path: str, operation: Operation | None = None) -> Failure | None:
    """How an operation, or a write, failed; None where it did not."""
    try:
        (operation or write)(files, path)
    except StepFailed as failed:
        return failed.kind
    return None


def read(files: LocalFiles, path: str) -> object:
    with files.open(path) as file:
        return file.read()


def write(files: LocalFiles, path: str) -> None:
    with files.create(path) as file:
        file.write(b"written")


def move_there(files: LocalFiles, path: str) -> None:
    write(files, "mine")
    files.rename("mine", path)


def move_away(files: LocalFiles, path: str) -> None:
    files.rename(path, "stolen")


def link_there(files: LocalFiles, path: str) -> None:
    files.make_link(path, "mine")


def keep(files: LocalFiles, path: str) -> None:
    with files.changing(path):
        pass


OPERATIONS: list[Operation] = [
    read, write, move_there, move_away, link_there, LocalFiles.list, LocalFiles.folder, LocalFiles.stat, LocalFiles.make_folder,
    LocalFiles.remove, LocalFiles.link_target, keep, LocalFiles.discard, LocalFiles.restore,
]  # fmt: skip


def refused(operation: Operation, files: LocalFiles, path: str) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        operation(files, path)
    return caught.value


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "path",
    ["../outside/secret", "a/../../outside/secret", "/etc/passwd", "/", "..", "folder/secret", "folder/new/file",
     "absolute/secret", "middle/../secret", "state", "state/journal", "to_state/journal", "deep/to_state/journal",
     "./state/../state/journal"],
)  # fmt: skip
def test_a_hostile_path_is_refused(operation: Operation, files: LocalFiles, place: Path, path: str) -> None:
    (place / "folder").symlink_to("../outside")
    (place / "absolute").symlink_to(place.parent / "outside")
    (place / "deep").mkdir()
    (place / "deep/to_state").symlink_to("../state")
    (place / "to_state").symlink_to("state")
    (place / "middle").symlink_to("folder/x")
    before = tree(place.parent / "outside"), (place / "state/journal").read_text()
    if path == "middle/../secret":  # by its text it is `secret`, in the workspace, where nothing is
        assert operation(files, path) is None if operation in QUIET else refused(operation, files, path)
    else:
        assert refused(operation, files, path).kind is Failure.POLICY_DENIED
    assert (tree(place.parent / "outside"), (place / "state/journal").read_text()) == before


QUIET = [write, move_there, link_there, LocalFiles.stat, LocalFiles.make_folder, keep]


@pytest.mark.parametrize("target", ["../outside/secret", "state/journal", "hop", "../outside", "..", "state"])
@pytest.mark.parametrize("operation", [read, write, LocalFiles.list, keep], ids=lambda f: f.__name__)
def test_a_last_link_that_leads_out_is_not_followed(
    operation: Operation, files: LocalFiles, place: Path, target: str
) -> None:
    (place / "hop").symlink_to("../outside/secret")
    (place / "link").symlink_to(target)
    assert refused(operation, files, "link").kind is Failure.POLICY_DENIED


def test_a_link_that_leads_out_can_still_be_seen_and_removed(files: LocalFiles, place: Path) -> None:
    (place / "link").symlink_to("../outside")
    found = files.stat("link")
    assert found is not None
    assert found.kind == "link"
    assert files.link_target("link") == "../outside"
    files.remove("link")
    assert (place.parent / "outside/secret").exists()


def test_links_in_a_circle_end(files: LocalFiles, place: Path) -> None:
    (place / "a").symlink_to("b")
    (place / "b").symlink_to("a")
    (place / "self").symlink_to("self/x")
    for path in ("a", "a/x", "self", "self/y"):
        assert refused(read, files, path).kind is Failure.INVALID_DATA
        assert refused(write, files, path).kind is Failure.INVALID_DATA


def test_the_state_folder_is_not_listed(files: LocalFiles, place: Path) -> None:
    write(files, "f")
    assert [entry.path for entry in files.list(".")] == ["f"]


@pytest.mark.parametrize("operation", [LocalFiles.remove, LocalFiles.discard, keep, move_away])
def test_a_folder_that_holds_the_state_is_not_moved_or_removed(tmp_path: Path, operation: Operation) -> None:
    state = tmp_path / "home/app/state"
    state.mkdir(parents=True)
    files = LocalFiles(tmp_path, allowed=(), forbidden=[state], trash=state, check=lambda: None)
    for path in ("home", "home/app"):
        assert refused(operation, files, path).kind is Failure.POLICY_DENIED
    assert state.is_dir()


@pytest.mark.parametrize("name", ["state/x", "link/state/x", "link/link/state", "a/../link/state"])
def test_a_forbidden_folder_that_is_not_there_yet_is_not_made_by_any_way(
    files: LocalFiles, place: Path, name: str
) -> None:
    shutil.rmtree(place / "state")
    (place / "link").symlink_to(".")
    (place / "a").mkdir()
    assert refused(write, files, name).kind is Failure.POLICY_DENIED
    assert refused(lambda f, to: f.rename("a", to), files, name).kind is Failure.POLICY_DENIED
    assert sorted(tree(place)) == ["a", "link"]
    (place / "state").mkdir()
    assert [entry.path for entry in files.list(".")] == ["a", "link"], "it is noticed once it is there"


@pytest.mark.parametrize("operation", [LocalFiles.remove, LocalFiles.discard, keep, move_away])
def test_the_workspace_itself_is_not_moved_or_removed(files: LocalFiles, operation: Operation) -> None:
    assert refused(operation, files, ".").kind is Failure.POLICY_DENIED


@pytest.mark.parametrize("path", ["a\0b", "x" * 300, "x/" * 3000 + "f", "\udcff\ud800"])
def test_an_impossible_name_is_told(files: LocalFiles, path: str) -> None:
    for operation in (read, write, LocalFiles.stat):
        assert refused(operation, files, path).kind in {Failure.INVALID_PARAMETERS, Failure.POLICY_DENIED}


def test_a_failure_names_the_path_as_it_was_written(files: LocalFiles) -> None:
    assert str(refused(read, files, "./x/../y.txt")) == "'./x/../y.txt': it does not exist"


def test_an_allowed_folder_is_reached_by_an_absolute_path_only(place: Path) -> None:
    outside = place.parent / "outside"
    (place / "link").symlink_to("../outside/secret")
    files = files_in(place, allowed=(outside,))
    assert read(files, str(outside / "secret")) == b"outside"
    assert [entry.path for entry in files.list(str(outside))] == [str(outside / "secret")]
    assert refused(read, files, "link").kind is Failure.POLICY_DENIED
    assert refused(read, files, "../outside/secret").kind is Failure.POLICY_DENIED


def test_a_folder_moved_out_while_it_is_open_is_left_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `open_folder` returned may have been moved out of the workspace before it is looked at."""
    (place / "d").mkdir()
    real = beneath.open_folder

    def moved(root: int, path: str) -> int:
        found = real(root, path)
        if path == "d":
            os.rename(place / "d", place.parent / "outside/d")
        return found

    monkeypatch.setattr("rustchain.adapters.files.territory.open_folder", moved)
    assert refused(write, files_in(place), "d/f").kind is Failure.POLICY_DENIED


@pytest.fixture
def swapping() -> Iterator[Path]:
    """A workspace in which a thread exchanges the folder `swap` for a link out, and back, all the time."""
    with in_memory() as folder:
        workspace, outside = folder / "workspace", folder / "outside"
        (workspace / "swap").mkdir(parents=True)
        outside.mkdir()
        done = threading.Event()

        changes = (
            lambda: shutil.rmtree(workspace / "away", ignore_errors=True),
            lambda: os.rename(workspace / "swap", workspace / "away"),
            lambda: os.symlink("../outside", workspace / "swap"),
            lambda: os.unlink(workspace / "swap"),
            lambda: os.mkdir(workspace / "swap"),
        )

        def swap() -> None:
            while not done.is_set():
                for change in changes:
                    with contextlib.suppress(OSError):  # the writer was there in between
                        change()

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            yield workspace
        finally:
            done.set()
            thread.join()


def test_of_2000_writes_into_a_folder_that_is_being_swapped_for_a_link_none_lands_outside(
    swapping: Path,
) -> None:
    files = LocalFiles(
        swapping, allowed=(), forbidden=(), trash=swapping.parent / "trash", check=lambda: None
    )
    outcomes: Counter[Failure | None] = Counter()
    while outcomes.total() < 2000 or not outcomes[None] or not outcomes[Failure.POLICY_DENIED]:
        outcomes[outcome(files, f"swap/{outcomes.total() % 50}")] += 1
    assert list((swapping.parent / "outside").iterdir()) == []
    assert set(outcomes) <= {None, Failure.POLICY_DENIED, Failure.NOT_FOUND, Failure.CONFLICT}


NAMES = st.sampled_from(["a", "b", "..", ".", "", "in", "out", "state", "/", "\0", "a/b", "…", "~"])


@given(parts=st.lists(NAMES, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_the_path_nothing_outside_changes(place: Path, parts: list[str]) -> None:
    for link, target in (("in", "."), ("out", "../outside")):
        if not (place / link).is_symlink():
            (place / link).symlink_to(target)
    files = files_in(place)
    for operation in (write, LocalFiles.make_folder, LocalFiles.list, LocalFiles.stat):
        assert outcome(files, "/".join(parts), operation) in {None, *Failure} - {Failure.INTERNAL}
    assert tree(place.parent / "outside") == {"secret": "outside"}
    assert tree(place / "state") == {"journal": "state"}
