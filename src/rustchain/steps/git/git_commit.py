"""Commit changes to a git repository."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, Text, Unknown, UnsetType, WritePath, doc, step
from rustchain.steps.git._effects import WRITING, writing
from rustchain.steps.git._failures import failure
from rustchain.steps.git._repository import GIT, FileNames, Repository, literal, names, open_repository, text


class GitCommit(Parameters):
    """
    Commit changes to a git repository.

    Without a change there is no commit, and the step succeeds. Hooks of the repository run, and may refuse the commit;
    what was to be committed is then staged. Paths are from the repository's top folder on.

    Given:
        notes.txt: "one\\n"
    Example:
        - step_type: command
          parameters: {command: git, args: [init, --quiet, --initial-branch=main]}
        - step_type: git_commit
          parameters:
            message: Begin the notes
            files: [notes.txt]
            author: Ada <ada@example.org>
    """

    message: Annotated[Text, doc("The message.")]
    path: Annotated[WritePath, doc("The repository, or a folder in it.")] = "."
    files: Annotated[
        FileNames | UnsetType,
        doc(
            "Commit only these files and folders, by their names, removed ones too; without it, all changes."
        ),
    ] = UNSET
    author: Annotated[
        Annotated[str, Meta(pattern=r"^[^<>\n]*[^<>\s][^<>\n]* <[^<>\n]+>$")] | UnsetType,
        doc(
            "Who wrote it, as `Name <mail>`; without it whom git is configured for. Also who commits, where git is "
            "configured for nobody."
        ),
    ] = UNSET
    allow_empty: Annotated[bool, doc("Commit even if nothing has changed.")] = False
    sign: Annotated[bool, doc("Sign it; else git's configuration decides.")] = False

    def __post_init__(self) -> None:
        if not self.message.strip() or "\0" in self.message:
            raise ValueError("`message` is blank, or has a NUL")


class GitCommitOutput(Output):
    """The commit."""

    commit: Annotated[
        str | None, doc("The id of the last commit, the new one if any; null while there is none.")
    ]
    message: Annotated[str, doc("The message of the new commit, or the one given.")]
    files_changed: Annotated[int, doc("Files that it changes; a renamed one counts once.")]
    committed: Annotated[bool, doc("Whether there is a new commit; false: nothing had changed.")]


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    always = parameters.get("allow_empty", False)
    return None if isinstance(always, Unknown) else not always


async def _undo(p: GitCommit, output: GitCommitOutput, ctx: Context) -> None:
    """Take the commit back where nothing came after it; its changes stay, staged."""
    if not output.committed:
        return
    repository = await open_repository(ctx, p.path)
    await repository.demand_last(str(output.commit))
    if await repository.find("HEAD^") is not None:
        await repository.git("reset", "--soft", "HEAD^")
    else:
        await repository.git("update-ref", "-d", "HEAD")


@step(idempotent=_repeatable, effects=writing, actions=WRITING, undo=_undo, needs=(GIT,))
async def git_commit(p: GitCommit, ctx: Context) -> GitCommitOutput:
    """Stage, commit, and tell what came of it."""
    repository = await open_repository(ctx, p.path)
    committer = await _committer(p, repository)
    if unresolved := await repository.conflicts():
        message = f"{p.path!r} has conflicts: resolve them and `git add` {', '.join(unresolved)}"
        raise StepFailed(Failure.CONFLICT, message, detail={"conflicts": unresolved})
    before = await repository.find("HEAD")
    only = ["--", *literal(p.files)]
    await repository.git("add", "--all", *only)
    if not p.allow_empty and not await _has_changes(repository, only):
        return GitCommitOutput(commit=before, message=p.message, files_changed=0, committed=False)
    await repository.git(*_arguments(p), *only, stdin=p.message.encode(), env=committer)
    return await _committed(repository, before)


async def _committer(p: GitCommit, repository: Repository) -> dict[str, str]:
    """The environment that says who commits; StepFailed, before anything is done, where that is not known."""
    ended = await repository.run("var", "GIT_COMMITTER_IDENT")
    if ended.exit_code == 0:
        return {}
    if isinstance(p.author, UnsetType):
        raise failure("commit", ended)
    name, mail = p.author.removesuffix(">").rsplit(" <", 1)
    return {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}


async def _has_changes(repository: Repository, only: list[str]) -> bool:
    ended = await repository.git("diff", "--cached", "--quiet", "--no-ext-diff", *only, codes=(0, 1))
    # a merge is worth a commit even if it leaves all files as they were
    return ended.exit_code == 1 or await repository.find("MERGE_HEAD") is not None


def _arguments(p: GitCommit) -> list[str]:
    arguments = ["commit", "--quiet", "--file=-", "--cleanup=whitespace"]
    if not isinstance(p.author, UnsetType):
        arguments.append(f"--author={p.author}")
    if p.allow_empty:
        arguments.append("--allow-empty")
    if p.sign:
        arguments.append("--gpg-sign")
    return arguments


async def _committed(repository: Repository, before: str | None) -> GitCommitOutput:
    commit = await repository.demand("HEAD")
    states = ("--root", commit) if before is None else (before, commit)
    changed = await repository.git(
        "diff-tree", "-r", "-z", "--find-renames", "--name-only", "--no-commit-id", *states
    )
    whole = await repository.git("cat-file", "commit", commit)
    return GitCommitOutput(
        commit=commit,
        message=text(whole.stdout.partition(b"\n\n")[2]).rstrip("\n"),
        files_changed=len(names(changed.stdout)),
        committed=True,
    )
