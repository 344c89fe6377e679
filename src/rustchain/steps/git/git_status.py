"""Ask what has changed in a git repository."""

from typing import Annotated, Literal

from rustchain.ports import Context
from rustchain.stepkit import Output, Parameters, ReadPath, doc, step
from rustchain.steps.git._effects import READING, reading
from rustchain.steps.git._repository import GIT, names, open_repository

_FIELDS_BEFORE_PATH = {"1": 8, "2": 9, "u": 10}


class GitStatus(Parameters):
    """
    Ask which branch a git repository is on and what has changed since the last commit.

    Paths are from the repository's top folder on; a file that was renamed has its new one. Ignored files are left out.

    Given:
        notes.txt: "one\\n"
    Example:
        - step_type: command
          parameters: {command: git, args: [init, --quiet, --initial-branch=main]}
        - step_type: git_status
    """

    path: Annotated[ReadPath, doc("The repository, or a folder in it.")] = "."
    include_untracked: Annotated[bool, doc("List files that git does not know; else they do not count.")] = (
        True
    )


class GitStatusOutput(Output):
    """The state of the repository."""

    branch: Annotated[str | None, doc("The current branch; null where HEAD is detached.")] = None
    ahead: Annotated[int | None, doc("Commits that its upstream lacks; null without an upstream.")] = None
    behind: Annotated[int | None, doc("Commits of its upstream that it lacks; null without an upstream.")] = (
        None
    )
    clean: Annotated[bool, doc("Whether nothing is listed below.")] = True
    staged: Annotated[list[str], doc("Files whose changes the next commit takes.")] = []
    unstaged: Annotated[list[str], doc("Files with changes that are not staged.")] = []
    untracked: Annotated[list[str], doc("Files that git does not know.")] = []
    conflicts: Annotated[list[str], doc("Files with conflicts of a merge that are not resolved.")] = []


@step(idempotent=True, effects=reading, actions=READING, needs=(GIT,))
async def git_status(p: GitStatus, ctx: Context) -> GitStatusOutput:
    """Ask, and read the answer."""
    repository = await open_repository(ctx, p.path)
    untracked: Literal["all", "no"] = "all" if p.include_untracked else "no"
    ended = await repository.git(
        "status", "--porcelain=v2", "-z", "--branch", "--ahead-behind", "--find-renames",
        f"--untracked-files={untracked}",
    )  # fmt: skip
    return _read(names(ended.stdout))


def _read(entries: list[str]) -> GitStatusOutput:
    """Read format 2 of `git status --porcelain -z` (git-status(1))."""
    output = GitStatusOutput()
    rest = iter(entries)
    for entry in rest:
        kind, _, said = entry.partition(" ")
        if kind == "#":
            _read_header(output, said)
        elif kind == "?":
            output.untracked.append(said)
        else:
            _read_change(output, kind, entry)
        if kind == "2":
            next(rest)  # the name before
    output.clean = not (output.staged or output.unstaged or output.untracked or output.conflicts)
    return output


def _read_header(output: GitStatusOutput, said: str) -> None:
    name, _, value = said.partition(" ")
    if name == "branch.head" and value != "(detached)":
        output.branch = value
    elif name == "branch.ab":
        ahead, behind = value.split(" ")
        output.ahead, output.behind = int(ahead), -int(behind)


def _read_change(output: GitStatusOutput, kind: str, entry: str) -> None:
    *fields, path = entry.split(" ", _FIELDS_BEFORE_PATH[kind])
    changed = fields[1]  # a letter for what is staged, and one for what is not
    if kind == "u":
        output.conflicts.append(path)
        return
    if changed[0] != ".":
        output.staged.append(path)
    if changed[1] != ".":
        output.unstaged.append(path)
