"""A workspace beside a state folder, and the guarded file system over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.files import Build
from rustchain.adapters.files import LocalFiles


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def build(workspace: Path, tmp_path: Path) -> Build:
    def built(
        check: Callable[[], None] = lambda: None, allowed: tuple[Path, ...] = (), trash: Path | None = None
    ) -> LocalFiles:
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        return LocalFiles(
            workspace, allowed=allowed, forbidden=[state], trash=trash or state / "trash", check=check
        )

    return built


@pytest.fixture
def files(build: Build) -> LocalFiles:
    return build()
