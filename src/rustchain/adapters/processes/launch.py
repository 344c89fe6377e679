"""Start a program: find it, start it, and say clearly why it cannot be started."""

import errno
import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Process

_EXHAUSTED = {errno.E2BIG, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}


class Descriptors(NamedTuple):
    """What a new process gets as its standard streams."""

    stdin: int
    stdout: int
    stderr: int


def launch(process: Process, env: Mapping[str, str], streams: Descriptors) -> int:
    """
    Start a program at the head of a session of its own; its process id.

    Raises StepFailed: not_found (program, its interpreter, or folder), invalid_parameters (not executable, NUL in an
    argument), limit (arguments too long, no descriptors or processes left).
    """
    if "\0" in process.argv[0]:
        raise StepFailed(Failure.INVALID_PARAMETERS, "a program's name cannot hold a NUL character")
    program = _locate(process.argv[0], process.cwd, env)
    try:
        return spawn(process.argv, streams, executable=program, cwd=process.cwd, env=env)
    except ValueError as error:
        raise StepFailed(
            Failure.INVALID_PARAMETERS, f"`{process.argv[0]}` cannot be given these arguments: {error}"
        ) from error
    except OSError as error:
        raise _not_started(error, process, program) from error


def spawn(
    argv: tuple[str, ...],
    streams: Descriptors,
    *,
    executable: str,
    cwd: str,
    env: Mapping[str, str],
    pass_fds: tuple[int, ...] = (),
) -> int:
    """Start an executable as leader of a new session, without a shell (and by vfork where there is); its id."""
    started = subprocess.Popen(
        argv,
        executable=executable,
        cwd=cwd,
        env=env,
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
        start_new_session=True,
        pass_fds=pass_fds,
    )
    started.returncode = 0  # Popen is done with it: `exits.watch` reaps
    return started.pid


def _locate(program: str, cwd: str, env: Mapping[str, str]) -> str:
    folders = _search_path(env)
    places = [program] if os.sep in program else [os.path.join(folder, program) for folder in folders]
    paths = [os.path.join(cwd, place) for place in places]
    for path in paths:
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    _demand_folder(program, cwd)
    if present := next((path for path in paths if os.path.isfile(path)), None):
        raise StepFailed(Failure.INVALID_PARAMETERS, f"{present} is not executable")
    where = f"in {cwd}" if os.sep in program else f"in PATH ({os.pathsep.join(folders)})"
    raise StepFailed(Failure.NOT_FOUND, f"program `{program}` was not found {where}")


def _demand_folder(program: str, cwd: str) -> None:
    if not os.path.isdir(cwd):
        raise StepFailed(Failure.NOT_FOUND, f"the folder {cwd} to run `{program}` in is not there")


def _search_path(env: Mapping[str, str]) -> list[str]:
    """The folders of PATH, without its empty entries: they would mean the current folder."""
    return [folder for folder in env.get("PATH", os.defpath).split(os.pathsep) if folder]


def _not_started(error: OSError, process: Process, program: str) -> StepFailed:
    _demand_folder(process.argv[0], process.cwd)
    if isinstance(error, FileNotFoundError):
        return StepFailed(Failure.NOT_FOUND, f"{program} names an interpreter that is not there")
    if error.errno in _EXHAUSTED:
        return StepFailed(Failure.LIMIT, f"`{process.argv[0]}` cannot be started: {error.strerror}")
    return StepFailed(Failure.INVALID_PARAMETERS, f"{program} cannot be executed: {error.strerror}")
