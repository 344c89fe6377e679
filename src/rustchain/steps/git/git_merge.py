"""Merge a branch of a git repository."""

from typing import Annotated, Literal

from msgspec import Meta

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, Text, UnsetType, WritePath, doc, step
from rustchain.steps.git._effects import WRITING, writing
from rustchain.steps.git._failures import failure
from rustchain.steps.git._repository import GIT, Repository, Revision, open_repository

_SHOWN = 5
"""Files with conflicts that a message names."""


class GitMerge(Parameters):
    """
    Merge a branch into the current one of a git repository.

    A branch that is merged already is fine. Conflicts fail the step, which then tells the files that have them; hooks of
    the repository run, and may refuse the merge.

    Given:
        notes.txt: "one\\n"
    Example:
        - step_type: command
          parameters: {command: git, args: [init, --quiet, --initial-branch=main]}
        - step_type: git_commit
          parameters: {message: Begin, author: Ada <ada@example.org>}
        - step_type: git_branch
          parameters: {branch: pens}
        - step_type: create_file
          parameters: {path: pens.txt, content: "blue\\n"}
        - step_type: git_commit
          parameters: {message: List the pens, author: Ada <ada@example.org>}
        - step_type: git_branch
          parameters: {operation: switch, branch: main}
        - step_type: git_merge
          parameters: {branch: pens}
    """

    branch: Annotated[Revision, doc("The branch, tag or commit that is merged.")]
    path: Annotated[WritePath, doc("The repository, or a folder in it.")] = "."
    strategy: Annotated[
        Literal["ort", "recursive", "resolve", "octopus", "ours", "subtree"] | UnsetType,
        doc("How it is merged (git-merge(1)); without it, as git thinks fit."),
    ] = UNSET
    no_ff: Annotated[
        bool, doc("Make a commit of the merge even where moving the branch forward would do.")
    ] = False
    abort_on_conflict: Annotated[
        bool, doc("On failure leave everything as it was; else conflicts are left in the files.")
    ] = True
    message: Annotated[
        Annotated[Text, Meta(pattern=r"\S")] | UnsetType,
        doc("The message of the merge; without it git's own."),
    ] = UNSET


class GitMergeOutput(Output):
    """What came of it."""

    merged: Annotated[bool, doc("Whether the branch is now part of the current one.")]
    commit: Annotated[str | None, doc("The id of the last commit afterwards.")]
    conflicts: Annotated[list[str], doc("The files with conflicts, from the repository's top folder on.")]
    previous: Annotated[
        str | None,
        doc("The id of the last commit before, which is `commit` where nothing was left to merge."),
    ]


async def _undo(p: GitMerge, output: GitMergeOutput, ctx: Context) -> None:
    """Go back to the commit before where nothing came after; changes that are not committed are kept."""
    if output.commit == output.previous:
        return
    repository = await open_repository(ctx, p.path)
    await repository.demand_last(str(output.commit))
    if output.previous is None:
        raise StepFailed(Failure.CONFLICT, f"{p.path!r}: there was no commit before the merge")
    await repository.git("reset", "--quiet", "--merge", output.previous)


@step(idempotent=True, effects=writing, actions=WRITING, undo=_undo, needs=(GIT,))
async def git_merge(p: GitMerge, ctx: Context) -> GitMergeOutput:
    """Merge, and clean up where that fails."""
    repository = await open_repository(ctx, p.path)
    if await repository.find("MERGE_HEAD") is not None:
        raise StepFailed(
            Failure.CONFLICT, f"{p.path!r}: a merge is under way; commit it, or `git merge --abort`"
        )
    await repository.demand(p.branch)
    previous = await repository.find("HEAD")
    ended = await repository.run(*_arguments(p), p.branch)
    if ended.exit_code:
        conflicts = await _left(p, repository)
        if not conflicts:
            raise failure("merge", ended)
        raise StepFailed(
            Failure.CONFLICT,
            f"{p.path!r}: merging {p.branch!r} has conflicts in {_shown(conflicts)}",
            code=ended.exit_code,
            output=GitMergeOutput(merged=False, commit=previous, conflicts=conflicts, previous=previous),
        )
    commit = await repository.find("HEAD")
    return GitMergeOutput(merged=True, commit=commit, conflicts=[], previous=previous)


def _arguments(p: GitMerge) -> list[str]:
    arguments = ["merge", "--no-edit", "--no-autostash", "--no-squash", "--commit", "--no-rerere-autoupdate"]
    arguments.append("--cleanup=whitespace")
    arguments.append("--no-ff" if p.no_ff else "--ff")
    if not isinstance(p.strategy, UnsetType):
        arguments.append(f"--strategy={p.strategy}")
    if not isinstance(p.message, UnsetType):
        arguments += ["-m", p.message]
    return arguments


async def _left(p: GitMerge, repository: Repository) -> list[str]:
    """The conflicts of a merge that stopped midway; it is taken back where that is wanted."""
    if await repository.find("MERGE_HEAD") is None:
        return []
    conflicts = await repository.conflicts()
    if p.abort_on_conflict:
        await repository.git("merge", "--abort")
    return conflicts


def _shown(conflicts: list[str]) -> str:
    more = len(conflicts) - _SHOWN
    return ", ".join(conflicts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
