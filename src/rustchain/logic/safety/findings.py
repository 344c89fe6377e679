"""What is risky about a mission, as values."""

from enum import StrEnum
from typing import NamedTuple

from rustchain.model.problems import DocumentPath


class Severity(StrEnum):
    """How bad it would be; also the level of a whole mission."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 for LOW to 3 for CRITICAL."""
        return list(Severity).index(self)


WEIGHT = {Severity.LOW: 0.04, Severity.MEDIUM: 0.15, Severity.HIGH: 0.5, Severity.CRITICAL: 0.9}
"""How likely a finding alone means harm."""


class Rule(NamedTuple):
    """A rule of the catalogue: what it looks for, and what helps."""

    id: str
    severity: Severity
    title: str
    fix: str


class Finding(NamedTuple):
    """A rule that found something. `step` is the step's id, in a child mission `parent/child`; "" for the mission."""

    rule: str
    severity: Severity
    step: str
    path: DocumentPath
    message: str
    fix: str


class Remark(NamedTuple):
    """A finding before its step is known; `path` starts at the step's parameters."""

    rule: Rule
    detail: str
    path: DocumentPath = ()
