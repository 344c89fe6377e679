"""Missions run in this process, and what running them costs."""

import asyncio
import os
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from rustchain.app.launch import Options, launch
from rustchain.app.loading import Given, Loaded, load
from rustchain.app.wiring import Durability, Engine, open_engine
from rustchain.cli.driving import collect_seldom
from rustchain.model.events import Status

NAME = "mission.yaml"


def spent() -> float:
    """CPU seconds that this process has taken, and the children that have ended."""
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def loaded(engine: Engine, text: str) -> Loaded:
    """A mission ready to run, as the program has it."""
    found = load(NAME, engine.catalogue, Given(complete=True, texts={NAME: text}))
    collect_seldom()
    return found


async def completed(engine: Engine, mission: Loaded, durability: Durability) -> None:
    """Run a mission to its end; RuntimeError where it is not a good one."""
    result = await launch(engine, mission, Options(workdir=os.getcwd(), durability=durability))
    if result.status is not Status.COMPLETED:
        raise RuntimeError(f"the mission ended {result.status}")


def running(text: str, durability: Durability) -> float:
    """CPU seconds that a mission takes which was loaded beforehand: run, chained, journaled, its result read."""

    async def main() -> float:
        async with open_engine(os.environ, durability) as engine:
            mission = loaded(engine, text)
            before = spent()
            await completed(engine, mission, durability)
            return spent() - before

    return asyncio.run(main())
