"""`config.lock`: one run at a time per key."""

import asyncio
from pathlib import Path

import pytest

from harness import warm
from harness.processes import eventually, soon
from harness.runs import DIES, HEAD, Place
from rustchain.app.locks import held
from rustchain.app.reopen import reopen
from rustchain.app.resume import resume
from rustchain.app.wiring import Engine, open_engine
from rustchain.model.errors import InvalidUse, Refused
from rustchain.model.events import Status
from rustchain.model.run import MissionResult

LOCKED = """
config: {{lock: {{key: "{key}", on_busy: {busy}}}}}
variables: {{who: a}}
inputs: {{n: {{type: integer, default: 1}}}}
steps:
  - {{id: in, step_type: command, parameters: {{command: sh, args: ["-c", "mkdir inside && sleep 0.2 && rmdir inside"]}}}}
""".replace("id: in,", "id: enter,")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def both(place: Place, first: str, second: str) -> tuple[MissionResult, MissionResult | BaseException]:
    """Start two missions, the second once the first holds its lock, each on an engine of its own."""

    async def second_engine() -> MissionResult:
        assert await soon((place.folder / "inside").exists)
        async with open_engine(place.env, "memory") as engine:
            return await place.start(engine, second)

    async def main(engine: Engine) -> list[MissionResult | BaseException]:
        return await asyncio.gather(place.start(engine, first), second_engine(), return_exceptions=True)

    one, two = place.within(main)
    assert isinstance(one, MissionResult)
    return one, two


def test_a_run_waits_until_the_lock_is_free(place: Place) -> None:
    text = LOCKED.format(key="k", busy="wait")
    one, two = both(place, text, text)
    assert isinstance(two, MissionResult)
    assert (one.status, two.status) == (Status.COMPLETED, Status.COMPLETED), "they were never inside at once"


def test_a_run_is_refused_where_the_lock_is_busy(place: Place) -> None:
    text = LOCKED.format(key="k", busy="fail")
    one, two = both(place, text, text)
    assert one.status is Status.COMPLETED
    assert isinstance(two, Refused)
    assert "'k' is busy" in two.message
    assert place.run(text).status is Status.COMPLETED, "the lock is free again"


def test_a_run_is_skipped_where_the_lock_is_busy(place: Place) -> None:
    text = LOCKED.format(key="k", busy="skip")
    _, two = both(place, text, text)
    assert isinstance(two, MissionResult)
    assert (two.status, two.run_id, two.step_results) == (Status.COMPLETED, "", {})
    assert two.warnings == ["not run: the lock 'k' is busy"]


def test_keys_that_differ_do_not_wait_for_each_other(place: Place) -> None:
    one = LOCKED.format(key="{{ who }}-{{ inputs.n }}", busy="fail")
    other = LOCKED.format(key="{{ context.who }}-2", busy="fail").replace(
        "mkdir inside && sleep 0.2 && rmdir inside", "true"
    )
    _, two = both(place, one, other)
    assert isinstance(two, MissionResult)
    assert isinstance(both(place, one, other.replace("-2", "-1"))[1], Refused)


def test_another_process_holds_the_lock_until_it_dies(place: Place) -> None:
    (place.folder / "m.yaml").write_text(
        HEAD + LOCKED.format(key="k", busy="fail").replace("sleep 0.2", "sleep 30")
    )
    call = warm.start(place.folder, "run", "m.yaml", **place.env)
    assert eventually((place.folder / "inside").exists)
    with pytest.raises(Refused):
        place.run(LOCKED.format(key="k", busy="fail"))
    call.send(9)  # type: ignore[arg-type]  # SIGKILL
    call.wait()
    (place.folder / "inside").rmdir()
    assert place.run(LOCKED.format(key="k", busy="fail")).status is Status.COMPLETED


def test_a_run_that_is_gone_on_with_holds_the_lock_again(place: Place) -> None:
    place.dies(f"""
config: {{lock: {{key: k, on_busy: fail}}}}
steps:
  - {{id: a, step_type: command, idempotent: true, parameters: {{command: sh, args: ["-c", "{DIES}; mkdir inside; sleep 0.2; rmdir inside"]}}}}
""")
    text = LOCKED.format(key="k", busy="fail")

    async def main(engine: Engine) -> list[MissionResult | BaseException]:
        async def later() -> MissionResult:
            assert await soon((place.folder / "inside").exists)
            return await place.start(engine, text)

        return await asyncio.gather(resume(engine, "@last"), later(), return_exceptions=True)

    resumed, other = place.within(main)
    assert isinstance(resumed, MissionResult)
    assert resumed.status is Status.COMPLETED
    assert isinstance(other, Refused)


def test_a_dead_run_whose_lock_is_busy_stays_open_rather_than_being_skipped(place: Place) -> None:
    place.dies(
        f"config: {{lock: {{key: k, on_busy: skip}}}}\nsteps: [{{id: a, step_type: command, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )

    run_id = place.read().run_id

    async def main(engine: Engine) -> None:
        async def later() -> None:
            assert await soon((place.folder / "inside").exists)
            with pytest.raises(Refused, match="stays open"):
                await resume(engine, run_id)

        await asyncio.gather(later(), place.start(engine, LOCKED.format(key="k", busy="fail")))

    place.within(main)


def test_a_key_may_read_what_is_known_before_anything_runs(place: Place) -> None:
    text = LOCKED.format(
        key="{{ mission.name }} {{ config.fail_fast }} {{ env.PATH }} {{ inputs.n }}", busy="fail"
    )
    _, two = both(place, text, text)
    assert isinstance(two, Refused)
    assert "'test true /usr/bin:/bin 1' is busy" in two.message


def test_a_key_that_reads_what_is_not_there_is_told(place: Place) -> None:
    with pytest.raises(InvalidUse, match=r"config\.lock\.key"):
        place.run(LOCKED.format(key="{{ env.NOT_THERE }}", busy="wait"))


def test_a_run_that_waits_for_its_lock_is_driven_by_nobody(place: Place) -> None:
    place.dies(
        f"config: {{lock: {{key: k}}}}\nsteps: [{{id: a, step_type: command, idempotent: true, parameters: {{command: sh, args: ['-c', \"{DIES}\"]}}}}]"
    )
    run_id = place.read().run_id

    async def main(engine: Engine) -> MissionResult:
        store = engine.services.store
        run = reopen(store, engine.catalogue, run_id)
        async with held(engine, run.plan, run.origin, {}):
            waiting = asyncio.ensure_future(resume(engine, run_id))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            assert not next(r for r in store.runs() if r.run_id == run_id).driven
            store.ask(run_id, "cancel", {})
        return await waiting

    assert place.within(main).status is Status.CANCELLED
