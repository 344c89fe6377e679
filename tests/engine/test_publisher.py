"""Nothing is told before it is durable."""

import asyncio
from pathlib import Path

import pytest

from harness.runs import Place, Seen
from rustchain.engine.publisher import Publisher
from rustchain.model.errors import StorageFailed
from rustchain.model.events import CancelRequested, Event, Status, StepSkipped


def test_events_and_ends_are_told_in_order_once_they_are_durable() -> None:
    async def main() -> None:
        disk = asyncio.Event()
        told: list[str] = []

        class Teller(Seen):
            def on_event(self, event: Event, at: int) -> None:
                assert disk.is_set()
                told.append(type(event).__name__)

            def on_end(self, path: str) -> None:
                told.append(path)

        publisher = Publisher(disk.wait, Teller())
        running = asyncio.ensure_future(publisher.run())
        publisher.event(CancelRequested(), 1)
        publisher.end("a")
        await asyncio.sleep(0.01)
        assert told == []
        disk.set()
        await asyncio.sleep(0.01)
        publisher.event(StepSkipped(path="b"), 2)
        await publisher.finish(running)
        assert told == ["CancelRequested", "a", "StepSkipped"]

    asyncio.run(main())


def test_without_an_observer_nothing_is_kept() -> None:
    async def main() -> None:
        publisher = Publisher(asyncio.Event().wait, None)
        running = asyncio.ensure_future(publisher.run())
        publisher.event(CancelRequested(), 1)
        publisher.end("a")
        await publisher.finish(running)

    asyncio.run(asyncio.wait_for(main(), 5))


def test_a_run_without_a_pause_is_told_as_well(tmp_path: Path) -> None:
    place = Place(tmp_path, "memory")
    place.run("steps: [{id: a, step_type: noop}]")
    assert [type(e).__name__ for e in place.seen.events] == ["RunStarted", "StepSucceeded", "RunEnded"]


def test_what_could_not_be_made_durable_is_not_told() -> None:
    async def durable() -> None:
        raise StorageFailed("no room")

    async def main() -> None:
        seen = Seen()
        publisher = Publisher(durable, seen)
        running = asyncio.ensure_future(publisher.run())
        publisher.event(CancelRequested(), 1)
        with pytest.raises(StorageFailed):
            await publisher.finish(running)
        assert seen.events == []

    asyncio.run(main())


@pytest.mark.parametrize("raising", ["on_event", "on_end", "on_log"])
def test_an_observer_that_raises_is_dropped_and_the_run_keeps_its_result(
    tmp_path: Path, raising: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def fail(self: Seen, *what: object) -> None:
        calls.append(what)
        raise BrokenPipeError("nobody listens")

    monkeypatch.setattr(Seen, raising, fail)
    place = Place(tmp_path, "memory")
    result = place.run("""
steps:
  - {id: a, step_type: command, parameters: {command: sh, args: ["-c", "echo one; echo two; exit 1"]}}
  - {id: b, step_type: noop, depends_on: [a]}
""")
    assert (result.status, result.step_results["a"].error_kind) == (Status.FAILED, "exit_code")
    assert len(calls) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "nobody listens" in caplog.text
