"""What the audit needs to know of a state folder: is everything there as it was written?"""

from collections.abc import Callable

from rustchain.adapters.store.sqlite import SqliteStore
from rustchain.logic import chain
from rustchain.model.errors import StorageFailed


def verify_store(store: SqliteStore) -> dict[str, list[str]]:
    """
    What is wrong, by run, and under "" what concerns the journal as a whole; empty lists where nothing is.

    Finds what was changed, added, moved or removed in a run, runs removed as a whole, and damaged blobs; neither an
    end cut off nor what was erased or pruned on purpose.
    """
    findings = {"": _told(store.damage)}
    for run_id in store.run_ids():
        findings[run_id] = _verify_run(store, run_id)
    return findings


def _verify_run(store: SqliteStore, run_id: str) -> list[str]:
    try:
        key = store.key(run_id)
    except StorageFailed:  # it was erased: neither payloads nor blobs can be compared with anything
        return _told(lambda: chain.verify(run_id, store.rows(run_id), None))
    findings = _told(lambda: chain.verify(run_id, store.rows(run_id), key))
    return findings + _told(lambda: store.blob_damage(run_id))


def _told(look: Callable[[], list[str]]) -> list[str]:
    """What a look finds, or why it came to nothing."""
    try:
        return look()
    except StorageFailed as error:
        return [error.message]
