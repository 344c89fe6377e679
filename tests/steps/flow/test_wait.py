"""The step `wait`."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.steps import run_step
from rustchain.catalogue import Catalogue
from rustchain.steps.flow.wait import Wait


def typed(**parameters: Any) -> Wait:
    return msgspec.convert(parameters, Wait)


class FrozenClock:
    """A clock that stands at a time until it is set; what waits sees only this."""

    def __init__(self, now: datetime) -> None:
        self.seconds = now.timestamp()

    def now(self) -> int:
        return round(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


class Clocked:
    """A context that has a clock and nothing else."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock


START = datetime(2030, 1, 31, 8, tzinfo=UTC)


def test_it_waits_so_many_seconds(tmp_path: Path) -> None:
    begin = time.monotonic()
    waited = run_step("wait", {"seconds": 0.1}, tmp_path)["waited_ms"]
    assert 100 <= waited <= (time.monotonic() - begin) * 1000 + 1


def test_it_waits_until_a_moment(tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(seconds=0.2)
    run_step("wait", {"until": until.isoformat()}, tmp_path)
    assert datetime.now(UTC) >= until


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00+05:00"])
def test_a_moment_that_has_passed_is_not_waited_for(tmp_path: Path, until: str) -> None:
    assert run_step("wait", {"until": until}, tmp_path)["waited_ms"] < 50


def test_a_clock_that_is_set_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustchain.steps.flow.wait._NAP", 0.01)
    clock = FrozenClock(START)

    async def main() -> Any:
        waiting = asyncio.ensure_future(
            Catalogue()["wait"].run(typed(until="2030-01-31T09:00:00Z"), Clocked(clock))
        )
        await asyncio.sleep(0.05)
        assert not waiting.done()
        clock.seconds += 3600
        return await asyncio.wait_for(waiting, 5)

    assert asyncio.run(main()).waited_ms == 3_600_000


def test_it_can_be_cancelled() -> None:
    async def main() -> None:
        waiting = asyncio.ensure_future(
            Catalogue()["wait"].run(typed(seconds=1e9), Clocked(FrozenClock(START)))
        )
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    asyncio.run(main())


@pytest.mark.parametrize(
    "wrong",
    [{}, {"seconds": 1, "until": "2030-01-31T08:00:00Z"}, {"seconds": -1}, {"until": "2030-01-31T08:00:00"},
     {"until": "tomorrow"}, {"seconds": "1"}],
)  # fmt: skip
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        typed(**wrong)


def test_it_holds_no_slot_and_may_be_repeated() -> None:
    wait = Catalogue()["wait"]
    assert (wait.slotless, wait.idempotent, wait.asynchronous) == (True, True, True)
    assert wait.actions == frozenset()
