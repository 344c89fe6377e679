"""How often a chain of 200 steps with effects waits for the disk."""

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.graphs import chain, mission
from benchmarks.processes import PROGRAM, whole

LENGTH = 200
POINT = "journal.after-commit"
LOG = "/dev/stdout"


def measure() -> Iterator[Figure]:
    """Transactions of the journal are counted, each of which is synced once."""
    text = mission(chain(LENGTH), "step_type: command", "parameters: {command: /bin/true}")
    env = {"RUSTCHAIN_FAULT_LOG": LOG}
    passed = whole(PROGRAM, "run", "chain.yaml", "--quiet", files={"chain.yaml": text}, env=env).output
    commits = sum(line.startswith(POINT) for line in passed.splitlines())
    yield Figure(
        name="syncs a step", value=commits / LENGTH, unit="", goal=1.2, ratio=commits / LENGTH, against="one a step"
    )  # fmt: skip
