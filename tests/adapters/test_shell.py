"""Programs run, and what they produce, through the local shell."""

import asyncio
import os
from pathlib import Path

import pytest

from harness.processes import PATH, children, python, run, start, with_shell
from rustchain.adapters.shell import LocalShell
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Confinement, Process


def refused(*argv: str, **more: object) -> StepFailed:
    with pytest.raises(StepFailed) as failure:
        run(*argv, **more)
    return failure.value


def test_output_and_exit_code_come_back() -> None:
    ended = run("sh", "-c", "echo out; echo err >&2; exit 3")
    assert (ended.exit_code, ended.stdout, ended.stderr, ended.truncated) == (3, b"out\n", b"err\n", False)


def test_a_signal_is_a_negative_exit_code() -> None:
    assert run("sh", "-c", "kill -9 $$").exit_code == -9


def test_the_environment_is_what_was_given_and_the_marks() -> None:
    lines = run("env", env={"PATH": PATH, "A": "1"}, mark="r1:deploy").stdout.decode().splitlines()
    names = dict(line.split("=", 1) for line in lines)
    assert names.pop("RUSTCHAIN_ENGINE").startswith(f"{os.getpid()}-")
    assert names == {"PATH": PATH, "A": "1", "RUSTCHAIN_STEP": "r1:deploy"}


def test_it_runs_in_the_folder_given(tmp_path: Path) -> None:
    assert run("pwd", cwd=str(tmp_path)).stdout.decode().strip() == str(tmp_path)


def test_nothing_but_the_standard_streams_is_inherited() -> None:
    assert run("ls", "/proc/self/fd").stdout.split() == [b"0", b"1", b"2", b"3"]  # 3: the folder being listed


def test_without_input_it_reads_an_empty_one() -> None:
    assert run("cat").stdout == b""


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_input_is_fed_without_deadlock(size: int) -> None:
    data = os.urandom(size)
    assert run("cat", stdin=data, max_output=4_000_000).stdout == data


def test_a_program_may_leave_its_input_unread() -> None:
    assert run("true", stdin=b"x" * 1_000_000).exit_code == 0


def test_output_beyond_the_limit_is_dropped_but_handed_on() -> None:
    seen = {"stdout": 0, "stderr": 0}

    def count(stream: str, data: bytes) -> None:
        seen[stream] += len(data)

    ended = run(*python("print('x' * 500_000, end='')"), max_output=1000, on_output=count)
    assert (ended.stdout, ended.truncated, seen) == (b"x" * 1000, True, {"stdout": 500_000, "stderr": 0})


def test_output_of_exactly_the_limit_is_whole() -> None:
    ended = run("printf", "12345", max_output=5)
    assert (ended.stdout, ended.truncated) == (b"12345", False)


def test_output_is_handed_on_while_the_program_runs() -> None:
    async def use(shell: LocalShell) -> None:
        first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def hear(stream: str, data: bytes) -> None:
            if not first.done():
                first.set_result(data)

        running = asyncio.ensure_future(start(shell, "sh", "-c", "echo hello; sleep 60", on_output=hear))
        assert await asyncio.wait_for(first, 10) == b"hello\n"
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])

    with_shell(use)


def test_used_time_and_memory_are_measured() -> None:
    ended = run(*python("x = bytearray(300 << 20); [None for _ in range(3_000_000)]"))
    assert ended.max_rss_kb > 300 << 10
    assert 10 <= ended.cpu_ms <= ended.ms + 50


def test_a_missing_program_is_named_with_where_it_was_looked_for() -> None:
    failure = refused("no-such-program", env={"PATH": "/usr/bin::/bin"})
    assert failure.kind is Failure.NOT_FOUND
    assert failure.message == "program `no-such-program` was not found in PATH (/usr/bin:/bin)"


def test_the_current_folder_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\necho found\n")
    (tmp_path / "tool").chmod(0o755)
    assert refused("tool", cwd=str(tmp_path), env={"PATH": "::"}).kind is Failure.NOT_FOUND
    assert run("./tool", cwd=str(tmp_path)).stdout == b"found\n"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    failure = refused("true", cwd=str(tmp_path / "gone"))
    assert (failure.kind, failure.message) == (
        Failure.NOT_FOUND,
        f"the folder {tmp_path}/gone to run `true` in is not there",
    )


def test_a_file_that_is_not_executable_is_named(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("echo")
    failure = refused("script", env={"PATH": str(tmp_path)})
    assert (failure.kind, failure.message) == (
        Failure.INVALID_PARAMETERS,
        f"{tmp_path}/script is not executable",
    )


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ("#!/no/such/interpreter\n", Failure.NOT_FOUND, "names an interpreter that is not there"),
        ("no program at all", Failure.INVALID_PARAMETERS, "cannot be executed: Exec format error"),
    ],
)
def test_a_file_that_cannot_be_executed_says_why(
    tmp_path: Path, content: str, kind: Failure, words: str
) -> None:
    (tmp_path / "script").write_text(content)
    (tmp_path / "script").chmod(0o755)
    failure = refused("./script", cwd=str(tmp_path))
    assert failure.kind is kind
    assert words in failure.message


def test_arguments_that_cannot_be_given_are_refused() -> None:
    assert refused("echo", "a\0b").kind is Failure.INVALID_PARAMETERS
    assert refused("echo", *["x" * 100_000] * 50).kind is Failure.LIMIT


def test_a_confinement_that_is_not_to_be_had_starts_nothing(tmp_path: Path) -> None:
    async def use(shell: LocalShell) -> None:
        process = Process(("touch", "sentinel"), cwd=str(tmp_path), env={"PATH": PATH})
        with pytest.raises(StepFailed) as failure:
            await shell.run(process, "r:s", Confinement("strong"), lambda stream, data: None)
        assert failure.value.kind is Failure.SANDBOX_UNAVAILABLE

    with_shell(use)
    assert not list(tmp_path.iterdir())


def test_many_at_once_keep_their_output_apart() -> None:
    async def use(shell: LocalShell) -> None:
        runs = (start(shell, "echo", str(n), mark=f"r:s{n}") for n in range(100))
        assert [int(ended.stdout) for ended in await asyncio.gather(*runs)] == list(range(100))

    with_shell(use)


def test_a_thousand_spawns_leave_no_descriptor_zombie_or_memory() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    async def use(shell: LocalShell) -> None:
        async def spawn(times: int) -> None:
            for _ in range(times):
                await start(shell, "true", stdin=b"x")

        await spawn(100)
        descriptors, memory = os.listdir("/proc/self/fd"), resident()
        await asyncio.gather(*(spawn(225) for _ in range(4)))
        assert len(os.listdir("/proc/self/fd")) == len(descriptors)
        assert resident() - memory < 4 << 20

    before, others = len(os.listdir("/proc/self/fd")), children()
    with_shell(use)
    assert len(os.listdir("/proc/self/fd")) <= before
    assert children() <= others


def test_failed_starts_leave_no_descriptor() -> None:
    async def use(shell: LocalShell) -> None:
        await start(shell, "true")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            with pytest.raises(StepFailed):
                await start(shell, "no-such-program", stdin=b"x")
        assert len(os.listdir("/proc/self/fd")) == before

    with_shell(use)


def test_without_pidfds_a_thread_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    assert run("sh", "-c", "exit 3").exit_code == 3
