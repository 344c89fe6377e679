"""Where logs lie: a folder a run, a file an attempt."""

from pathlib import Path

from rustchain.model import paths
from rustchain.model.errors import InvalidUse


def log_path(folder: Path, run_id: str, path: str, attempt: int) -> str:
    """The file of an attempt's log: work below other work lies in a folder of that name."""
    if not paths.well_formed(path):
        raise InvalidUse(f"{path!r} is not a path of work")
    return str(folder / run_id / f"{path}.{attempt}.log")
