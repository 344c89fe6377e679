"""What is found of a machine."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rustchain.app.doctor import Finding, examine
from rustchain.catalogue import Catalogue
from rustchain.stepkit import Requirement

LACKING = Requirement(program="no-such-program-here", install="apt install it")
UNPACKED = Requirement(package="no_such_package_here", extra="most")


@pytest.mark.parametrize(
    ("need", "found"),
    [
        (LACKING, Finding("missing", "program no-such-program-here", "for noop", "apt install it")),
        (
            UNPACKED,
            Finding("missing", "package no_such_package_here", "for noop", "pip install 'rustchain[most]'"),
        ),
        (Requirement(program="sh"), Finding("ok", "program sh", "for noop")),
        (Requirement(package="msgspec", extra="x"), Finding("ok", "package msgspec", "for noop")),
    ],
)
def test_what_step_types_need_is_looked_for(tmp_path: Path, need: Requirement, found: Finding) -> None:
    types = {"noop": replace(Catalogue()["noop"], needs=(need,))}
    assert found in examine({**os.environ, "RUSTCHAIN_HOME": str(tmp_path)}, types)
