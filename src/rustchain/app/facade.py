"""The library: missions loaded, planned and run from Python."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache, reduce, wraps
from operator import getitem
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import msgspec
from msgspec.structs import replace

from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, Loaded, load
from rustchain.app.run import Watch
from rustchain.app.wiring import Durability, Engine, open_engine
from rustchain.catalogue import Catalogue
from rustchain.engine.checks.graph import Graph
from rustchain.engine.children import child_files
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.errors import InvalidMission
from rustchain.model.mission import Mission, MissionStep
from rustchain.model.plan import Plan
from rustchain.model.run import MissionResult, StepResult

P = ParamSpec("P")
R = TypeVar("R")
AS_TEXT = "mission.yaml"
"""The name of a mission that was given as text, in messages; JSON is YAML."""
IN_MEMORY = "mission.json"
"""The name of a mission that has no file, in messages."""


class ExecutionContext:
    """Variables and results that steps run one by one share."""

    def __init__(self, variables: Mapping[str, Any] | None = None) -> None:
        self.variables: dict[str, Any] = dict(variables or {})

    def get_variable(self, key: str) -> Any:
        """The value of a variable; None where there is none."""
        return self.variables.get(key)

    def set_variable(self, key: str, value: Any) -> None:
        """Set a variable, read as `{{ key }}` or `{{ context.key }}`."""
        self.variables[key] = value


def load_mission(path: str | Path) -> Mission:
    """
    Load and check a mission file. InvalidMission with every problem found.

    Child missions' files become absolute, so that the mission runs from anywhere.
    """
    document = msgspec.to_builtins(load(path, Catalogue()).mission)
    folder = os.path.dirname(os.path.abspath(path))
    for child in child_files(document):
        *way, last = child.path
        reduce(getitem, way, document)[last] = os.path.join(folder, child.file)
    return msgspec.convert(document, Mission)


def plan_mission(mission: Mission | str | Path, *, inputs: Mapping[str, Any] | None = None) -> Plan:
    """
    The plan of a mission or a mission file; nothing of it is executed. InvalidMission with every problem found.

    Its warnings tell what its steps need and this machine lacks, too.
    """
    loaded = _loaded(mission, Catalogue(), Given(inputs=inputs or {}))
    return replace(loaded.plan, warnings=tuple(p.message for p in loaded.warnings))


async def run_mission(
    mission: Mission | str | Path,
    *,
    inputs: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    workdir: str | Path = ".",
    durability: Durability = "full",
    engine: Engine | None = None,
) -> MissionResult:
    """
    Run a mission or a mission file to its end and return its result, outputs whole.

    A failed mission is a result, not an exception. InvalidMission, Refused and MissingSecret are raised before anything
    runs. Many runs share an `engine` from `open_engine`.
    """
    if engine is None:
        async with open_engine(os.environ, durability) as own:
            return await run_mission(
                mission,
                inputs=inputs,
                variables=variables,
                workdir=workdir,
                durability=durability,
                engine=own,
            )
    given = Given(inputs=inputs or {}, variables=variables or {}, workdir=str(workdir), complete=True)
    await engine.turn()
    loaded = _loaded(mission, engine.catalogue, given)
    return await launch(engine, loaded, _options(workdir, variables or {}, durability), Watch(whole=True))


def synchronous(function: Callable[P, Awaitable[R]]) -> Callable[P, R]:
    """The same function for callers without an event loop."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        async def main() -> R:
            return await function(*args, **kwargs)

        return asyncio.run(main())

    return call


run_mission_sync = synchronous(run_mission)


class MissionLoader:
    """Loads missions."""

    load_from_file = staticmethod(load_mission)

    @staticmethod
    def load_from_str(text: str) -> Mission:
        """Load and check a mission written as YAML or JSON."""
        return load(AS_TEXT, Catalogue(), Given(texts={AS_TEXT: text})).mission


class DagExecutor:
    """Runs missions and single steps."""

    execute_mission = staticmethod(run_mission)
    execute_mission_sync = staticmethod(run_mission_sync)

    @staticmethod
    async def execute_step(step: MissionStep, context: ExecutionContext | None = None) -> StepResult:
        """Run one step; its result is then read by later ones as `{{ step_id.output… }}` of the same context."""
        context = context or ExecutionContext()
        mission = Mission(version="1.0", name=step.name or step.id, steps=[replace(step, depends_on=[])])
        result = await run_mission(mission, variables=context.variables, durability="memory")
        found = result.step_results[step.id]
        context.set_variable(step.id, msgspec.to_builtins(found))
        return found

    @staticmethod
    def topological_sort(steps: Sequence[MissionStep]) -> list[str]:
        """The ids of steps, each after those it depends on, else in the given order. InvalidMission where that cannot be."""
        graph = Graph(Mission(version="1.0", name="steps", steps=list(steps)), Suggestions())
        if problems := [*graph.problems, *graph.cycles()]:
            raise InvalidMission(problems)
        return [steps[index].id for index in graph.order]


class StepStatus(StrEnum):
    """How a step ended."""

    SUCCESS = "Success"
    FAILED = "Failed"
    SKIPPED = "Skipped"


@cache
def step_types() -> type[StrEnum]:
    """Every step type of the catalogue as a member, named in CamelCase: `StepType.CreateFile`."""
    names = {"".join(part.title() for part in name.split("_")): name for name in Catalogue()}
    return cast("type[StrEnum]", StrEnum("StepType", names))


def _loaded(mission: Mission | str | Path, catalogue: Catalogue, given: Given) -> Loaded:
    if not isinstance(mission, Mission):
        return load(mission, catalogue, given)
    return load(
        IN_MEMORY, catalogue, given._replace(texts={IN_MEMORY: msgspec.json.encode(mission).decode()})
    )


def _options(workdir: str | Path, variables: Mapping[str, Any], durability: Durability) -> Options:
    return Options(workdir=os.path.abspath(workdir), variables=variables, durability=durability)
