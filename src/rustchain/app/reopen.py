"""A run from the journal: its plan and its state, for going on with it and for reading about it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rustchain.app.declarations import check_unchanged, declarations
from rustchain.app.loading import Given, Loaded, load
from rustchain.engine.pruning import only
from rustchain.engine.replay import Replayed, replay
from rustchain.model import events as ev
from rustchain.model.errors import InvalidMission, Refused, StorageFailed
from rustchain.model.events import Row
from rustchain.model.plan import Plan
from rustchain.ports import Store
from rustchain.stepkit import StepType

_origin = msgspec.json.Decoder(ev.Origin).decode


class Reopened(NamedTuple):
    """A run as its events tell it."""

    run_id: str
    origin: ev.Origin
    loaded: Loaded
    plan: Plan
    replayed: Replayed


def reopen(store: Store, catalogue: Mapping[str, StepType[Any]], run_id: str) -> Reopened:
    """
    Read a run back. StorageFailed where its journal is damaged; Refused where this version's step types do not fit
    the mission any more.
    """
    rows = list(store.rows(run_id))
    origin = read_origin(store, run_id, rows)
    given = Given(
        inputs=origin.inputs,
        variables=origin.variables,
        workdir=origin.workdir,
        texts={origin.source: origin.text, **origin.files},
    )
    try:
        loaded = load(origin.source, catalogue, given)
    except InvalidMission as error:
        raise Refused(
            f"run {run_id} cannot be read by this version: {error.message}",
            help="Its step types have changed: use the version that started it, or start the mission anew.",
        ) from error
    if extra := loaded.documents.keys() - given.texts.keys():
        raise StorageFailed(f"run {run_id} was started without {', '.join(extra)}, which its mission names")
    plan = only(loaded.plan, origin.only) if origin.only else loaded.plan
    check_unchanged(origin.types, declarations(plan, catalogue))
    return Reopened(run_id, origin, loaded, plan, replay(run_id, rows, plan))


def read_origin(store: Store, run_id: str, rows: list[Row]) -> ev.Origin:
    """What the run was started with."""
    if not rows or rows[0].kind != ev.RunStarted.KIND:
        raise StorageFailed(f"run {run_id} never began", help="Start the mission again.")
    if rows[0].payload is None:
        raise StorageFailed(f"what run {run_id} was started with has been erased")
    origin = _origin(rows[0].payload)
    if digest := origin.blobs.get("text"):
        origin = msgspec.structs.replace(origin, text=store.get_blob(run_id, digest).decode())
    return origin
