"""Work on the branches of a git repository."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from rustchain.model.effects import Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, Unknown, UnsetType, WritePath, doc, step
from rustchain.steps.git._effects import WRITING, reading, writing
from rustchain.steps.git._repository import GIT, Repository, Revision, open_repository


class GitBranch(Parameters, rename={"from_": "from"}):
    """
    Create, list, delete or switch branches of a git repository.

    A branch that is there already, where it would be created, is fine. Changes that are not committed are kept when
    switching, or the step fails; a branch with commits that would be lost is not deleted.

    Given:
        notes.txt: "one\\n"
    Example:
        - step_type: command
          parameters: {command: git, args: [init, --quiet, --initial-branch=main]}
        - step_type: git_commit
          parameters: {message: Begin, author: Ada <ada@example.org>}
        - step_type: git_branch
          parameters:
            branch: feature/pens
            from: main
    """

    path: Annotated[WritePath, doc("The repository, or a folder in it.")] = "."
    operation: Annotated[Literal["create", "list", "delete", "switch"], doc("What to do.")] = "create"
    branch: Annotated[
        Revision | UnsetType, doc("The branch; needed except by `list`.", also=("branch_name",))
    ] = UNSET
    from_: Annotated[
        Revision | UnsetType, doc("The branch, tag or commit that a new branch begins at; without it HEAD.")
    ] = UNSET
    switch: Annotated[bool, doc("Switch to the branch that was created.")] = True

    def __post_init__(self) -> None:
        if self.operation != "list" and self.branch is UNSET:
            raise ValueError(f"`{self.operation}` needs `branch`")
        if self.operation != "create" and self.from_ is not UNSET:
            raise ValueError("`from` belongs to `create`")


class GitBranchOutput(Output):
    """The branches afterwards."""

    branch: Annotated[str | None, doc("The branch that was given.")]
    created: Annotated[bool, doc("Whether it was created; false where it was there already.")]
    current: Annotated[str | None, doc("The current branch; null where HEAD is detached.")]
    branches: Annotated[list[str], doc("All local branches, sorted.")]
    commit: Annotated[
        str | None,
        doc("The id of the last commit of `branch`, of a deleted one too; without `branch`, of HEAD."),
    ]
    previous: Annotated[
        str, doc("The branch that was current before, or the commit where HEAD was detached.")
    ]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    return (reading if parameters.get("operation") == "list" else writing)(parameters)


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    operation, begin = parameters.get("operation", "create"), parameters.get("from", UNSET)
    if isinstance(operation, Unknown) or isinstance(begin, Unknown):
        return None
    # after switching, what is said from HEAD on is somewhere else
    return operation != "delete" and (begin is UNSET or not set("~^@") & set(begin))


async def _undo(p: GitBranch, output: GitBranchOutput, ctx: Context) -> None:
    """Switch back, and remove what was created or bring back what was deleted."""
    repository = await open_repository(ctx, p.path)
    branch, commit = str(output.branch), str(output.commit)
    if output.current == branch != output.previous and await repository.branch() == branch:
        there = await repository.find(f"refs/heads/{output.previous}")
        await _switch(repository, output.previous, *([] if there else ["--detach"]))
    if p.operation == "delete":
        await repository.git("branch", branch, commit)
    elif output.created:
        await _remove(repository, branch, commit)


@step(idempotent=_repeatable, effects=_effects, actions=WRITING, undo=_undo, needs=(GIT,))
async def git_branch(p: GitBranch, ctx: Context) -> GitBranchOutput:
    """Do it, and look at the branches before and after."""
    repository = await open_repository(ctx, p.path)
    previous = await repository.branch() or await repository.demand("HEAD")
    before = await repository.branches()
    branch = None if isinstance(p.branch, UnsetType) else p.branch
    if branch is not None:
        await _operate(p, repository, branch, before.get(branch))
    after = await repository.branches()
    return GitBranchOutput(
        branch=branch,
        created=branch in after and branch not in before,
        current=await repository.branch(),
        branches=sorted(after),
        commit=await repository.find("HEAD") if branch is None else {**before, **after}.get(branch),
        previous=previous,
    )


async def _operate(p: GitBranch, repository: Repository, branch: str, commit: str | None) -> None:
    if p.operation == "create":
        await _create(p, repository, branch, commit)
    elif p.operation != "list" and commit is None:
        raise StepFailed(Failure.NOT_FOUND, f"{p.path!r}: there is no branch {branch!r}")
    elif p.operation == "delete":
        await repository.git("branch", "--delete", branch)
    elif p.operation == "switch":
        await _switch(repository, branch)


async def _create(p: GitBranch, repository: Repository, branch: str, there: str | None) -> None:
    """Create it by the name of its beginning, so that a remote one becomes its upstream."""
    begin = "HEAD" if isinstance(p.from_, UnsetType) else p.from_
    commit = await repository.demand(begin)
    if there is None:
        if (await repository.run("check-ref-format", f"refs/heads/{branch}")).exit_code:
            raise StepFailed(Failure.INVALID_PARAMETERS, f"{branch!r} cannot be a branch's name")
        await repository.git("branch", branch, begin)
    elif there != commit:
        message = f"{p.path!r}: branch {branch!r} is there already, at {there}, and {begin!r} is at {commit}"
        raise StepFailed(Failure.CONFLICT, message)
    if p.switch:
        await _switch(repository, branch)


async def _switch(repository: Repository, to: str, *options: str) -> None:
    await repository.git("switch", "--quiet", "--no-guess", *options, to)


async def _remove(repository: Repository, branch: str, commit: str) -> None:
    """Remove a branch, whether or not it was merged, unless it got other commits."""
    if await repository.find(f"refs/heads/{branch}") != commit:
        raise StepFailed(Failure.CONFLICT, f"branch {branch!r} is no longer at {commit}")
    await repository.git("branch", "--delete", "--force", branch)
