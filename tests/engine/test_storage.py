"""A store that fails: the run stops there, says so, and stays open; what is in the journal can be gone on with."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.runs import Place
from rustchain.app.wiring import Engine
from rustchain.engine.attempts import INLINE
from rustchain.engine.runner import Runner
from rustchain.model import events as ev
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Row, Status
from rustchain.model.run import MissionResult, Request

TEXT = """
config: {fail_fast: false, retry_delay_ms: 1}
steps:
  - {id: a, step_type: command, idempotent: true, parameters: {command: echo, args: [a]}}
  - {id: each, step_type: noop, foreach: [1, 2]}
  - {id: bad, step_type: parse_json, retry: {attempts: 1, delay_ms: 1}, continue_on_error: true, parameters: {content: "{"}}
  - {id: kid, step_type: mission, depends_on: [a], parameters: {steps: [{id: x, step_type: noop}]}}
  - {id: no, step_type: noop, when: "false", depends_on: [kid]}
finally: [{id: tidy, step_type: command, idempotent: true, parameters: {command: echo, args: [b]}}]
"""


class Failing:
    """A store whose disk is full from one row on: the first that `full` says so of."""

    def __init__(self, store: Any, full: Callable[[Row], bool]) -> None:
        self._store = store
        self._full = full
        self._failed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, row: Row, *, request: int = 0) -> None:
        self._failed |= self._full(row)
        if self._failed:
            raise StorageFailed("no room")
        self._store.append(row, request=request)

    def append_all(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.append(row)


def failing(engine: Engine, full: Callable[[Row], bool]) -> Engine:
    return replace(engine, services=replace(engine.services, store=Failing(engine.services.store, full)))


def test_wherever_it_fails_the_run_ends_there_stays_open_and_goes_on_once_there_is_room(
    tmp_path: Path,
) -> None:
    whole = Place(tmp_path / "whole")
    whole.folder.mkdir()
    assert whole.run(TEXT).status is Status.COMPLETED
    count = len(whole.seen.events)
    for last in range(1, count):
        place = Place(tmp_path / str(last))
        place.folder.mkdir()
        with pytest.raises(StorageFailed, match="no room"):
            place.within(lambda engine: place.start(failing(engine, lambda row: row.seq > last), TEXT))  # noqa: B023 - called at once
        kept = place.read().replayed
        assert (kept.history.status, kept.seq) == (Status.RUNNING, last)
        assert place.resume().status is Status.COMPLETED


@pytest.mark.parametrize(
    "kind", [ev.ChildrenAdded, ev.StepErred, ev.WaitElapsed, ev.StepSkipped, ev.RunEnded]
)
def test_whatever_finds_no_room_ends_the_run(tmp_path: Path, kind: type[ev.Event]) -> None:
    place = Place(tmp_path)
    text = TEXT.replace("foreach: [1, 2]", "when: 'true'")
    with pytest.raises(StorageFailed, match="no room"):
        place.within(lambda engine: place.start(failing(engine, lambda row: row.kind == kind.KIND), text))
    assert place.resume().status is Status.COMPLETED


def test_a_run_whose_first_event_is_not_kept_never_began(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(StorageFailed, match="no room"):
        place.within(lambda engine: place.start(failing(engine, lambda row: True), TEXT))
    assert not (tmp_path / "a").exists()


def test_an_output_that_finds_no_room_stops_the_run_and_not_its_step(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("x" * INLINE)
    for step in (
        "read_file, parameters: {path: big.txt}",
        f"noop, parameters: {{message: \"{{{{ 'x' * {INLINE} }}}}\"}}",
    ):
        place = Place(tmp_path, RUSTCHAIN_FAULT="blob.before-write:1:enospc")
        with pytest.raises(StorageFailed, match="the disk is full"):
            place.run(f"steps: [{{id: a, step_type: {step}}}]")
        assert Place(tmp_path).resume().status is Status.COMPLETED


def test_a_disk_that_fills_up_before_the_effect_has_no_effect(tmp_path: Path) -> None:
    place = Place(tmp_path, durability="full", RUSTCHAIN_FAULT="journal.before-write:2:enospc")
    text = "steps: [{id: wait, step_type: wait, parameters: {seconds: 0.01}}, {id: a, step_type: create_file, depends_on: [wait], parameters: {path: x}}]"
    with pytest.raises(StorageFailed):
        place.run(text)
    assert not (tmp_path / "x").exists()
    place = Place(tmp_path)
    assert place.resume().status is Status.COMPLETED
    assert (tmp_path / "x").exists()


def test_requests_that_cannot_be_read_end_the_run(tmp_path: Path) -> None:
    place = Place(tmp_path)

    class Deaf(Failing):
        def requests(self, run_id: str) -> list[Request]:
            raise StorageFailed("the requests cannot be read")

    async def run(engine: Engine) -> MissionResult:
        services = replace(engine.services, store=Deaf(engine.services.store, lambda row: False))
        return await place.start(
            replace(engine, services=services), "steps: [{id: a, step_type: wait, parameters: {seconds: 30}}]"
        )

    with pytest.raises(StorageFailed, match="cannot be read"):
        place.within(run)
    assert place.read().replayed.history.status is Status.RUNNING


def test_requests_of_an_unknown_kind_are_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def run(engine: Engine) -> MissionResult:
        def hold(runner: Runner) -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(lambda: engine.services.store.ask(runner.run_id, "dance", {}))
            loop.call_later(0.4, lambda: engine.services.store.ask(runner.run_id, "cancel", {}))

        text = "steps: [{id: a, step_type: wait, parameters: {seconds: 30}}]"
        result = await place.start(engine, text, hold=hold)
        assert [r.kind for r in engine.services.store.requests(result.run_id)] == ["dance"]
        return result

    assert place.within(run).status is Status.CANCELLED
    assert [type(e) for e in place.seen.events].count(ev.CancelRequested) == 1
