"""Processes beside the steps: started, signalled, ended, also while they are being started."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from harness.processes import HOLD, PATH, alive, held, soon, with_shell
from rustchain.adapters.shell import LocalShell
from rustchain.engine.background import Background, Launch
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Confinement, Process, Service


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Path]:
    hold = held(tmp_path)
    yield hold
    for pid in alive(hold):
        os.kill(pid, signal.SIGKILL)


def process(script: str, hold: Path, grace: float = 5.0) -> Process:
    env = {"PATH": PATH, "HOLD": str(hold)}
    return Process(("sh", "-c", script), "/", env, max_output=0, grace=lambda: grace)


async def started(background: Background, shell: LocalShell, process: Process) -> tuple[Service, list[str]]:
    lines: list[str] = []
    launch = Launch(
        process,
        f"run:step{len(background.services)}",
        "step",
        "log",
        lines.append,
        lambda: lines.append("(end)"),
    )
    service = await background.start(shell, launch)
    return service, lines


def within(use: Callable[[Background, LocalShell], Awaitable[None]]) -> None:
    async def main(shell: LocalShell) -> None:
        background = Background()
        await use(background, shell)
        await background.end_all()

    with_shell(main)


def test_all_are_ended_with_what_they_started(hold: Path) -> None:
    async def use(background: Background, shell: LocalShell) -> None:
        service, lines = await started(background, shell, process(f"setsid -f {HOLD}; echo up; {HOLD}", hold))
        await started(background, shell, process(HOLD, hold))
        assert await soon(lambda: len(alive(hold)) == 3 and lines == ["up"])
        assert background.services[0] is service
        assert len(background.services) == 2
        await background.end_all()
        assert alive(hold) == []
        assert service.ended.cancelled()
        assert lines == ["up", "(end)"]

    within(use)


def test_one_ends_and_the_other_stays(hold: Path) -> None:
    async def use(background: Background, shell: LocalShell) -> None:
        one, _ = await started(background, shell, process(f"exec {HOLD}", hold))
        other, _ = await started(background, shell, process(f"exec {HOLD}", hold))
        assert await soon(lambda: len(alive(hold)) == 2)
        await background.end(shell, one, signal.SIGTERM, 10)
        assert one.ended.done()
        assert alive(hold) == [other.pid]

    within(use)


def test_what_cannot_start_is_no_service(hold: Path) -> None:
    async def use(background: Background, shell: LocalShell) -> None:
        gone = process("", hold)._replace(argv=("no-such-program",))
        with pytest.raises(StepFailed) as caught:
            await started(background, shell, gone)
        assert caught.value.kind is Failure.NOT_FOUND
        assert background.services == []

    within(use)


def test_a_start_that_is_cancelled_leaves_nothing(hold: Path) -> None:
    async def use(background: Background, shell: LocalShell) -> None:
        starting = asyncio.ensure_future(started(background, shell, process(HOLD, hold)))
        await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        await background.end_all()
        assert alive(hold) == []

    within(use)


def test_a_signal_to_what_has_ended_is_nothing(hold: Path) -> None:
    async def use(background: Background, shell: LocalShell) -> None:
        service, _ = await started(background, shell, process("exit 3", hold))
        assert (await service.ended).exit_code == 3
        shell.signal(service.pid, signal.SIGKILL)
        await background.end(shell, service, signal.SIGTERM, 10)

    within(use)


def test_a_detached_process_carries_no_mark_and_outlives_the_shell(hold: Path) -> None:
    pids = []

    async def use(shell: LocalShell) -> None:
        pids.append(shell.detach(process(f"exec {HOLD}", hold), Confinement()))
        assert await soon(lambda: alive(hold) == pids)

    with_shell(use)
    assert b"RUSTCHAIN" not in Path(f"/proc/{pids[0]}/environ").read_bytes()
    assert alive(hold) == pids
    os.kill(pids[0], signal.SIGKILL)
    os.waitpid(pids[0], 0)


def test_a_confinement_that_is_not_to_be_had_detaches_nothing(hold: Path) -> None:
    async def use(shell: LocalShell) -> None:
        with pytest.raises(StepFailed) as caught:
            shell.detach(process(HOLD, hold), Confinement("strong"))
        assert caught.value.kind is Failure.SANDBOX_UNAVAILABLE

    with_shell(use)
