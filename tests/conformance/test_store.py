"""What every Store does."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.journal import ENDED, RUN, STARTED, chain_of, finished, sealed, steps, write
from rustchain.adapters.store.memory import MemoryStore
from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.logic.chain import START, read, verify
from rustchain.model.errors import InvalidUse, StorageFailed
from rustchain.model.events import CancelRequested, RunResumed, Status, StepSkipped
from rustchain.ports import Store

STORES: dict[str, Callable[[Path], Store]] = {
    "full": lambda home: SqliteStore.open(home, "full"),
    "normal": lambda home: SqliteStore.open(home, "normal"),
    "memory": lambda home: MemoryStore(),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = STORES[request.param](tmp_path / "home")
    yield store
    store.close()


def test_a_new_run_is_empty_and_has_a_lease(store):
    lease = store.create_run(RUN, "calm-otter-1", "mission", 1)
    assert (lease.run_id, lease.epoch, lease.seq, lease.hash) == (RUN, 1, 0, START)
    assert len(lease.key) == 32
    assert store.key(RUN) == lease.key
    assert list(store.rows(RUN)) == []
    assert store.runs() == []


def test_two_runs_have_keys_of_their_own(store):
    assert store.create_run("one", "a", "m", 1).key != store.create_run("two", "b", "m", 1).key


def test_a_run_cannot_be_created_twice(store):
    store.create_run(RUN, "a", "m", 1).release()
    with pytest.raises(StorageFailed):
        store.create_run(RUN, "a", "m", 1)


def test_rows_come_back_as_they_were_appended_and_in_order(store):
    lease = store.create_run(RUN, "a", "m", 1)
    chain = chain_of(lease)
    rows = [chain.seal(event, 5, b"\0" if n % 3 else None) for n, event in enumerate(steps(2500))]
    write(store, lease, *rows)
    assert list(store.rows(RUN)) == rows
    assert list(store.rows(RUN, after=2490)) == rows[2490:]
    assert verify(RUN, store.rows(RUN), store.key(RUN)) == []


def test_an_empty_payload_is_not_a_missing_one(store):
    lease = store.create_run(RUN, "a", "m", 1)
    write(store, lease, chain_of(lease).seal(STARTED, 1, b""))
    assert [row.payload for row in store.rows(RUN)] == [b""]


def test_rows_nobody_waits_for_are_written_too(store):
    lease = store.create_run(RUN, "a", "m", 1)
    store.append(sealed(lease, STARTED)[0])
    for _ in range(500):
        if list(store.rows(RUN)):
            break
        threading.Event().wait(0.01)
    assert len(list(store.rows(RUN))) == 1


def test_rows_may_be_appended_together(store):
    lease = store.create_run(RUN, "a", "m", 1)
    rows = sealed(lease, *steps(3))

    async def go():
        store.append_all(rows[:2])
        store.append(rows[2])
        await store.durable(lease)

    asyncio.run(go())
    assert list(store.rows(RUN)) == rows


def test_waiting_for_nothing_ends_at_once(store):
    async def go():
        await asyncio.wait_for(store.durable(), 5)

    asyncio.run(go())


def test_closing_writes_what_nobody_waited_for(tmp_path):
    store = SqliteStore.open(tmp_path / "home")
    lease = store.create_run(RUN, "a", "m", 1)
    for row in sealed(lease, *steps(30)):
        store.append(row)
    store.close()
    again = SqliteStore.open(tmp_path / "home")
    assert len(list(again.rows(RUN))) == 30
    again.close()


def test_many_waiters_from_many_threads_are_all_told(store):
    leases = [store.create_run(f"run-{n}", "a", "m", 1) for n in range(4)]

    def drive(lease):
        rows = sealed(lease, *steps(40))

        async def step(row):
            store.append(row)
            await asyncio.wait_for(store.durable(lease), 30)

        async def go():
            await asyncio.gather(*(step(row) for row in rows))

        asyncio.run(go())

    threads = [threading.Thread(target=drive, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(list(store.rows(lease.run_id))) for lease in leases] == [40] * 4


def test_a_driven_run_gives_no_second_lease(store):
    lease = store.create_run(RUN, "a", "m", 1)
    with pytest.raises(StorageFailed, match=f"run {RUN} is driven by .*process"):
        store.take_lease(RUN)
    lease.release()
    lease.release()
    assert store.take_lease(RUN).epoch == 2


def test_an_old_lease_released_again_lets_nothing_go(store):
    old = store.create_run(RUN, "a", "m", 1)
    old.release()
    store.take_lease(RUN)
    old.release()
    with pytest.raises(StorageFailed):
        store.take_lease(RUN)


def test_a_new_lease_goes_on_where_the_run_stopped(store):
    lease = store.create_run(RUN, "a", "m", 1)
    rows = sealed(lease, *steps(3))
    write(store, lease, *rows)
    lease.release()
    again = store.take_lease(RUN)
    assert (again.seq, again.hash, again.key) == (3, rows[-1].hash, lease.key)
    write(store, again, *sealed(again, RunResumed(engine="1")))
    assert verify(RUN, store.rows(RUN), lease.key) == []


def test_a_stale_lease_writes_nothing_while_others_do(store):
    other = store.create_run("other", "a", "m", 1)
    stale = store.create_run(RUN, "a", "m", 1)
    write(store, stale, *sealed(stale, STARTED))
    stale.release()
    fresh = store.take_lease(RUN)
    late = chain_of(fresh).seal(CancelRequested(), 1)._replace(epoch=stale.epoch)
    before, after = sealed(other, *steps(2))

    async def go():
        store.append(before)
        with pytest.raises(StorageFailed, match="no longer drives"):
            await _append(store, stale, late)
        store.append(after)
        await store.durable(other)

    asyncio.run(go())
    assert len(list(store.rows(RUN))) == 1
    assert len(list(store.rows("other"))) == 2
    write(store, fresh, *sealed(fresh, RunResumed(engine="1")))
    assert verify(RUN, store.rows(RUN), fresh.key) == []


async def _append(store, lease, row):
    store.append(row)
    await store.durable(lease)


def test_a_failed_lease_stays_failed(store):
    lease = store.create_run(RUN, "a", "m", 1)
    one, two, three = sealed(lease, *steps(3))
    with pytest.raises(StorageFailed, match="event 2 cannot follow event 0"):
        write(store, lease, two)
    for row in (one, three):
        with pytest.raises(StorageFailed):
            write(store, lease, row)
    with pytest.raises(StorageFailed):
        write(store, lease)
    assert list(store.rows(RUN)) == []


def test_the_list_of_runs_follows_the_events(store):
    lease = store.create_run(RUN, "calm-otter-1", "Sales", 7, "parent-id")
    write(store, lease, *sealed(lease, STARTED))
    [record] = store.runs()
    assert (record.run_id, record.alias, record.mission) == (RUN, "calm-otter-1", "Sales")
    assert (record.status, record.started_at, record.ended_at) == (Status.RUNNING, 7, None)
    assert (record.parent, record.driven) == ("parent-id", True)
    lease.release()
    assert [record.driven for record in store.runs()] == [False]
    again = store.take_lease(RUN)
    write(store, again, *sealed(again, RunResumed(engine="1"), ENDED))
    [record] = store.runs()
    assert (record.status, record.ended_at, record.driven) == (Status.COMPLETED, 1_001, False)


def test_runs_are_listed_the_newest_first(store):
    for name in ("one", "two", "three"):
        finished(store, name)
    assert [record.run_id for record in store.runs()] == ["three", "two", "one"]


def test_runs_are_found_by_their_names(store):
    finished(store, "01aa", "calm-otter-1", Status.FAILED)
    finished(store, "01ab", "calm-otter-1")
    assert store.find("01aa") == "01aa"
    assert store.find("calm-otter-1") == "01ab"
    assert store.find("@last") == "01ab"
    assert store.find("@failed") == "01aa"
    with pytest.raises(InvalidUse):
        store.find("02")


def test_an_unknown_run_is_named(store):
    for call in (store.key, store.take_lease, lambda run_id: list(store.rows(run_id))):
        with pytest.raises(InvalidUse, match="there is no run 'nobody'"):
            call("nobody")


def test_a_request_is_answered_once(store):
    lease = store.create_run(RUN, "a", "m", 1)
    first = store.ask(RUN, "cancel", {})
    second = store.ask(RUN, "decide", {"path": "a", "decision": "done"})
    assert first < second
    assert [(r.id, r.kind, r.body) for r in store.requests(RUN)] == [
        (first, "cancel", {}),
        (second, "decide", {"path": "a", "decision": "done"}),
    ]
    one, two, three = sealed(lease, STARTED, CancelRequested(request=first), CancelRequested(request=first))
    write(store, lease, one)
    write(store, lease, two, request=first)
    assert [r.id for r in store.requests(RUN)] == [second]
    with pytest.raises(StorageFailed, match=f"request {first} was answered before"):
        write(store, lease, three, request=first)
    assert [read(row) for row in store.rows(RUN)] == [STARTED, CancelRequested(request=first)]


def test_two_rows_of_one_moment_cannot_answer_the_same_request(store):
    lease = store.create_run(RUN, "a", "m", 1)
    request = store.ask(RUN, "cancel", {})
    with pytest.raises(StorageFailed, match="answered before"):
        write(store, lease, *sealed(lease, STARTED, CancelRequested(request=request)), request=request)


def test_the_request_of_another_run_cannot_be_answered(store):
    lease = store.create_run(RUN, "a", "m", 1)
    store.create_run("other", "a", "m", 1)
    request = store.ask("other", "cancel", {})
    with pytest.raises(StorageFailed, match="answered before"):
        write(store, lease, *sealed(lease, STARTED), request=request)


def test_a_request_whose_answer_was_lost_is_open_again_for_the_next_lease(store):
    lease = store.create_run(RUN, "a", "m", 1)
    request = store.ask(RUN, "cancel", {})
    _, late = sealed(lease, *steps(2))
    with pytest.raises(StorageFailed):
        write(store, lease, late, request=request)
    lease.release()
    store.take_lease(RUN)
    assert [r.id for r in store.requests(RUN)] == [request]


def test_a_gap_among_rows_of_one_moment_is_refused(store):
    lease = store.create_run(RUN, "a", "m", 1)
    one, _, three = sealed(lease, *steps(3))
    with pytest.raises(StorageFailed, match="event 3 cannot follow event 1"):
        write(store, lease, one, three)


def test_a_request_in_the_buffer_is_no_longer_open(store):
    lease = store.create_run(RUN, "a", "m", 1)
    request = store.ask(RUN, "cancel", {})
    store.append(sealed(lease, STARTED)[0], request=request)
    assert store.requests(RUN) == []


def test_a_request_to_one_run_is_not_seen_by_another(store):
    store.create_run("one", "a", "m", 1)
    store.create_run("two", "a", "m", 1)
    store.ask("one", "cancel", {})
    assert store.requests("two") == []
    with pytest.raises(InvalidUse):
        store.ask("nobody", "cancel", {})


def test_a_blob_comes_back_by_its_digest(store):
    store.create_run("one", "a", "m", 1)
    store.create_run("two", "a", "m", 1)
    digest = store.put_blob("one", b"bytes")
    assert store.put_blob("one", b"bytes") == digest
    assert store.put_blob("two", b"bytes") != digest
    assert store.get_blob("one", digest) == b"bytes"
    for name in (digest[:-1] + ("0" if digest[-1] != "0" else "1"), "../../rustchain.db"):
        with pytest.raises(StorageFailed, match="has no blob"):
            store.get_blob("one", name)


def test_each_attempt_has_a_log_of_its_own(store):
    places = {store.log_path(RUN, path, n) for path in ("a", "a[1]", "a@2/b", "poll~3") for n in (1, 2)}
    assert len(places) == 8
    assert store.log_path(RUN, "a", 1) == store.log_path(RUN, "a", 1)
    with pytest.raises(InvalidUse):
        store.log_path(RUN, "../../etc", 1)


def test_nothing_is_taken_once_the_store_is_closed(tmp_path):
    store = SqliteStore.open(tmp_path / "home")
    lease = store.create_run(RUN, "a", "m", 1)
    store.close()
    with pytest.raises(StorageFailed, match="closed"):
        store.append(chain_of(lease).seal(StepSkipped(path="a"), 1))
