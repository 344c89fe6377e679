"""The package's public names, and what they cost."""

import json
import subprocess
import sys
from typing import Any

import pytest

import rustchain

PUBLIC = {
    "__version__", "DagExecutor", "ExecutionContext", "InvalidMission", "Mission", "MissionConfig", "MissionLoader",
    "MissionResult", "MissionStatus", "MissionStep", "RustChainError", "StepFailed", "StepResult", "StepStatus", "StepType",
    "load_mission", "open_engine", "plan_mission", "run_mission", "run_mission_sync", "step",
}  # fmt: skip


def imported(statement: str) -> list[str]:
    """The modules that a bare interpreter has imported after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {PATHS!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


PATHS = [p for p in sys.path if p]


def test_these_are_the_public_names() -> None:
    assert set(rustchain.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found: Any = getattr(rustchain, name)
    assert isinstance(found, str) or found.__doc__ or name == "StepType", (
        "whose members are the documentation"
    )


def test_what_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'rustchain' has no attribute 'nonsense'"):
        rustchain.nonsense  # noqa: B018 - that it raises is tested


def test_importing_the_package_imports_nothing_of_weight() -> None:
    before = set(imported("pass"))
    assert set(imported("import rustchain")) - before <= {
        "importlib",
        "importlib._bootstrap",
        "importlib._bootstrap_external",
        "_warnings",
        "warnings",
        "rustchain",
        "rustchain._version",
    }


@pytest.mark.parametrize(
    ("name", "not_needed"),
    [
        ("Mission", ["asyncio", "sqlite3", "yaml", "rustchain.engine", "rustchain.adapters"]),
        ("step", ["asyncio", "sqlite3", "yaml", "rustchain.engine", "rustchain.adapters"]),
        (
            "run_mission",
            ["aiohttp", "lxml", "rich", "click", "jsonschema_rs", "importlib.metadata", "rustchain.cli"],
        ),
    ],
)
def test_a_name_brings_what_it_needs_and_no_more(name: str, not_needed: list[str]) -> None:
    found = imported(f"from rustchain import {name}")
    assert [module for module in not_needed if module in found] == []


def test_loading_a_mission_imports_only_the_step_types_that_it_uses() -> None:
    text = 'version: "1.0"\\nname: m\\nsteps: [{id: a, step_type: noop}]'
    found = imported(f"from rustchain import MissionLoader; MissionLoader.load_from_str('{text}')")
    types = [name for name in found if name.startswith("rustchain.steps.") and name.count(".") == 3]
    assert types == ["rustchain.steps.flow.noop"]
    assert not {"aiohttp", "lxml", "importlib.metadata"} & set(found)
