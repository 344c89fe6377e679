"""
RustChain: missions, typed graphs of steps that are planned, run durably, and explained.

Names are imported when they are first used (PEP 562), so that importing the package costs nothing.
"""

from rustchain._version import VERSION as __version__

TYPE_CHECKING = False
"""Type checkers read this name as true; importing it from typing would cost more than all of `--version` may."""
if TYPE_CHECKING:
    from typing import Any

    from rustchain.app.facade import DagExecutor as DagExecutor
    from rustchain.app.facade import ExecutionContext as ExecutionContext
    from rustchain.app.facade import MissionLoader as MissionLoader
    from rustchain.app.facade import StepStatus as StepStatus
    from rustchain.app.facade import load_mission as load_mission
    from rustchain.app.facade import plan_mission as plan_mission
    from rustchain.app.facade import run_mission as run_mission
    from rustchain.app.facade import run_mission_sync as run_mission_sync
    from rustchain.app.wiring import open_engine as open_engine
    from rustchain.model.errors import InvalidMission as InvalidMission
    from rustchain.model.errors import RustChainError as RustChainError
    from rustchain.model.errors import StepFailed as StepFailed
    from rustchain.model.events import Status
    from rustchain.model.mission import Mission as Mission
    from rustchain.model.mission import MissionConfig as MissionConfig
    from rustchain.model.mission import MissionStep as MissionStep
    from rustchain.model.run import MissionResult as MissionResult
    from rustchain.model.run import StepResult as StepResult
    from rustchain.stepkit import step as step

    MissionStatus = Status

_HOMES = {
    "DagExecutor": "app.facade",
    "ExecutionContext": "app.facade",
    "InvalidMission": "model.errors",
    "Mission": "model.mission",
    "MissionConfig": "model.mission",
    "MissionLoader": "app.facade",
    "MissionResult": "model.run",
    "MissionStatus": "model.events:Status",
    "MissionStep": "model.mission",
    "RustChainError": "model.errors",
    "StepFailed": "model.errors",
    "StepResult": "model.run",
    "StepStatus": "app.facade",
    "StepType": "app.facade:step_types",
    "load_mission": "app.facade",
    "open_engine": "app.wiring",
    "plan_mission": "app.facade",
    "run_mission": "app.facade",
    "run_mission_sync": "app.facade",
    "step": "stepkit",
}
"""Where each public name lives; after a colon its name there."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'rustchain' has no attribute {name!r}")
    from importlib import import_module  # not at the top: `--version` needs none of it

    home, _, there = _HOMES[name].partition(":")
    found = getattr(import_module(f"rustchain.{home}"), there or name)
    return found() if name == "StepType" else found
