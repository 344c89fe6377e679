"""
Where a path leads, read from its text.

The first of two guards: it names what is wrong before anything runs, and gives adapters a root and a path below it
to open without following links. Symbolic links are theirs to judge.
"""

import re
import unicodedata
from collections.abc import Sequence
from posixpath import join
from urllib.parse import unquote

MAX_DECODINGS = 3
"""How often a text may have been percent-encoded before we look no further."""

_LOOKALIKES = str.maketrans(
    {"\\": "/", "\N{FRACTION SLASH}": "/", "\N{DIVISION SLASH}": "/", "\N{BIG SOLIDUS}": "/"}
    | {"\N{REVERSE SOLIDUS OPERATOR}": "/", "\N{BIG REVERSE SOLIDUS}": "/"}
    | {"\N{IDEOGRAPHIC FULL STOP}": ".", "\N{HALFWIDTH IDEOGRAPHIC FULL STOP}": "."}
)
"""What NFKC leaves as it is, though people and some programs read it as a separator or a dot."""
_OVERLONG = re.compile(r"%(?:c0%ae|c0%af|c1%9c|u[0-9a-f]{4})", re.IGNORECASE)
_OVERLONG_MEANINGS = {"%c0%ae": ".", "%c0%af": "/", "%c1%9c": "/"}


class PlaceRefused(ValueError):
    """A path leads where it must not; `reason` says how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def judge(path: str, *, workspace: str, allowed: Sequence[str], forbidden: Sequence[str]) -> tuple[str, str]:
    """
    The root that a path is under, and the normal path below it (`.` for the root itself).

    Roots are absolute. A relative path starts at the workspace and stays there; an absolute one is under the
    workspace or an allowed root, the innermost of them. Nothing is in a forbidden root. Raises PlaceRefused.
    """
    _refuse_odd_text(path)
    root, relative = _place(path, workspace, allowed)
    _refuse_disguise(path, relative)
    full = join(root, relative)
    if any(_below(root, full) is not None for root in forbidden):
        raise PlaceRefused(f"{path!r} is RustChain's own: state, keys and configuration are closed to steps")
    return root, relative


def _refuse_odd_text(path: str) -> None:
    if not path:
        raise PlaceRefused("the path is empty")
    odd = next((c for c in path if unicodedata.category(c) in {"Cc", "Zl", "Zp"}), None)
    if odd is not None:
        raise PlaceRefused(f"{path!r} holds the control character {odd!r}")
    if path.startswith("~"):
        raise PlaceRefused(
            f"{path!r}: `~` stands for nothing here; a name that begins so is written './{path}'"
        )


def _place(path: str, workspace: str, allowed: Sequence[str]) -> tuple[str, str]:
    parts = _normal(path)
    if not path.startswith("/"):
        if parts is None:
            raise PlaceRefused(f"{path!r} leaves the workspace by `..`")
        return workspace, "/".join(parts) or "."
    full = "/" + "/".join(parts or ())
    for root in sorted({workspace, *allowed}, key=len, reverse=True):
        relative = _below(root, full)
        if relative is not None:
            return root, relative
    raise PlaceRefused(f"{path!r} is outside of the workspace, and policy allows no such place")


def _normal(path: str) -> list[str] | None:
    """The names that a path passes, `.` and `..` resolved; None where `..` goes above the start of a relative path."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts and not path.startswith("/"):
                return None
            parts[-1:] = []
        elif part not in {"", "."}:
            parts.append(part)
    return parts


def _below(root: str, full: str) -> str | None:
    """The path from `root` to `full`, both normal and absolute; None where it is not below."""
    if full == root:
        return "."
    prefix = root.rstrip("/") + "/"
    return full[len(prefix) :] if full.startswith(prefix) else None


def _refuse_disguise(path: str, relative: str) -> None:
    """Refuse a path that would leave its root if somebody decoded it."""
    text = relative
    for _ in range(MAX_DECODINGS):
        text = unquote(_OVERLONG.sub(_meaning, text), errors="replace")
        text = unicodedata.normalize("NFKC", text).translate(_LOOKALIKES)
        if text.startswith("/") or _normal(text) is None or "\0" in text:
            raise PlaceRefused(f"{path!r} holds encoded or look-alike dots or separators that lead out")


def _meaning(match: re.Match[str]) -> str:
    text = match[0].lower()
    return _OVERLONG_MEANINGS.get(text) or chr(int(text.removeprefix("%u"), base=16))
