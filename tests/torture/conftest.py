"""What the tests of this folder count, summed up at the end over all of them, in whatever process they ran."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.program import Shell
from harness.torture import Tally

MARK = "tally: "


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Add to the counts by their names: `tally(kills=1)`."""
    counts: Counter[str] = Counter()
    yield counts.update
    for name, count in counts.items():
        record_property(MARK + name, count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the sums."""
    sums: Counter[str] = Counter()
    for report in (report for found in terminalreporter.stats.values() for report in found):
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            counts = {name: count for name, count in report.user_properties if name.startswith(MARK)}
            sums.update(counts)
    if sums:
        told = (f"{count} {name.removeprefix(MARK)}" for name, count in sorted(sums.items()))
        terminalreporter.write_line("torture: " + ", ".join(told))
