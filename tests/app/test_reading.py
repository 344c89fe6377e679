"""Reading about runs."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.runs import DIES, Place
from rustchain.app.loading import Given, load
from rustchain.app.preview import preview
from rustchain.app.reading import Wanted, runs
from rustchain.app.wiring import Engine
from rustchain.catalogue import Catalogue
from rustchain.model.events import Status

ALL = Wanted()
HEAD = 'version: "1.0"\nname: m\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def listed(place: Place, wanted: Wanted = ALL) -> list[tuple[Status, str]]:
    async def use(engine: Engine) -> list[tuple[Status, str]]:
        return [(r.status, r.waiting) for r in runs(engine.services.store, engine.catalogue, wanted)]

    found: list[tuple[Status, str]] = place.within(use)
    return found


def test_the_list_tells_what_a_run_that_nobody_drives_waits_for(place: Place) -> None:
    place.run("steps: [{id: a, step_type: noop}]")
    place.dies(
        f"steps: [{{id: post, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )
    assert listed(place) == [(Status.RUNNING, "post"), (Status.COMPLETED, "")]
    assert listed(place, Wanted(waiting=True)) == [(Status.RUNNING, "post")]
    assert listed(place, Wanted(status=Status.COMPLETED)) == [(Status.COMPLETED, "")]
    assert listed(place, Wanted(since=place.read().replayed.history.started_at + 1)) == []


def test_the_list_shows_what_it_can_of_a_run_that_cannot_be_read(place: Place) -> None:
    place.dies(
        f"steps: [{{id: post, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )
    with closing(sqlite3.connect(place.folder / ".state" / "rustchain.db")) as db, db:
        db.execute("DELETE FROM payloads")
    assert listed(place) == [(Status.RUNNING, "")]


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ("message: '{{ who }}'", {"message": "crew"}),
        ("message: '{{ who.name | upper }}'", {"message": "{{ who.name | upper }}"}),
        (
            "message: '{{ env.HOME }}', values: {n: '{{ 1 + 1 }}'}",
            {"message": "{{ env.HOME }}", "values": {"n": 2}},
        ),
    ],
)
def test_a_preview_shows_what_is_known_and_the_rest_as_it_is_written(
    tmp_path: Path, parameters: str, shown: dict[str, Any]
) -> None:
    text = (
        f"{HEAD}variables: {{who: crew}}\nsteps: [{{id: a, step_type: noop, parameters: {{{parameters}}}}}]"
    )
    catalogue = Catalogue()
    found = preview(load("m.yaml", catalogue, Given(texts={"m.yaml": text})), catalogue, {})
    assert found.steps[0].parameters == shown
