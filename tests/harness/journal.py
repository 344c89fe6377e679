"""Writing to a Store as the engine does."""

import asyncio

from rustchain.logic.chain import Chain
from rustchain.model.events import Event, Row, RunEnded, RunStarted, Status, StepSkipped
from rustchain.ports import Lease, Store

STARTED = RunStarted(engine="1", mission="m", inputs="i", catalogue="c")
ENDED = RunEnded(status=Status.COMPLETED)
RUN = "01jc2m8b3f4g5h6j7k8m9n0pqr"


def chain_of(lease: Lease) -> Chain:
    """The chain that goes on where a lease's run stopped."""
    return Chain(lease.stream, lease.run_id, lease.epoch, lease.key, lease.seq, lease.hash)


def sealed(lease: Lease, *events: Event) -> list[Row]:
    """The next rows of a run."""
    chain = chain_of(lease)
    return [chain.seal(event, 1_000 + n, b"payload %d" % n) for n, event in enumerate(events)]


def steps(count: int) -> list[Event]:
    """The beginning of a run, and small events after it."""
    return [STARTED, *(StepSkipped(path=f"s{n}") for n in range(count - 1))]


def write(store: Store, lease: Lease, *rows: Row, request: int = 0) -> None:
    """Append rows and wait until they are durable."""

    async def go() -> None:
        for row in rows:
            store.append(row, request=request)
        await store.durable(lease)

    asyncio.run(go())


def finished(
    store: Store, run_id: str, alias: str = "calm-otter-1", status: Status = Status.COMPLETED
) -> None:
    """A run that began and ended."""
    lease = store.create_run(run_id, alias, "mission", 1)
    write(store, lease, *sealed(lease, STARTED, RunEnded(status=status)))
    lease.release()
