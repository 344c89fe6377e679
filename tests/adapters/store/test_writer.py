"""The writer's thread: what it gathers, and whom it tells what."""

import asyncio
import threading

import pytest

from rustchain.adapters.store.writer import EVERYBODY, MANY, Writer
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Row

HOLDER = (1, 1)


def row(seq: int, stream: int = 1) -> Row:
    return Row(stream, seq, 1, 1, 1, 0, b"", b"")


def test_those_who_come_during_a_commit_share_the_next():
    batches = []
    free, began = threading.Event(), threading.Event()

    def commit(entries):
        batches.append([row.seq for row, _ in entries])
        began.set()
        free.wait(10)
        return {}

    async def go():
        writer.append(row(1), 0)
        first = writer.durable(HOLDER)
        await asyncio.to_thread(began.wait, 10)
        rest = []
        for seq in (2, 3, 4):
            writer.append(row(seq), 0)
            rest.append(writer.durable(HOLDER))
        free.set()
        await asyncio.gather(first, *rest)

    writer = Writer(commit)
    asyncio.run(go())
    writer.close()
    assert batches == [[1], [2, 3, 4]]


def test_many_rows_are_written_though_nobody_waits():
    written = threading.Event()
    writer = Writer(lambda entries: written.set() or {})
    for seq in range(MANY):
        writer.append(row(seq), 0)
    assert written.wait(10)
    writer.close()


def test_rows_that_belong_together_are_in_one_commit():
    batches = []
    writer = Writer(lambda entries: batches.append(len(entries)) or {})
    writer.append_all([row(seq) for seq in range(10 * MANY)])
    writer.close()
    assert batches == [10 * MANY]


def test_only_those_whose_rows_were_refused_are_told_so():
    async def go():
        writer.append(row(1), 0)
        writer.append(row(1, stream=2), 0)
        waits = [writer.durable(holder) for holder in (HOLDER, (2, 1), EVERYBODY)]
        return await asyncio.gather(*waits, return_exceptions=True)

    writer = Writer(lambda entries: {(2, 1): StorageFailed("stale", help="watch")})
    mine, theirs, all = asyncio.run(go())
    assert mine is None
    assert (theirs.message, theirs.help, all.message) == ("stale", "watch", "stale")
    with pytest.raises(StorageFailed, match="stale"):
        writer.append(row(2, stream=2), 0)
    writer.append(row(2), 0)
    writer.close()


def test_a_bug_in_writing_is_told_to_those_who_wait():
    def commit(entries):
        raise ZeroDivisionError("a bug")

    async def go():
        writer.append(row(1), 0)
        await asyncio.wait_for(writer.durable(HOLDER), 10)

    writer = Writer(commit)
    with pytest.raises(StorageFailed, match=r"the journal's writer failed: ZeroDivisionError\('a bug'\)"):
        asyncio.run(go())
    writer.close()


def test_who_stopped_waiting_disturbs_nobody():
    free = threading.Event()

    def commit(entries):
        free.wait(10)
        return {}

    async def give_up():
        writer.append(row(1), 0)
        writer.durable(HOLDER)
        writer.durable(HOLDER).cancel()

    async def go_on():
        await asyncio.wait_for(writer.durable(HOLDER), 10)

    writer = Writer(commit)
    asyncio.run(give_up())
    free.set()
    asyncio.run(go_on())
    writer.close()


def test_a_writer_that_never_wrote_can_be_closed():
    writer = Writer(lambda entries: {})
    writer.close()
    with pytest.raises(StorageFailed, match="closed"):
        writer.append(row(1), 0)
