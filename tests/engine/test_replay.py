"""Replay equals live: what is read back from the journal is what was there while the run went on."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.runs import Place
from rustchain.app.outcome import read_result
from rustchain.app.reading import read
from rustchain.app.wiring import Engine
from rustchain.engine.replay import replay
from rustchain.engine.runner import Runner
from rustchain.logic.chain import Chain
from rustchain.model import events as ev
from rustchain.model.errors import StorageFailed
from rustchain.model.run import MissionResult


@st.composite
def missions(draw: st.DrawFn, depth: int = 1) -> list[dict[str, Any]]:
    """Steps that succeed, fail, are skipped, repeated, tried again, run for items or hold steps themselves."""
    steps: list[dict[str, Any]] = []
    for i in range(draw(st.integers(1, 5))):
        step: dict[str, Any] = {
            "id": f"s{i}",
            "depends_on": draw(st.lists(st.sampled_from([s["id"] for s in steps]), unique=True))
            if steps
            else [],
        }
        match draw(
            st.sampled_from(
                ["noop", "bad", "each", "repeat", "skipped", "large", "mission" if depth else "noop"]
            )
        ):
            case "noop":
                step |= {"step_type": "noop", "parameters": {"message": "m"}}
            case "bad":
                step |= {
                    "step_type": "parse_json",
                    "parameters": {"content": "{"},
                    "retry": {"attempts": 1, "delay_ms": draw(st.integers(0, 1))},
                }
            case "each":
                step |= {
                    "step_type": "parse_json",
                    "foreach": draw(st.lists(st.sampled_from(["1", "{"]), max_size=4)),
                    "max_failures": 1,
                }
                step |= {"parameters": {"content": "{{ item }}"}, "max_parallel": draw(st.integers(1, 3))}
            case "repeat":
                until = draw(st.sampled_from(["previous is not none", "false", "output.message == 1"]))
                step |= {"step_type": "noop", "repeat": {"until": until, "max": 2}}
            case "skipped":
                step |= {"step_type": "noop", "when": "false"}
            case "large":
                step |= {"step_type": "noop", "parameters": {"message": "{{ 'x' * 70000 }}"}}
            case _:
                step |= {"step_type": "mission", "parameters": {"steps": draw(missions(depth - 1))}}
        steps.append(step | {"continue_on_error": draw(st.booleans())})
    return steps


def state(runner_or_replayed: Any) -> dict[str, Any]:
    """Everything that the machine and the history know of each piece of work."""
    machine, history = runner_or_replayed.machine, runner_or_replayed.history
    tasks = {p: (t.state, t.attempt, t.round, t.kind, t.order, t.holding) for p, t in machine.tasks.items()}
    return {
        "tasks": tasks,
        "facts": dict(history.facts),
        "status": history.status,
        "outputs": history.outputs,
    }


@settings(max_examples=40)
@given(missions(), st.booleans())
def test_replay_gives_the_state_and_the_result_of_the_live_run(
    steps: list[dict[str, Any]], fail_fast: bool
) -> None:
    runners: list[Runner] = []
    mission = f"config: {json.dumps({'fail_fast': fail_fast})}\nsteps: {json.dumps(steps)}"

    async def run(engine: Engine) -> tuple[MissionResult, Any, MissionResult]:
        live = await place.start(engine, mission, hold=runners.append)
        again = read(engine.services.store, engine.catalogue, live.run_id)
        machine, history = again.replayed.machine, again.replayed.history
        return (
            live,
            again.replayed,
            read_result(engine.services.store, live.run_id, machine, history, 0, whole=True),
        )

    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), "memory")
        live, replayed, told = place.within(run)
    assert state(replayed) == state(runners[0])
    assert msgspec.json.encode(told) == msgspec.json.encode(live)


Change = Callable[[list[ev.Row]], list[ev.Row]]


def _renamed(rows: list[ev.Row]) -> list[ev.Row]:
    return [r._replace(header=r.header.replace(b'"a"', b'"b"')) for r in rows]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (_renamed, "does not match"),
        (lambda rows: [rows[0], *rows[2:]], "event 2 is missing"),
    ],
)
def test_a_damaged_journal_is_refused(tmp_path: Path, change: Change, finding: str) -> None:
    place = Place(tmp_path, "memory")

    async def run(engine: Engine) -> None:
        result = await place.start(engine, "steps: [{id: a, step_type: noop}]")
        rows = list(engine.services.store.rows(result.run_id))
        plan = read(engine.services.store, engine.catalogue, result.run_id).plan
        assert replay(result.run_id, rows, plan).seq == 3
        with pytest.raises(StorageFailed, match="damaged") as caught:
            replay(result.run_id, change(rows), plan)
        assert finding in caught.value.message
        assert caught.value.help == "See `rustchain audit verify`."

    place.within(run)


def test_rows_of_another_run_are_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, "memory")
    started = ev.RunStarted(engine="0", mission="m", inputs="i", catalogue="c")
    row = Chain(1, "other", 1, b"k", 0, bytes(32)).seal(started, 1)

    async def run(engine: Engine) -> None:
        result = await place.start(engine, "steps: [{id: a, step_type: noop}]")
        with pytest.raises(StorageFailed, match="damaged"):
            replay(result.run_id, [row], read(engine.services.store, engine.catalogue, result.run_id).plan)

    place.within(run)
