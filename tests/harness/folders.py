"""Folders with special traits, for tests of what touches the file system."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def tree(folder: Path) -> dict[str, str]:
    """All that is in a folder, by path: a file's text, a link's target, or nothing for a folder."""
    return {str(path.relative_to(folder)): _shown(path) for path in sorted(folder.rglob("*"))}


def _shown(path: Path) -> str:
    if path.is_symlink():
        return f"-> {os.readlink(path)}"
    return "" if path.is_dir() else path.read_text("utf-8", "replace")


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder on a device of its own, where syncing costs nothing; the test is skipped where there is none."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        pytest.skip("there is no /dev/shm")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system of its own at a folder; the test is skipped for who may not mount."""
    folder.mkdir(exist_ok=True)
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
