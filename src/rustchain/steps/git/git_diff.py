"""Compare states of a git repository."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from rustchain.ports import Context, ProcessEnded
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, UnsetType, doc, step
from rustchain.steps.git._differences import FileDifference, read_figures
from rustchain.steps.git._effects import READING, reading
from rustchain.steps.git._failures import failure
from rustchain.steps.git._repository import (
    GIT,
    REPLACED,
    FileNames,
    Repository,
    Revision,
    literal,
    names,
    open_repository,
    text,
)

_OPTIONS = (
    *("-c", "diff.autoRefreshIndex=false"),  # a step that reads does not write the index
    *("-c", "diff.suppressBlankEmpty=false"),
)
_PLAIN = (
    *("--no-ext-diff", "--no-textconv", "--find-renames", "--submodule=short", "--diff-algorithm=myers"),
    "-O/dev/null",
)
_UNIFIED = (
    "--patch",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--unified=3",
    "--inter-hunk-context=0",
)
"""With these, `diff.*` may be configured to be anything."""


class GitDiff(Parameters, rename={"from_": "from"}):
    """
    Compare the files of a git repository with a commit or with what is staged, or two commits.

    By default it shows the changes that are not staged; `from` alone shows what changed since that commit. Files that
    git does not know are no part of it. Paths are from the repository's top folder on.

    Given:
        notes.txt: "one\\n"
    Example:
        - step_type: command
          parameters: {command: git, args: [init, --quiet, --initial-branch=main]}
        - step_type: git_commit
          parameters: {message: Begin, author: Ada <ada@example.org>}
        - step_type: edit_file
          parameters: {path: notes.txt, content: "two\\n", append: true}
        - step_type: git_diff
          parameters: {files: [notes.txt]}
    """

    path: Annotated[ReadPath, doc("The repository, or a folder in it.")] = "."
    from_: Annotated[Revision | UnsetType, doc("A branch, tag or commit: the state before.")] = UNSET
    to: Annotated[
        Revision | UnsetType, doc("The state after, committed as well; `from` is then HEAD where not given.")
    ] = UNSET
    staged: Annotated[
        bool, doc("The state after is what is staged; that before, without `from`, is HEAD.")
    ] = False
    files: Annotated[
        FileNames | UnsetType, doc("Compare only these files and folders, by their names; not patterns.")
    ] = UNSET
    max_output: Annotated[Annotated[int, Meta(ge=0)], doc("Bytes kept of `diff`.")] = 1 << 20

    def __post_init__(self) -> None:
        if self.staged and self.to is not UNSET:
            raise ValueError("give either `staged` or `to`")


class GitDiffOutput(Output):
    """The differences."""

    diff: Annotated[str, doc("The differences in git's unified format, read as UTF-8.")]
    files: Annotated[list[FileDifference], doc("The files that differ.")]
    has_changes: Annotated[bool, doc("Whether any does.")]
    truncated: Annotated[bool, doc("Whether `diff` was longer than `max_output`.")]


@step(idempotent=True, effects=reading, actions=READING, needs=(GIT,))
async def git_diff(p: GitDiff, ctx: Context) -> GitDiffOutput:
    """Ask for the figures, then for the text."""
    repository = (await open_repository(ctx, p.path))._replace(options=_OPTIONS)
    files = literal(p.files)
    states = (*_PLAIN, *await _states(p, repository), "--")
    figures = await repository.git("diff", "--numstat", "-z", *states, *files)
    found = read_figures(names(figures.stdout))
    if not p.staged and p.to is UNSET:
        found = [f for f in found if await _differs(repository, states, f)]
    patch = await _patch(repository, states, files, p.max_output)
    return GitDiffOutput(
        diff=text(patch.stdout), files=found, has_changes=bool(found), truncated=patch.truncated
    )


async def _differs(repository: Repository, states: Iterable[str], file: FileDifference) -> bool:
    """Git counts a binary file that was only touched as different, though it shows no difference."""
    if file.additions is not None or file.old_path is not None or REPLACED in file.path:
        return True
    return (await _patch(repository, states, literal([file.path]), 0)).truncated


async def _patch(
    repository: Repository, states: Iterable[str], files: Iterable[str], limit: int
) -> ProcessEnded:
    ended = await repository.run("diff", *_UNIFIED, *states, *files, max_output=limit)
    if ended.exit_code:
        raise failure("diff", ended)
    return ended


async def _states(p: GitDiff, repository: Repository) -> list[str]:
    """What is compared, as git is told; revisions as ids, which are neither options nor paths."""
    old = "HEAD" if p.from_ is UNSET and p.to is not UNSET else p.from_
    states = [await repository.demand(state, "tree") for state in (old, p.to) if state is not UNSET]
    return ["--cached", *states] if p.staged else states
