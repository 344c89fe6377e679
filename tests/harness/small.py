"""Small missions of shell commands that note when they begin, and last for as long as the test wants."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from harness.processes import eventually

Step = dict[str, Any]
BEGIN = 'echo "${RUSTCHAIN_STEP#*:}" >> log; '
HELD = BEGIN + "[ -e gate ] || exec sleep 300"
"""A script that takes five minutes, or no time once the test has opened the gate."""


def command(id: str, script: str, *after: str, **more: Any) -> Step:
    """A step that runs a shell script and may be repeated."""
    parameters = {"command": "sh", "args": ["-c", script]}
    base = {
        "id": id,
        "step_type": "command",
        "depends_on": after,
        "idempotent": True,
        "parameters": parameters,
    }
    return {**base, **more}


def chain(count: int, nap: float) -> list[Step]:
    """Steps `s0` …, one after another, each of which takes so many seconds."""
    script = f"{BEGIN}sleep {nap}"
    return [command(f"s{n}", script, *([f"s{n - 1}"] if n else [])) for n in range(count)]


def write(folder: Path, steps: list[Step], **more: Any) -> None:
    """Write a mission of these steps as `m.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.json").write_text(json.dumps({"name": "small", "version": "1.0", "steps": steps, **more}))


def open_gate(folder: Path) -> None:
    """Let steps that are held end at once from now on."""
    (folder / "gate").touch()


def begun(folder: Path) -> Counter[str]:
    """How often each path of work began."""
    log = folder / "log"
    return Counter(log.read_text().split() if log.exists() else ())


def all_begun(folder: Path, count: int) -> bool:
    """Whether so many steps begin in time."""
    return eventually(lambda: begun(folder).total() >= count, 30)


def marked(run_id: str) -> list[str]:
    """The living processes that carry the mark of a run, by what they are."""
    mark = f"RUSTCHAIN_STEP={run_id}:".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.append(f"{entry.name} {(entry / 'cmdline').read_bytes()!r}")
        except OSError:  # it has ended meanwhile
            continue
    return found
