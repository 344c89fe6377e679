"""
The chain of a run's events: sealing, reading and verifying rows.

A row's hash is SHA-256 over 0x00 and its leaf data, so it is also a leaf hash of an RFC 6962 tree. Leaf data:
length (2 bytes) and UTF-8 of the stream's name, seq (8), epoch (4), v (2), kind (2), at (8), the predecessor's hash (32),
header; integers are unsigned, big-endian.
"""

import struct
from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec

from rustchain.model.errors import StorageFailed
from rustchain.model.events import BY_KIND, VERSION, Event, Row

START = bytes(32)
"""What the first event of a stream has as its predecessor's hash."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_DECODERS = {kind: msgspec.json.Decoder(event) for kind, event in BY_KIND.items()}


class _Commitment(msgspec.Struct):
    """The member of a header that speaks of its payload."""

    commit: str = ""


_read_commitment = msgspec.json.Decoder(_Commitment).decode


class Chain:
    """
    Seals the events of one stream, in order: each gets the next number and a hash over its predecessor's.

    `seq` and `hash` are those of the last event, `key` is the run's secret.
    """

    __slots__ = ("_epoch", "_key", "_pack", "_prefix", "_stream", "hash", "seq")

    def __init__(self, stream: int, run_id: str, epoch: int, key: bytes, seq: int, hash: bytes) -> None:
        self.seq = seq
        self.hash = hash
        self._stream = stream
        self._epoch = epoch
        self._key = key
        self._prefix, self._pack = _leaf(run_id)

    def seal(self, event: Event, at: int, payload: bytes | None = None) -> Row:
        """The next row; `at` is milliseconds since 1970. Its header commits to the payload, where there is one."""
        self.seq = seq = self.seq + 1
        header = _encode(event)
        if payload is not None:
            commit = f'"commit":"{_commitment(self._key, seq, payload)}"}}'.encode()
            header = header[:-1] + (b"," if len(header) > 2 else b"") + commit
        kind = event.KIND
        leaf = self._pack(self._prefix, seq, self._epoch, VERSION, kind, at, self.hash) + header
        self.hash = digest = sha256(leaf).digest()
        return Row(self._stream, seq, self._epoch, VERSION, kind, at, header, digest, payload)


def read(row: Row) -> Event:
    """The event of a row; StorageFailed where its kind or version is unknown, or its header is damaged."""
    decoder = _DECODERS.get(row.kind)
    if decoder is None or row.v != VERSION:
        raise StorageFailed(
            f"event {row.seq} has kind {row.kind}, version {row.v}, which this version does not know",
            help="It was written by another version of RustChain: use that one or a newer one.",
        )
    try:
        return decoder.decode(row.header)
    except (ValueError, RecursionError) as error:
        raise StorageFailed(f"event {row.seq} is damaged: {error}") from error


def verify(run_id: str, rows: Iterable[Row], key: bytes | None) -> list[str]:
    """
    What is wrong with the rows of a stream, from its first on; empty where nothing is.

    Finds each row that was changed, removed, added or moved, save one thing that no chain can show: rows missing at the
    end. An erased payload is fine; payloads are compared with their commitments only where the key is there.
    """
    findings = []
    prefix, pack = _leaf(run_id)
    seq, epoch, hash = 0, 0, START
    for row in rows:
        if row.seq != seq + 1:
            findings.append(f"event {seq + 1} is missing: event {row.seq} follows event {seq}")
        if row.epoch < epoch:
            findings.append(f"event {row.seq} has epoch {row.epoch}, its predecessor {epoch}")
        expected = _hash(prefix, pack, row, hash)
        if expected != row.hash:
            findings.append(f"event {row.seq}: its hash does not match its content and its predecessor")
        if expected is not None:
            findings += _problems(row, key)
        seq, epoch, hash = row.seq, row.epoch, row.hash
    return findings


def _hash(prefix: bytes, pack: Callable[..., bytes], row: Row, predecessor: bytes) -> bytes | None:
    """The hash that a row should have; None where its numbers do not even fit."""
    try:
        leaf = pack(prefix, row.seq, row.epoch, row.v, row.kind, row.at, predecessor)
    except struct.error:
        return None
    return sha256(leaf + row.header).digest()


def _problems(row: Row, key: bytes | None) -> list[str]:
    """What is wrong with a row taken for itself."""
    try:
        read(row)
        promised = _read_commitment(row.header).commit
    except StorageFailed as error:
        return [error.message]
    except ValueError as error:
        return [f"event {row.seq} is damaged: {error}"]
    if row.payload is None:
        return []
    if not promised:
        return [f"event {row.seq} has a payload that its header does not know of"]
    if key is not None and _commitment(key, row.seq, row.payload) != promised:
        return [f"event {row.seq}: its payload does not match the commitment in its header"]
    return []


def _leaf(name: str) -> tuple[bytes, Callable[..., bytes]]:
    """The fixed beginning of a stream's leaves, and what packs all that comes before the header."""
    stream = name.encode()
    prefix = b"\0" + len(stream).to_bytes(2, "big") + stream
    return prefix, struct.Struct(f">{len(prefix)}sQIHHQ32s").pack


def _commitment(key: bytes, seq: int, payload: bytes) -> str:
    """A salted hash; the salt can be shown to prove one payload, without showing the key."""
    return sha256(sha256(key + seq.to_bytes(8, "big")).digest() + payload).hexdigest()
