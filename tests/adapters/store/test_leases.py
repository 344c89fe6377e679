"""The lock of a run: one holder, in one process as between processes, and gone with it."""

import os

from rustchain.adapters.store.leases import is_locked, take_lock


def test_a_lock_has_one_holder_even_within_a_process(tmp_path):
    lock = take_lock(tmp_path / "run")
    assert is_locked(tmp_path / "run")
    assert take_lock(tmp_path / "run") is None
    os.close(lock)
    assert not is_locked(tmp_path / "run")
    os.close(take_lock(tmp_path / "run"))


def test_a_lock_that_was_never_taken_is_free(tmp_path):
    assert not is_locked(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
