"""Calls of the program: as a process of its own, or in this one, which is ten times quicker."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rustchain.cli.boundary import run

PROGRAM = Path(sys.executable).with_name("rustchain")
TWO = 'name: two\nversion: "1.0"\nsteps:\n- {id: a, step_type: noop}\n- {id: b, step_type: noop, depends_on: [a]}\n'


class Done(NamedTuple):
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which the program keeps all that it keeps below a folder."""
    own = {
        "RUSTCHAIN_HOME": str(folder / ".state"),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "CI": "1",
        "PYTHONUTF8": "1",
    }
    return {**os.environ, **own, **more}


def spawn(folder: Path, *args: str, **more: str) -> subprocess.Popen[str]:
    """Start the program in a folder."""
    return subprocess.Popen(
        [PROGRAM, *args],
        cwd=folder,
        env=surroundings(folder, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def called(folder: Path, *args: str, stdin: str = "", **more: str) -> Done:
    """Call the program as a process of its own and wait for it."""
    env = surroundings(folder, **more)
    command = [PROGRAM, *args]
    done = subprocess.run(
        command, cwd=folder, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Shell:
    """Calls the program's inside in a folder, for tests that are not about the process."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._captured = captured
        patch.chdir(folder)
        self.set(patch, surroundings(folder))

    @staticmethod
    def set(patch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
        """Have the environment say this."""
        for name, value in environ.items():
            patch.setenv(name, value)

    def __call__(self, *args: str) -> Done:
        """Call it; what it wrote."""
        self._captured.readouterr()
        code = run(list(args))
        return Done(code, *self._captured.readouterr())

    def write(self, name: str, text: str) -> str:
        """Write a file of the folder; its name."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")
        return name

    def mission(self, steps: str, *, name: str = "m.yaml", head: str = "") -> str:
        """Write a mission with these steps, in YAML; its file's name."""
        return self.write(name, f'name: m\nversion: "1.0"\n{head}\nsteps:\n{steps}\n')
