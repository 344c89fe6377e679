"""Secrets in files: private, gone with their run, and swept where the run died."""

import os
import subprocess
import sys
from pathlib import Path

from rustchain.adapters.secret_files import secret_files

DIES = """
import os, sys
from pathlib import Path
from rustchain.adapters.secret_files import secret_files
with secret_files(Path(sys.argv[1]), "dead", {"env:A": "value-1"}):
    os.kill(os.getpid(), 9)
"""


def left(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "secrets").iterdir())


def test_files_are_private_and_gone_after_the_block(tmp_path: Path) -> None:
    with secret_files(tmp_path, "run", {"env:A": "value-1", "file:b/c": "value-ß"}) as files:
        assert {key: Path(file).read_text(encoding="utf-8") for key, file in files.items()} == {
            "env:A": "value-1",
            "file:b/c": "value-ß",
        }
        assert all(os.stat(file).st_mode & 0o777 == 0o600 for file in files.values())
        assert all(os.stat(folder).st_mode & 0o077 == 0 for folder in Path(files["env:A"]).parents[:2])
    assert left(tmp_path) == []


def test_without_secrets_there_is_no_folder(tmp_path: Path) -> None:
    with secret_files(tmp_path, "run", {}) as files:
        assert files == {}
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_run_left_is_swept_by_whatever_run_comes_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    assert left(tmp_path) == ["dead"]
    with secret_files(tmp_path, "other", {}):
        assert left(tmp_path) == []


def test_a_run_that_goes_on_writes_its_files_anew(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    with secret_files(tmp_path, "dead", {"env:A": "value-2"}) as files:
        assert Path(files["env:A"]).read_text() == "value-2"
    assert left(tmp_path) == []


def test_what_others_use_stays(tmp_path: Path) -> None:
    with secret_files(tmp_path, "one", {"env:A": "value-1"}) as one:
        with secret_files(tmp_path, "two", {"env:A": "value-1"}):
            assert left(tmp_path) == ["one", "two"]
        assert Path(one["env:A"]).read_text() == "value-1"
