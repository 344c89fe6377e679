"""Runs that start at once."""

import asyncio
from pathlib import Path

from rustchain.app.wiring import open_engine


def test_of_runs_that_start_at_once_one_has_its_turn_each_time_the_loop_goes_round(tmp_path: Path) -> None:
    async def main() -> list[int]:
        rounds = 0

        def count() -> None:
            nonlocal rounds
            rounds += 1
            loop.call_soon(count)

        async def start() -> int:
            await engine.turn()
            return rounds

        loop = asyncio.get_running_loop()
        async with open_engine({"RUSTCHAIN_HOME": str(tmp_path)}) as engine:
            count()
            return await asyncio.gather(*(start() for _ in range(20)))

    turns = asyncio.run(main())
    assert turns == sorted(set(turns))
