"""Several processes want to go on with one run: one does, the others say who; a holder that stands still is still one."""

import random
import re
import signal
from pathlib import Path

import pytest

from harness import small, warm
from harness.program import Done
from harness.torture import Journal, Tally, read
from rustchain.model.failures import STORAGE

ROUNDS = [*range(4), *(pytest.param(n, marks=pytest.mark.torture) for n in range(4, 50))]
STEPS = 6
DRIVEN = re.compile(r"error: run (\w{26}) is driven by process (\d+) on ")


@pytest.mark.parametrize("number", ROUNDS)
def test_of_those_who_resume_at_once_one_wins(number: int, tmp_path: Path, tally: Tally) -> None:
    chance = random.Random(number)
    small.write(tmp_path, small.chain(STEPS, nap=chance.choice([0, 0.01, 0.05])))
    last = chance.randint(1, STEPS)
    fault = f"step.after-effect:{last}:kill9"
    assert warm.call(tmp_path, "run", "m.json", RUSTCHAIN_FAULT=fault).code == -signal.SIGKILL
    crowd = [
        warm.start(tmp_path, "resume", "@last", warm=number % 10 != 0) for _ in range(chance.randint(2, 8))
    ]
    ended = [call.wait() for call in crowd]
    journal = read(tmp_path)
    assert journal.resumes == 1
    assert {row.epoch for row in journal.rows} <= {1, 2}
    assert sum("going on" in done.err for done in ended) == 1
    late = sum(came_late(done, journal, {call.pid for call in crowd}) for done in ended)
    assert small.begun(tmp_path) == {f"s{n}": 1 + (n == last - 1) for n in range(STEPS)}
    tally(rounds=1, resumers=len(crowd), refused=len(crowd) - 1 - late, late=late)


def came_late(done: Done, journal: Journal, drivers: set[int]) -> bool:
    """Whether a resumer found the run ended. It did, or drove it itself, or was told who of the crowd does."""
    if done.code == 0:
        assert "Completed" in done.err
        return "going on" not in done.err
    assert done.code == STORAGE.code, done
    told = DRIVEN.search(done.err)
    assert told is not None, done.err
    assert told[1] == journal.run_id
    assert int(told[2]) in drivers
    return False


def test_a_holder_that_stands_still_is_not_robbed(tmp_path: Path) -> None:
    small.write(tmp_path, [small.command("s", small.HELD)])
    holder = warm.start(tmp_path, "run", "m.json")
    assert small.all_begun(tmp_path, 1)
    holder.send(signal.SIGSTOP)
    done = warm.call(tmp_path, "resume", "@last")
    assert done.code == STORAGE.code
    told = DRIVEN.search(done.err)
    assert told is not None
    assert int(told[2]) == holder.pid
    holder.send(signal.SIGCONT)
    assert read(tmp_path).resumes == 0
    holder.send(signal.SIGSTOP)
    holder.send(signal.SIGKILL)
    assert holder.wait().code == -signal.SIGKILL
    small.open_gate(tmp_path)
    assert warm.call(tmp_path, "resume", "@last").code == 0
    assert small.begun(tmp_path) == {"s": 2}
