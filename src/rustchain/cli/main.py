"""The entry point of the program. It imports almost nothing, so that `--version` answers at once."""

import os
import sys

from rustchain._version import VERSION


def main() -> int:
    """Run the command line of this process; its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        return _tell_version()
    from rustchain.cli.boundary import run  # not at the top: click costs more than all that --version may

    return run(arguments)


def _tell_version() -> int:
    """Tell the version, without `contextlib`: importing it takes half a millisecond."""
    try:
        os.write(1, f"rustchain {VERSION}\n".encode())
    except BrokenPipeError:  # a reader that has gone
        return 0
    return 0
