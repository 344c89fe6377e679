"""create_file writes a file as a whole, or not at all."""

import hashlib
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.folders import tree
from harness.steps import ran, run_step
from rustchain.catalogue import Catalogue
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown


def own(folder: Path) -> dict[str, str]:
    """What is in a folder besides the state."""
    return {path: text for path, text in tree(folder).items() if not path.startswith(".rustchain")}


def failure(parameters: dict[str, Any], folder: Path) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_step("create_file", parameters, folder)
    return caught.value


def test_a_file_is_created_in_folders_that_are_made(tmp_path: Path) -> None:
    output = run_step("create_file", {"path": "a/b.txt", "content": "é\n"}, tmp_path)
    digest = hashlib.sha256("é\n".encode()).hexdigest()
    assert output == {"path": "a/b.txt", "size": 3, "created": True, "sha256": digest}
    assert own(tmp_path) == {"a": "", "a/b.txt": "é\n"}


def test_a_file_that_is_there_is_replaced_unless_overwrite_is_false(tmp_path: Path) -> None:
    run_step("create_file", {"path": "f", "content": "1"}, tmp_path)
    assert not run_step("create_file", {"path": "f", "content": "2"}, tmp_path)["created"]
    failed = failure({"path": "f", "content": "3", "overwrite": False}, tmp_path)
    assert (failed.kind, str(failed)) == (Failure.CONFLICT, "'f': it exists already")
    assert own(tmp_path) == {"f": "2"}


@pytest.mark.parametrize(
    ("written", "mode"), [("640", 0o640), ("0600", 0o600), (755, 0o755), ("1777", 0o1777)]
)
def test_the_mode_is_octal_digits_as_text_or_number(tmp_path: Path, written: object, mode: int) -> None:
    run_step("create_file", {"path": "f", "mode": written}, tmp_path)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode


@pytest.mark.parametrize("written", ["rw-r--r--", "9", "888", 680, 648, "", "64400", -1, 77777, 6.44])
def test_a_mode_that_is_none_is_refused_before_anything_runs(tmp_path: Path, written: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        run_step("create_file", {"path": "f", "mode": written}, tmp_path)


def test_text_is_written_in_the_encoding_named_and_bytes_as_base64(tmp_path: Path) -> None:
    run_step("create_file", {"path": "latin", "content": "é", "encoding": "latin-1"}, tmp_path)
    run_step("create_file", {"path": "bytes", "content": "AP8=", "encoding": "base64"}, tmp_path)
    assert ((tmp_path / "latin").read_bytes(), (tmp_path / "bytes").read_bytes()) == (b"\xe9", b"\0\xff")


@pytest.mark.parametrize(
    ("content", "encoding", "kind"),
    [
        ("€", "latin-1", Failure.INVALID_DATA),
        ("not base64!", "base64", Failure.INVALID_DATA),
    ],
)
def test_content_that_cannot_be_written_changes_nothing(
    tmp_path: Path, content: str, encoding: str, kind: Failure
) -> None:
    (tmp_path / "f").write_text("old")
    assert failure({"path": "f", "content": content, "encoding": encoding}, tmp_path).kind is kind
    assert own(tmp_path) == {"f": "old"}


@pytest.mark.parametrize("encoding", ["utf-9", "rot13", "hex", "\0", ""])
def test_an_encoding_that_is_none_is_refused_before_anything_runs(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="is not an encoding"):
        run_step("create_file", {"path": "f", "encoding": encoding}, tmp_path)


@pytest.mark.parametrize("path", ["../f", "/etc/f", ".rustchain/f", "~/f", "a\nb", "%2e%2e/f"])
def test_a_path_that_leaves_the_workspace_is_refused(tmp_path: Path, path: str) -> None:
    assert failure({"path": path}, tmp_path).kind is Failure.POLICY_DENIED


def test_an_undo_restores_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o604)
    done = ran("create_file", {"path": "f", "content": "new"}, tmp_path)
    done.undo()
    assert own(tmp_path) == {"f": "old"}
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o604


def test_an_undo_removes_a_file_that_was_new(tmp_path: Path) -> None:
    ran("create_file", {"path": "f"}, tmp_path).undo()
    assert own(tmp_path) == {}


def test_an_attempt_made_again_is_undone_to_before_the_first(tmp_path: Path) -> None:
    ran("create_file", {"path": "f", "content": "first attempt"}, tmp_path)
    ran("create_file", {"path": "f", "content": "second attempt"}, tmp_path).undo()
    assert own(tmp_path) == {}


@pytest.mark.parametrize(
    ("parameters", "repeatable"),
    [({}, True), ({"overwrite": False}, False), ({"overwrite": Unknown("{{ x }}")}, None)],
)
def test_it_may_be_repeated_where_it_overwrites(parameters: dict[str, Any], repeatable: bool | None) -> None:
    idempotent = Catalogue()["create_file"].idempotent
    assert callable(idempotent)
    assert idempotent({"path": "f", **parameters}) is repeatable
