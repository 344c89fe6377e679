"""What is wrong with a document: the first errors in full, all of them counted."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Struct

from rustchain.stepkit import doc

MAX_KEPT = 100
MAX_MESSAGE = 300


class Finding(Struct, frozen=True):
    """One thing wrong, and where."""

    path: Annotated[str, doc("Where: a JSON pointer (RFC 6901), a line of CSV, an XPath; empty: everywhere.")]
    message: Annotated[str, doc("What is wrong there.")]


class Findings:
    """A growing list of which only the first 100 are kept."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.kept: list[Finding] = []
        self.count = 0
        for finding in findings:
            self.add(finding.path, finding.message)

    def add(self, path: str, message: str) -> None:
        """Count one, and keep it while there are few; a long message is cut."""
        self.count += 1
        if self.count <= MAX_KEPT:
            self.kept.append(Finding(path, message[:MAX_MESSAGE]))

    def at_line(self, line: int, message: str) -> None:
        """Add one about a line of CSV."""
        self.add(f"line {line}", message)

    def detail(self) -> list[dict[str, str]]:
        """Those kept, as plain data."""
        return [{"path": f.path, "message": f.message} for f in self.kept]

    def __str__(self) -> str:
        path, message = self.kept[0].path, self.kept[0].message
        first = f"{path}: {message}" if path else message
        return first if self.count == 1 else f"{self.count} errors, the first: {first}"
