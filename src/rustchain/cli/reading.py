"""The journal, opened for reading."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rustchain.app.wiring import open_store
from rustchain.ports import Store


@contextmanager
def store() -> Iterator[Store]:
    """The user's journal, closed at the block's end."""
    journal = open_store(os.environ)
    try:
        yield journal
    finally:
        journal.close()
