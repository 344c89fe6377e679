"""read_file reads text or bytes, and says what it left out."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.steps.file import read_file


def read(folder: Path, data: bytes, **parameters: Any) -> dict[str, Any]:
    (folder / "f").write_bytes(data)
    return run_step("read_file", {"path": "f", **parameters}, folder)


def test_text_is_read_as_it_is(tmp_path: Path) -> None:
    data = "é\r\n\ufeffx".encode()
    assert read(tmp_path, data) == {
        "path": "f", "content": "é\r\n\ufeffx", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "truncated": False,
    }  # fmt: skip


def test_bytes_are_read_as_base64(tmp_path: Path) -> None:
    assert read(tmp_path, b"\0\xff", encoding="base64")["content"] == "AP8="


def test_other_encodings_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xe9", encoding="latin-1")["content"] == "é"
    assert read(tmp_path, "é".encode("utf-16"), encoding="utf-16")["content"] == "é"


def test_what_is_not_text_fails_with_the_place_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        read(tmp_path, b"abc\xff")
    assert caught.value.kind is Failure.INVALID_DATA
    assert str(caught.value) == "'f' is not utf-8: byte 3 is 0xff; name its `encoding`, or read it as base64"
    with pytest.raises(StepFailed, match="byte 3 is 0xc3"):
        read(tmp_path, b"abc\xc3")


@pytest.mark.parametrize(("most", "content"), [(1, "a"), (2, "a"), (3, "aé"), (4, "aéb"), (9, "aéb")])
def test_a_beginning_ends_between_two_characters(tmp_path: Path, most: int, content: str) -> None:
    data = "aéb".encode()
    output = read(tmp_path, data, max_bytes=most)
    assert (output["content"], output["truncated"], output["size"]) == (content, most < len(data), len(data))
    assert output["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_very_large_file_is_only_read_with_max_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_file, "LARGEST", 10)
    with pytest.raises(StepFailed) as caught:
        read(tmp_path, b"x" * 11)
    assert caught.value.kind is Failure.LIMIT
    assert read(tmp_path, b"x" * 11, max_bytes=11)["size"] == 11


@pytest.mark.parametrize(
    ("path", "kind"),
    [("none", Failure.NOT_FOUND), (".", Failure.CONFLICT), ("../f", Failure.POLICY_DENIED)],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, path: str, kind: Failure) -> None:
    with pytest.raises(StepFailed) as caught:
        run_step("read_file", {"path": path}, tmp_path)
    assert caught.value.kind is kind
