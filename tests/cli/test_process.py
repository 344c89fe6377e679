"""What only shows in a process of its own: signals, streams, start-up, terminals."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.program import PROGRAM, TWO, called, spawn, surroundings

GRACE_SECONDS = 4
"""A little less than what a stopped step has."""
SLEEPS = """
name: sleeps
version: "1.0"
steps:
- {id: sleep, step_type: command, idempotent: true, parameters: {command: sh, args: [-c, "echo begun > begun; sleep 60"]}}
finally:
- {id: tidy, step_type: create_file, parameters: {path: tidy.txt, content: x}}
"""


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run whose step has begun and takes a minute."""
    (tmp_path / "m.yaml").write_text(SLEEPS)
    with spawn(tmp_path, "run", "m.yaml") as process:
        wait_for(tmp_path / "begun")
        yield process
        process.kill()


def wait_for(file: Path) -> None:
    end = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_ctrl_c_cancels_and_runs_finally(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=20)
    assert begun.returncode == 1
    assert "Cancelled" in err
    assert (tmp_path / "tidy.txt").exists()


def test_sigterm_leaves_the_run_for_resume(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    begun.send_signal(signal.SIGTERM)
    _, err = begun.communicate(timeout=20)
    assert begun.returncode == 143
    assert re.search(r"next: rustchain resume \w{26}\n", err)
    assert not (tmp_path / "tidy.txt").exists()
    assert "Interrupted" in called(tmp_path, "runs").out


def test_ctrl_c_twice_kills_and_leaves_the_run_for_resume(tmp_path: Path) -> None:
    stubborn = SLEEPS.replace("echo begun", "trap '' TERM; echo begun")
    (tmp_path / "m.yaml").write_text(stubborn)
    with spawn(tmp_path, "run", "m.yaml") as process:
        wait_for(tmp_path / "begun")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "cancelling" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < GRACE_SECONDS
    assert process.returncode == 130
    assert "next: rustchain resume" in err


def test_a_run_is_cancelled_from_elsewhere(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    done = called(tmp_path, "cancel", "@last", "--json")
    assert done.code == 0
    assert done.json["status"] == "asked"
    _, err = begun.communicate(timeout=20)
    assert begun.returncode == 1
    assert "Cancelled" in err


def test_a_run_that_goes_on_is_shown_as_running(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    out = called(tmp_path, "show", "@last").out
    assert "sleep  Running" in out
    assert "● Running after" in out
    assert "next:" not in out


def test_a_run_held_by_another_is_not_resumed(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    done = called(tmp_path, "resume", "@last")
    assert done.code == 8
    assert f"driven by process {begun.pid}" in done.err


def test_a_crash_leaves_an_unknown_outcome_that_a_person_decides(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(SLEEPS.replace("idempotent: true, ", ""))
    with spawn(tmp_path, "run", "m.yaml") as process:
        wait_for(tmp_path / "begun")
        process.kill()
    assert "Waiting (sleep)" in called(tmp_path, "runs", "--waiting").out
    done = called(tmp_path, "resume", "@last")
    assert done.code == 5
    assert "--decide sleep=done|again|failed" in done.err
    (tmp_path / "out.json").write_text('{"stdout": "by hand"}')
    done = called(tmp_path, "resume", "@last", "--decide", "sleep=done", "--output", "out.json", "--json")
    assert done.code == 0
    assert done.json["step_results"]["sleep"]["output"] == {"stdout": "by hand"}


def test_logs_are_followed_to_the_end(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    with spawn(tmp_path, "logs", "@last", "-f") as follower:
        time.sleep(0.5)
        assert follower.poll() is None
        begun.send_signal(signal.SIGINT)
        follower.communicate(timeout=20)
    assert follower.returncode == 0


def test_a_mission_comes_from_standard_input(tmp_path: Path) -> None:
    done = called(tmp_path, "run", "-", "--json", stdin=TWO)
    assert done.json["status"] == "Completed"
    assert called(tmp_path, "validate", "-", stdin="- 1").code == 2


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a mission that has run."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "m.yaml").write_text(TWO)
    called(folder, "run", "m.yaml")
    return folder


@pytest.mark.parametrize(
    "words", ["schema", "runs", "runs --json", "show @last", "logs @last", "run m.yaml", "run m.yaml --events", "--help", "--version"]
)  # fmt: skip
def test_a_reader_that_has_gone_is_no_error(ran: Path, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, *words.split()], cwd=ran, env=surroundings(ran), stdout=writing, stderr=subprocess.PIPE, check=False
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0
    assert b"Error" not in done.stderr


def test_messages_to_nobody_are_no_error(ran: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "run", "m.yaml", "--json"], cwd=ran, env=surroundings(ran), stdout=subprocess.PIPE, stderr=writing, check=False
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0
    assert b'"Completed"' in done.stdout


def test_the_version_is_told_with_next_to_no_imports(tmp_path: Path) -> None:
    code = "import sys; sys.argv[1:] = ['--version']; from rustchain.cli.main import main; main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", code], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=True)  # fmt: skip
    version, modules = done.stdout.splitlines()
    assert version.startswith("rustchain ")
    assert not {"click", "typing", "re", "rustchain.cli.boundary"} & set(modules.split())


def test_the_end_of_a_run_is_told_without_what_a_run_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(TWO)
    code = "import sys; sys.argv[1:] = ['run', 'two.yaml']; from rustchain.cli.main import main; main(); print(*sys.modules)"
    env = surroundings(tmp_path)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)  # fmt: skip
    loaded = set(done.stdout.split())
    assert (
        not {"rich", "aiohttp", "jsonschema_rs", "tomllib", "importlib.metadata", "lxml", "jmespath"} & loaded
    )


def on_terminal(folder: Path, *args: str, **more: str) -> tuple[int, str]:
    """The exit code and all that a terminal sees."""
    leader, follower = pty.openpty()
    env = surroundings(folder, **{"TERM": "xterm", "CI": "", "COLUMNS": "80", "LINES": "24", **more})
    with subprocess.Popen([PROGRAM, *args], cwd=folder, env=env, stdout=follower, stderr=follower) as process:
        os.close(follower)
        seen = b""
        while chunk := _read(leader):
            seen += chunk
    os.close(leader)
    return process.returncode, seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how a terminal says that its other side is closed
        return b""


COLOUR = re.compile(r"\x1b\[(1;)?3[0-9]m")
DYING = """
name: dying
version: "1.0"
steps:
- {id: first, step_type: noop}
- {id: each, step_type: noop, foreach: [1, 2]}
- {id: dies, step_type: command, depends_on: [first, each], parameters: {command: sh, args: [-c, "kill -9 $PPID; sleep 9"]}}
- {id: last, step_type: noop, depends_on: [dies]}
"""
TREE = """
name: tree
version: "1.0"
steps:
- {id: each, step_type: command, foreach: [1, 2, 3], max_failures: 3, parameters: {command: sh, args: [-c, "test {{ item }} = 2"]}}
- {id: log, step_type: command, depends_on: [each], parameters: {command: sh, args: [-c, "printf 'a\\\\033[31mline\\\\n'; sleep 0.3"]}}
- {id: child, step_type: mission, depends_on: [log], parameters: {steps: [{id: inner, step_type: command, parameters: {command: sleep, args: ['0.3']}}]}}
- {id: skipped, step_type: noop, when: "1 > 2"}
- {id: pause, step_type: wait, parameters: {seconds: 0.5}}
"""


def test_a_terminal_sees_a_tree(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(TREE)
    code, seen = on_terminal(tmp_path, "run", "m.yaml")
    assert code == 0
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.split("\x1b[2K")[-1])
    assert "✔ each  3/3 ✖2 ✔1" in last
    assert "○ skipped" in last
    assert "inner" in seen
    assert "inner" not in last
    assert "a [31mline" in seen
    assert "● pause" in seen
    assert "✔ Completed" in last


def test_no_color_is_honoured_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("- 1")
    (tmp_path / "two.yaml").write_text(TWO)
    for words in (("run", "m.yaml"), ("run", "two.yaml"), ("run", "two.yaml", "--log-level", "debug")):
        assert COLOUR.search(on_terminal(tmp_path, *words)[1])
        assert not COLOUR.search(on_terminal(tmp_path, *words, "--no-color")[1])
        assert not COLOUR.search(on_terminal(tmp_path, *words, NO_COLOR="1")[1])


def test_a_tree_of_a_run_that_goes_on_knows_what_ended_before(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(DYING)
    called(tmp_path, "run", "m.yaml")
    _, seen = on_terminal(tmp_path, "resume", "@last", "--decide", "dies=done")
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.split("\x1b[2K")[-1])
    for line in ("✔ first", "✔ each  2/2 ✔2", "✔ dies", "✔ last"):
        assert line in last


WAITS = """
name: waits
version: "1.0"
config: {fail_fast: false}
inputs: {pin: {type: string, secret: true}}
steps:
- {id: lost, step_type: command, parameters: {command: sh, args: [-c, "echo begun > begun; sleep 60"]}}
- {id: late, step_type: wait, parameters: {until: "2100-01-01T00:00:00Z"}}
"""


def test_a_decision_on_a_run_that_is_driven_is_left_to_its_driver(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(WAITS)
    with spawn(tmp_path, "run", "m.yaml", "-i", "pin=1234-5678") as process:
        wait_for(tmp_path / "begun")
        process.kill()
    with spawn(tmp_path, "resume", "@last", "-i", "pin=1234-5678", "--events") as driver:
        assert driver.stdout is not None
        next(line for line in driver.stdout if "resumed" in line.lower())
        done = called(tmp_path, "resume", "@last", "--decide", "lost=done", "--json")
        assert (done.code, done.json["status"]) == (0, "asked")
        assert re.search(r"the process that drives it sees to it\nnext: rustchain resume \w{26}\n", done.err)
        next(line for line in driver.stdout if "decided" in line.lower())
        driver.kill()
    assert called(tmp_path, "cancel", "@last").code == 4
    done = called(tmp_path, "cancel", "@last", "-i", "pin=1234-5678", "--json")
    assert (done.code, done.json["status"]) == (0, "Cancelled")
    assert done.json["step_results"]["lost"]["status"] == "Success"
