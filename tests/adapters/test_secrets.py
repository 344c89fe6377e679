"""Where secrets are read, and what is refused."""

import os
from pathlib import Path

import pytest

from rustchain.adapters.secrets import LARGEST, LocalSecrets
from rustchain.model.errors import InvalidUse, MissingSecret


def read(reference: str, environ: dict[str, str] | None = None) -> str:
    return LocalSecrets(environ or {}).read(reference)


def missing(reference: str, environ: dict[str, str] | None = None) -> MissingSecret:
    with pytest.raises(MissingSecret) as missed:
        read(reference, environ)
    return missed.value


def secret_file(folder: Path, data: bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return f"file:{path}"


def test_a_variable_of_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "the process's own")
    assert read("env:TOKEN", {"TOKEN": "hunter2-hunter2"}) == "hunter2-hunter2"


def test_a_variable_that_is_not_set_is_named_with_the_way_to_set_it() -> None:
    error = missing("env:PG_URL")
    assert (error.message, error.help) == (
        "the environment variable PG_URL of a secret is not set",
        "export PG_URL=…",
    )
    assert error.exit.code == 4


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"hunter2\n\n", "hunter2\n"),
        (b" hunter2 ", " hunter2 "),
        ("pässwört".encode(), "pässwört"),
    ],
)
def test_a_file_is_read_without_the_newline_at_its_end(tmp_path: Path, written: bytes, value: str) -> None:
    assert read(secret_file(tmp_path, written)) == value


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    secret_file(tmp_path, b"hunter2")
    assert read("file:~/secret") == "hunter2"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = missing(f"file:{tmp_path}/gone")
    assert error.message == f"the file {tmp_path}/gone of a secret cannot be read: No such file or directory"
    assert str(tmp_path / "gone") in (error.help or "")


def test_a_file_that_anybody_may_write_is_refused(tmp_path: Path) -> None:
    assert "may be written by anybody" in missing(secret_file(tmp_path, b"hunter2", 0o666)).message


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in missing(f"file:{tmp_path}/pipe").message
    assert "Is a directory" in missing(f"file:{tmp_path}").message


def test_a_file_that_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    assert read(secret_file(tmp_path, b"x" * LARGEST)) == "x" * LARGEST
    assert "more than" in missing(secret_file(tmp_path, b"x" * (LARGEST + 1))).message
    assert "not UTF-8" in missing(secret_file(tmp_path, b"\xff\xfe\xfd\xfc\xfb\xfa")).message


@pytest.mark.parametrize("value", ["", "short", "ä" * 2])
def test_a_secret_under_six_bytes_is_refused_without_being_shown(value: str) -> None:
    error = missing("env:PIN", {"PIN": value})
    assert error.message == "the secret env:PIN is shorter than 6 bytes"


def test_six_bytes_are_enough() -> None:
    assert read("env:PIN", {"PIN": "äää"}) == "äää"


@pytest.mark.parametrize("reference", ["vault:kv/db#password", "plain-text-value", "ENV:A"])
def test_a_place_of_an_unknown_kind_is_refused_with_those_that_are_known(reference: str) -> None:
    with pytest.raises(InvalidUse) as refused:
        read(reference)
    assert refused.value.help == "known places: env:, file:"
    assert reference not in refused.value.message
