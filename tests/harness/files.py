"""Short words for tests of the guarded file system."""

from collections.abc import Callable

import pytest

from rustchain.adapters.files import LocalFiles
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

Build = Callable[..., LocalFiles]
"""Builds the files of a workspace; `check`, `allowed` and `trash` may be given."""


def write(files: LocalFiles, path: str, data: bytes = b"new", **options: object) -> None:
    with files.create(path, **options) as file:  # type: ignore[arg-type]
        file.write(data)


def kind_of(call: Callable[[], object]) -> Failure:
    with pytest.raises(StepFailed) as caught:
        call()
    return caught.value.kind
