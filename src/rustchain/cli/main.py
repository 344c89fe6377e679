"""The entry point of the program. It imports almost nothing, so that `--version` answers at once."""

import sys

from rustchain._version import VERSION


def main() -> int:
    """Run the command line of this process; its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(f"rustchain {VERSION}")
        return 0
    from rustchain.cli.boundary import run  # not at the top: click costs more than all that --version may

    return run(arguments)
