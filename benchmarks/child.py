"""`python -m benchmarks.child module:function argument…` calls a function and prints what it returns, as JSON."""

import json
import sys
from importlib import import_module


def main() -> None:
    """Call what the command line names."""
    module, _, function = sys.argv[1].partition(":")
    print(json.dumps(getattr(import_module(module), function)(*sys.argv[2:])))


main()
