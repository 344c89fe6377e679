"""How much files differ, as `git diff --numstat` counts it."""

from typing import Annotated

from msgspec import Struct

from rustchain.stepkit import doc


class FileDifference(Struct, kw_only=True):
    """How much one file differs."""

    path: Annotated[str, doc("Its path.")]
    old_path: Annotated[str | None, doc("Its path before, where it was renamed.")]
    additions: Annotated[int | None, doc("Lines added; null for a binary file.")]
    deletions: Annotated[int | None, doc("Lines removed; null for a binary file.")]


def read_figures(parts: list[str]) -> list[FileDifference]:
    """Read the output of `git diff --numstat -z` (git-diff(1)): after an empty path, two more parts follow."""
    found = {}
    rest = iter(parts)
    for part in rest:
        additions, deletions, path = part.split("\t", 2)
        old = None if path else next(rest)
        path = path or next(rest)
        found[path] = FileDifference(
            path=path, old_path=old, additions=_count(additions), deletions=_count(deletions)
        )
    return list(found.values())


def _count(figure: str) -> int | None:
    return None if figure == "-" else int(figure)
