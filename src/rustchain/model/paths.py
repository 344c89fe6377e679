"""
Paths of work: the one name of everything a run does.

`deploy` is a step, `each[3]` an item of a foreach, `child/build` a step of a child mission, `agent@2/call-7` a
call made by the second attempt of its parent, `poll~3` the third round of a repeat. Attempts of the path itself
are not part of it.
"""

import hashlib
import re

_PATH = re.compile(r"[A-Za-z_][\w-]*(\[\d+\])?(~\d+)?(@\d+)?(/[A-Za-z_][\w-]*(\[\d+\])?(~\d+)?(@\d+)?)*")


def item(path: str, index: int) -> str:
    """The path of one item of a foreach."""
    return f"{path}[{index}]"


def in_attempt(path: str, attempt: int) -> str:
    """The path under which an attempt has its children; the attempt shows from the second on."""
    return path if attempt == 1 else f"{path}@{attempt}"


def in_round(path: str, round: int) -> str:
    """The path of one round of a repeat, from the second on."""
    return path if round == 1 else f"{path}~{round}"


def well_formed(path: str) -> bool:
    """Whether a text is a path of work."""
    return _PATH.fullmatch(path) is not None


def idempotency_key(run_id: str, path: str) -> str:
    """A key that is equal for every attempt of this path in this run: 32 hexadecimal digits."""
    return hashlib.sha256(f"{run_id}\0{path}".encode()).hexdigest()[:32]
