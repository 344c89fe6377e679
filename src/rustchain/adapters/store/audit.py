"""What the audit needs to know of a state folder: is everything there as it was written?"""

from collections.abc import Iterator

from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.logic import chain
from rustchain.model.errors import StorageFailed


def verify_store(store: SqliteStore) -> dict[str, list[str]]:
    """
    What is wrong, by run, and under "" what concerns the journal as a whole; empty lists where nothing is.

    Finds what was changed, added, moved or removed in a run, runs removed as a whole, and damaged blobs; neither an
    end cut off nor what was erased or pruned on purpose.
    """
    findings = {"": store.damage()}
    for run_id in store.run_ids():
        findings[run_id] = list(_verify_run(store, run_id))
    return findings


def _verify_run(store: SqliteStore, run_id: str) -> Iterator[str]:
    key = _key(store, run_id)
    try:
        yield from chain.verify(run_id, store.rows(run_id), key)
    except StorageFailed as error:
        yield error.message
    for name in store.blob_names(run_id) if key else ():
        try:
            store.get_blob(run_id, name)
        except StorageFailed as error:
            yield error.message


def _key(store: SqliteStore, run_id: str) -> bytes | None:
    """The key of a run, where it is not erased."""
    try:
        return store.key(run_id)
    except StorageFailed:
        return None
