"""The entry point of the program. It imports almost nothing, so that `--version` answers at once."""

import os
import sys
from contextlib import suppress

from rustchain._version import VERSION


def main() -> int:
    """Run the command line of this process; its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        with suppress(BrokenPipeError):  # a reader that has gone
            os.write(1, f"rustchain {VERSION}\n".encode())
        return 0
    from rustchain.cli.boundary import run  # not at the top: click costs more than all that --version may

    return run(arguments)
