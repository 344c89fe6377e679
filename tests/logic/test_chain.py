"""Laws of the chain: what is sealed verifies and reads back; any single change but a cut at the end is found."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.chain import START, Chain, read, verify
from rustchain.model.errors import StorageFailed
from rustchain.model.events import (
    CancelRequested,
    Event,
    Row,
    RunEnded,
    RunStarted,
    Status,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)

RUN = "01jc2m8b3f4g5h6j7k8m9n0pqr"
KEY = b"k" * 32
STARTED = RunStarted(engine="1", mission="m", inputs="i", catalogue="c")

events = st.one_of(
    st.builds(StepStarted, path=st.text(max_size=8), attempt=st.integers(1, 9)),
    st.builds(StepSucceeded, path=st.text(max_size=8), ms=st.integers(0, 1 << 40)),
    st.builds(StepSkipped, path=st.text(max_size=8)),
    st.just(CancelRequested()),
)
entries = st.tuples(events, st.integers(0, 1 << 41), st.none() | st.binary(max_size=20))
histories = st.lists(entries, min_size=2, max_size=6)


def sealed(history: list[tuple[Event, int, bytes | None]]) -> list[Row]:
    chain = Chain(1, RUN, 1, KEY, 0, START)
    return [chain.seal(*entry) for entry in history]


@given(histories)
def test_what_is_sealed_verifies_and_reads_back(history):
    rows = sealed(history)
    assert verify(RUN, rows, KEY) == []
    assert [read(row) for row in rows] == [event for event, _, _ in history]
    assert [(row.seq, row.at, row.payload) for row in rows] == [
        (n, at, payload) for n, (_, at, payload) in enumerate(history, 1)
    ]


@given(histories, st.data())
def test_any_single_edit_is_found(history, data):
    rows = sealed(history)
    index = data.draw(st.integers(0, len(rows) - 1), "row")
    row = rows[index]
    field = data.draw(st.sampled_from(["seq", "epoch", "v", "kind", "at", "header", "hash", "payload"]))
    values = (
        st.binary(max_size=40)
        if field in {"header", "hash", "payload"}
        else st.integers(-(1 << 63), (1 << 64) - 1)
    )
    rows[index] = row._replace(
        **{field: data.draw(values.filter(lambda value: value != getattr(row, field)))}
    )
    assert verify(RUN, rows, KEY) != []


@given(histories, st.data())
def test_any_row_removed_before_the_last_is_found(history, data):
    rows = sealed(history)
    del rows[data.draw(st.integers(0, len(rows) - 2))]
    assert verify(RUN, rows, KEY) != []


@given(histories, st.data())
def test_any_two_rows_swapped_are_found(history, data):
    rows = sealed(history)
    first, second = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True))
    rows[first], rows[second] = rows[second], rows[first]
    assert verify(RUN, rows, KEY) != []


@given(histories, entries, st.data())
def test_any_row_inserted_is_found(history, entry, data):
    rows = sealed(history)
    index = data.draw(st.integers(0, len(rows) - 1))
    before = rows[index - 1] if index else None
    forged = Chain(1, RUN, 1, KEY, before.seq if before else 0, before.hash if before else START)
    rows.insert(index, forged.seal(*entry))
    assert verify(RUN, rows, KEY) != []


def test_a_row_whose_hash_was_redone_breaks_the_next():
    rows = sealed([(STARTED, 1, None), (StepSkipped(path="a"), 2, None), (StepSkipped(path="b"), 3, None)])
    rows[1] = Chain(1, RUN, 1, KEY, 1, rows[0].hash).seal(StepSkipped(path="x"), 2)
    assert verify(RUN, rows, KEY) == ["event 3: its hash does not match its content and its predecessor"]


def test_a_cut_at_the_end_cannot_be_seen():
    rows = sealed([(STARTED, 1, None), (RunEnded(status=Status.FAILED), 2, None)])
    assert verify(RUN, rows[:1], KEY) == []
    assert verify(RUN, [], KEY) == []


def test_the_rows_of_another_run_do_not_verify():
    assert verify("another", sealed([(STARTED, 1, None)]), KEY) != []


def test_a_chain_goes_on_where_another_stopped():
    first = Chain(1, RUN, 1, KEY, 0, START)
    one = first.seal(STARTED, 1, b"payload")
    two = Chain(1, RUN, 2, KEY, first.seq, first.hash).seal(RunEnded(status=Status.COMPLETED), 2)
    assert verify(RUN, [one, two], KEY) == []


def test_an_older_epoch_after_a_newer_is_found():
    chain = Chain(1, RUN, 2, KEY, 0, START)
    one = chain.seal(STARTED, 1)
    stale = Chain(1, RUN, 1, KEY, chain.seq, chain.hash).seal(CancelRequested(), 2)
    assert verify(RUN, [one, stale], KEY) == ["event 2 has epoch 1, its predecessor 2"]


def test_a_missing_row_is_named():
    rows = sealed([(STARTED, n, None) for n in range(3)])
    assert verify(RUN, [rows[0], rows[2]], KEY)[0] == "event 2 is missing: event 3 follows event 1"


def test_an_erased_payload_is_no_finding():
    rows = sealed([(STARTED, 1, b"secret"), (CancelRequested(), 2, b"who")])
    assert verify(RUN, [row._replace(payload=None) for row in rows], KEY) == []


def test_payloads_are_not_compared_once_the_key_is_erased():
    rows = sealed([(STARTED, 1, b"secret")])
    assert verify(RUN, [rows[0]._replace(payload=b"other")], None) == []
    assert verify(RUN, [rows[0]._replace(payload=b"other")], KEY) == [
        "event 1: its payload does not match the commitment in its header"
    ]


def test_a_payload_without_a_commitment_is_found():
    rows = sealed([(STARTED, 1, None)])
    assert verify(RUN, [rows[0]._replace(payload=b"new")], None) == [
        "event 1 has a payload that its header does not know of"
    ]


def test_a_header_is_json_with_the_commitment_last():
    row = sealed([(StepSucceeded(path="a", ms=3), 1, b"out")])[0]
    salt = hashlib.sha256(KEY + (1).to_bytes(8, "big")).digest()
    commit = hashlib.sha256(salt + b"out").hexdigest()
    assert row.header == b'{"path":"a","ms":3,"commit":"%b"}' % commit.encode()
    empty = sealed([(CancelRequested(), 1, b"out")])[0]
    assert json.loads(empty.header) == {"commit": commit}


def test_the_hash_is_an_rfc_6962_leaf_over_the_documented_bytes():
    row = sealed([(StepSkipped(path="a"), 7, None)])[0]
    leaf = (
        (26).to_bytes(2, "big") + RUN.encode() + (1).to_bytes(8, "big") + (1).to_bytes(4, "big")
        + (1).to_bytes(2, "big") + (10).to_bytes(2, "big") + (7).to_bytes(8, "big") + bytes(32) + b'{"path":"a"}'
    )  # fmt: skip
    assert row.hash == hashlib.sha256(b"\0" + leaf).digest()


@pytest.mark.parametrize("change", [{"kind": 99}, {"v": 2}])
def test_an_unknown_kind_or_version_is_refused_and_reported_by_name(change):
    row = sealed([(STARTED, 1, None)])[0]._replace(**change)
    name = f"kind {row.kind}, version {row.v}"
    with pytest.raises(StorageFailed, match=name):
        read(row)
    assert any(name in finding for finding in verify(RUN, [row], KEY))


@pytest.mark.parametrize(
    "header", [b"", b"\xff", b'{"path":"\xff"}', b'{"path":1}', b'{"path":"a","x":' + b"[" * 100_000]
)
def test_a_damaged_header_is_refused(header):
    row = sealed([(StepSkipped(path="a"), 1, None)])[0]._replace(header=header)
    with pytest.raises(StorageFailed, match="event 1 is damaged"):
        read(row)


def test_a_commitment_that_is_no_text_is_reported():
    row = sealed([(StepSkipped(path="a"), 1, None)])[0]._replace(header=b'{"path":"a","commit":1}')
    assert any("event 1 is damaged" in finding for finding in verify(RUN, [row], KEY))
