"""Blobs: there in full or not at all, and known by their content."""

import pytest

from rustchain.adapters.faults import Faults, no_fault
from rustchain.adapters.store.blobs import Blobs, digest
from rustchain.model.errors import StorageFailed

KEY = b"k" * 32


@pytest.mark.parametrize("point", ["blob.before-write", "blob.before-rename"])
def test_a_blob_that_could_not_be_written_leaves_nothing(tmp_path, point):
    blobs = Blobs(tmp_path, Faults.from_env({"RUSTCHAIN_FAULT": f"{point}:1:enospc"}))
    with pytest.raises(StorageFailed, match="the disk is full"):
        blobs.put("run", KEY, b"bytes")
    assert list((tmp_path / "run").iterdir()) == []
    assert blobs.put("run", KEY, b"bytes") == digest(KEY, b"bytes")


def test_each_write_passes_its_points(tmp_path):
    passes = []
    Blobs(tmp_path, passes.append).put("run", KEY, b"")
    assert passes == ["blob.before-write", "blob.before-rename", "blob.after-rename"]


def test_a_blob_is_for_its_owner_alone(tmp_path):
    name = Blobs(tmp_path, no_fault).put("run", KEY, b"bytes")
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "run" / name).stat().st_mode & 0o777 == 0o600


def test_a_damaged_blob_is_refused_where_the_key_is_known(tmp_path):
    blobs = Blobs(tmp_path, no_fault)
    name = blobs.put("run", KEY, b"bytes")
    (tmp_path / "run" / name).write_bytes(b"other")
    with pytest.raises(StorageFailed, match="is damaged"):
        blobs.get("run", KEY, name)
    assert blobs.get("run", None, name) == b"other"


def test_damaged_blobs_are_told_from_sound_ones_and_from_half_written_ones(tmp_path):
    blobs = Blobs(tmp_path, no_fault)
    name, _ = blobs.put("run", KEY, b"a"), blobs.put("run", KEY, b"b")
    (tmp_path / "run" / ".half").write_bytes(b"")
    assert blobs.damage("run", KEY) == blobs.damage("nobody", KEY) == []
    (tmp_path / "run" / name).write_bytes(b"other")
    assert blobs.damage("run", KEY) == [f"blob {name} is damaged"]
