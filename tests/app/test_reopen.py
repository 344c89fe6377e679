"""Reading a run back, and what keeps it from being read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.runs import Place
from rustchain.engine.attempts import INLINE
from rustchain.model.errors import InvalidUse, StorageFailed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.run("steps: [{id: a, step_type: noop}, {id: b, step_type: noop, depends_on: [a]}]")
    return place


def change(place: Place, statement: str) -> None:
    with closing(sqlite3.connect(place.folder / ".state" / "rustchain.db")) as db, db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        assert db.execute(statement).rowcount > 0


def test_a_run_is_read_by_any_of_its_names(place: Place) -> None:
    run = place.read()
    assert place.read(run.run_id).origin == place.read(run.run_id[:12]).origin == run.origin
    with pytest.raises(InvalidUse):
        place.read("nobody")


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE events SET header = replace(CAST(header AS TEXT), 'b', 'c') WHERE seq = 3",
            "does not match",
        ),
        ("DELETE FROM events WHERE seq = 2", "event 2 is missing"),
        ("DELETE FROM events WHERE seq = 1", "never began"),
        ("DELETE FROM payloads WHERE leaf = (SELECT leaf FROM events WHERE seq = 1)", "has been erased"),
    ],
)
def test_a_journal_that_was_tampered_with_is_refused(place: Place, statement: str, finding: str) -> None:
    change(place, statement)
    for act in (place.read, place.resume, place.retry):
        with pytest.raises(StorageFailed, match=finding):
            act()  # type: ignore[operator]  # each takes the newest run


def test_outputs_may_be_erased_and_the_run_can_still_be_read(place: Place) -> None:
    change(place, "DELETE FROM payloads WHERE leaf > (SELECT leaf FROM events WHERE seq = 1)")
    assert place.resume().step_results["a"].output is None


def test_a_run_that_was_started_without_a_file_that_it_names_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "child.yaml").write_text('name: c\nversion: "1.0"\nsteps: [{id: x, step_type: noop}]')
    place.run("steps: [{id: kid, step_type: mission, parameters: {file: child.yaml}}]")
    without = replace(place.read().origin, files={})
    monkeypatch.setattr("rustchain.app.reopen.read_origin", lambda *_: without)
    with pytest.raises(StorageFailed, match=r"was started without .*child\.yaml"):
        place.read()


def test_a_mission_whose_blob_is_gone_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.run("# " + "x" * INLINE + "\nsteps: [{id: a, step_type: noop}]")
    for blob in (tmp_path / ".state" / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    with pytest.raises(StorageFailed):
        place.read()
