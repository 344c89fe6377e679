"""Fresh processes and what they cost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
PYTHON = sys.executable
PROGRAM = str(Path(PYTHON).with_name("rustchain"))
_NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "RUSTCHAIN_FAULT", "RUSTCHAIN_FAULT_LOG")
"""Compiled modules are kept: who installs the package has them, too."""


class Usage(NamedTuple):
    """CPU seconds of a process and of those that it waited for, and what it wrote."""

    cpu: float
    output: str


def whole(*argv: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> Usage:
    """Run a program to its end in a new folder with some files, on the disk that the project is on."""
    BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        for name, text in (files or {}).items():
            Path(folder, name).write_text(text, encoding="utf-8")
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
        state = str(Path(folder, ".state"))
        surroundings = {**inherited, "CI": "1", "RUSTCHAIN_HOME": state, **(env or {})}
        return _wait(argv, folder, surroundings)


def _wait(argv: tuple[str, ...], folder: str, env: Mapping[str, str]) -> Usage:
    output, errors = Path(folder, ".stdout"), Path(folder, ".stderr")
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(argv, cwd=folder, env=env, stdout=stdout, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv} ended with {process.returncode}: {errors.read_text()[-2000:]}")
    return Usage(used.ru_utime + used.ru_stime, output.read_text())


def apart(function: Callable[..., Any], *args: str) -> Any:
    """What a function of this package returns, a JSON value, when it is called in a fresh process."""
    place = f"{function.__module__}:{function.__name__}"
    used = whole(PYTHON, "-m", "benchmarks.child", place, *args, env={"PYTHONPATH": str(ROOT)})
    return json.loads(used.output.splitlines()[-1])


def peak() -> int:
    """Bytes of memory that this process has had at most. getrusage would count its parent's memory before exec, too."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024


def interleaved(rounds: int, **variants: Callable[[], float]) -> dict[str, list[float]]:
    """Call each variant once a round, after one round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    for round in range(rounds + 1):
        for name, variant in variants.items():
            value = variant()
            if round:
                found[name].append(value)
    return found
