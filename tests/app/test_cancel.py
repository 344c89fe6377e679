"""Cancelling from outside."""

import asyncio
from pathlib import Path

import pytest

from harness.runs import DIES, Place, statuses
from rustchain.app.cancel import cancel
from rustchain.app.locks import held
from rustchain.app.reopen import reopen
from rustchain.app.wiring import Engine, open_engine
from rustchain.model import events as ev
from rustchain.model.errors import InvalidUse, MissingSecret, Refused
from rustchain.model.events import Status
from rustchain.model.run import MissionResult

SLOW = """
steps: [{id: a, step_type: wait, parameters: {seconds: 30}}, {id: b, step_type: noop, depends_on: [a]}]
finally: [{id: tidy, step_type: create_file, parameters: {path: tidy.txt, content: "{{ run.status }}"}}]
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_run_that_is_driven_is_cancelled_by_its_driver(place: Place) -> None:
    async def elsewhere() -> MissionResult | None:
        await asyncio.sleep(0.2)
        async with open_engine(place.env, "normal") as engine:
            return await cancel(engine, "@last")

    async def main(engine: Engine) -> list[MissionResult | None]:
        return list(await asyncio.gather(place.start(engine, SLOW), elsewhere()))

    result, told = place.within(main)
    assert told is None
    assert (result.status, statuses(result)) == (
        Status.CANCELLED,
        {"a": "Failed", "b": "Skipped", "tidy": "Success"},
    )
    assert place.lines("tidy.txt") == ["Cancelled"]
    assert [e.request for e in place.seen.events if isinstance(e, ev.CancelRequested)] == [1]


def test_a_run_that_nobody_drives_is_driven_to_its_end(place: Place) -> None:
    place.dies(f"""
steps:
  - {{id: once, step_type: command, parameters: {{command: sh, args: ["-c", "{DIES}"]}}}}
  - {{id: later, step_type: create_file, depends_on: [once], parameters: {{path: later.txt}}}}
finally: [{{id: tidy, step_type: create_file, parameters: {{path: tidy.txt}}}}]
""")
    result = place.cancel()
    assert result is not None
    assert (result.status, result.exit_code) == (Status.CANCELLED, 1)
    assert result.step_results["once"].error_kind == "unknown_outcome"
    assert (place.folder / "tidy.txt").exists()
    assert not (place.folder / "later.txt").exists()


def test_what_has_ended_cannot_be_cancelled(place: Place) -> None:
    place.run("steps: [{id: a, step_type: noop}]")
    with pytest.raises(InvalidUse, match="has ended: Completed"):
        place.cancel()


def test_a_run_that_is_not_there_cannot_be_cancelled(place: Place) -> None:
    with pytest.raises(InvalidUse):
        place.cancel("nobody")


def test_a_run_that_died_before_its_first_event_is_told(place: Place) -> None:
    place.dies("steps: [{id: a, step_type: noop}]", RUSTCHAIN_FAULT="journal.before-write:1:kill9")
    with pytest.raises(InvalidUse):
        place.cancel()


SECRETIVE = f"""
inputs: {{pin: {{type: string, secret: true}}}}
config: {{lock: {{key: k, on_busy: fail}}}}
steps: [{{id: once, step_type: command, parameters: {{command: sh, args: ["-c", "{DIES}"]}}}}]
"""


def asked(place: Place) -> list[str]:
    """Kinds of requests to the last run that nobody has taken."""

    async def asking(engine: Engine) -> list[str]:
        store = engine.services.store
        return [request.kind for request in store.requests(store.find("@last"))]

    return list(place.within(asking))


def test_a_cancel_that_needs_a_secret_input_leaves_nothing_behind_without_it(place: Place) -> None:
    place.dies(SECRETIVE, "-i", "pin=1234-5678")
    with pytest.raises(MissingSecret, match="'pin' is not stored"):
        place.cancel()
    assert asked(place) == []
    result = place.cancel(secret_inputs={"pin": "1234-5678"})
    assert result is not None
    assert result.status is Status.CANCELLED


def test_a_cancel_that_finds_the_lock_busy_leaves_nothing_behind(place: Place) -> None:
    place.dies(SECRETIVE, "-i", "pin=1234-5678")
    run_id = place.read().run_id

    async def main(engine: Engine) -> None:
        run = reopen(engine.services.store, engine.catalogue, run_id)
        async with held(engine, run.plan, run.origin, {}):
            with pytest.raises(Refused, match="'k' is busy"):
                await cancel(engine, run_id, {"pin": "1234-5678"})

    place.within(main)
    assert asked(place) == []
