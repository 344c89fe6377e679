"""A git repository as steps use it, whatever its user's configuration says."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Files, Process, ProcessEnded
from rustchain.stepkit import Requirement, UnsetType
from rustchain.steps.git._failures import failure

GIT = Requirement(program="git", install="apt-get install git")

Revision = Annotated[str, Meta(pattern=r"^[^-]")]
"""A branch, tag or commit; what begins with `-` would be an option."""
FileNames = Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1)]
"""Names as they are, not patterns; an empty list would mean everything to git."""

_LIMIT = 64 << 20
"""Bytes of output that are read; a list of a million files has fewer."""
_OPTIONS = (  # hooks inherit them, so nothing here may change what a hook's own git does
    "--no-pager",
    *("-c", "core.quotePath=false"),
    *("-c", "color.ui=false"),
    *("-c", "i18n.commitEncoding=UTF-8"),
    *("-c", "i18n.logOutputEncoding=UTF-8"),
    *("-c", "core.fsmonitor=false"),  # this one and the next start what would outlive the step
    *("-c", "maintenance.auto=false"),
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": ":",
    "GIT_OPTIONAL_LOCKS": "0",
}


class Repository(NamedTuple):
    """
    The repository that a folder is in. All its paths are from its top folder on.

    Programs that the repository or its user had git run (hooks, filters, signing) do run.
    """

    ctx: Context
    path: str
    """The folder, as users write it."""
    ceiling: str
    """Folders from this one up are not searched for a repository."""
    up: str = "."
    """The way from the folder to the top."""
    options: tuple[str, ...] = ()
    """Options for git itself, before the verb."""

    async def run(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] = {},
        max_output: int = _LIMIT,
    ) -> ProcessEnded:
        """Run git at the top, however it ends. StepFailed: missing_dependency where there is no git."""
        process = Process(
            argv=("git", *_OPTIONS, *self.options, "-C", self.up, *arguments),
            cwd=self.path,
            env={**_ENVIRONMENT, "GIT_CEILING_DIRECTORIES": self.ceiling, **env},
            stdin=stdin,
            max_output=max_output,
        )
        try:
            return await self.ctx.shell.run(process)
        except StepFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            message = f"{failed.message}: {GIT.install}"
            raise StepFailed(Failure.MISSING_DEPENDENCY, message) from failed

    async def git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] = {},
        codes: tuple[int, ...] = (0,),
    ) -> ProcessEnded:
        """Run git; StepFailed unless it ends with one of these exit codes (see `failure`), or limit."""
        ended = await self.run(*arguments, stdin=stdin, env=env)
        if ended.exit_code not in codes:
            raise failure(arguments[0], ended)
        if ended.truncated:
            raise StepFailed(Failure.LIMIT, f"`git {arguments[0]}` wrote more than {_LIMIT >> 20} MiB")
        return ended

    async def find(self, revision: str, kind: str = "commit") -> str | None:
        """The id of the commit or tree that a revision names; None where it names none."""
        ended = await self.run("rev-parse", "--quiet", "--verify", f"{revision}^{{{kind}}}")
        return text(ended.stdout).strip() if ended.exit_code == 0 else None

    async def demand(self, revision: str, kind: str = "commit") -> str:
        """The id of the commit or tree that a revision names; StepFailed (not_found) where it names none."""
        found = await self.find(revision, kind)
        if found is None:
            what = "there is no commit yet" if revision == "HEAD" else f"nothing is named {revision!r}"
            message = f"{self.path!r}: {what}"
            raise StepFailed(Failure.NOT_FOUND, message)
        return found

    async def demand_last(self, commit: str) -> None:
        """StepFailed (conflict) unless this is the last commit."""
        if await self.find("HEAD") != commit:
            raise StepFailed(Failure.CONFLICT, f"{self.path!r}: {commit} is no longer the last commit")

    async def branch(self) -> str | None:
        """The current branch, which may have no commit yet; None where HEAD is detached."""
        ended = await self.git("symbolic-ref", "--quiet", "HEAD", codes=(0, 1))
        return text(ended.stdout).strip().removeprefix("refs/heads/") or None

    async def branches(self) -> dict[str, str]:
        """The id of the last commit of each local branch."""
        listed = await self.git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
        lines = (line.partition(" ") for line in text(listed.stdout).split("\n")[:-1])
        return {name: commit for commit, _, name in lines}

    async def conflicts(self) -> list[str]:
        """The files with conflicts that are not resolved yet."""
        entries = names((await self.git("ls-files", "--unmerged", "-z")).stdout)
        return sorted({entry.partition("\t")[2] for entry in entries})


async def open_repository(ctx: Context, path: str) -> Repository:
    """
    The repository that a folder of the workspace is in.

    StepFailed: not_found without a repository in the workspace, policy_denied where it is another user's or keeps its
    data outside the workspace, invalid_parameters where it is bare.
    """
    found = Repository(ctx, path, await ctx.in_thread(_ceiling, ctx.files, path))
    ended = await found.git(
        "rev-parse", "--show-cdup", "--path-format=absolute", "--show-toplevel", "--git-common-dir"
    )
    up, _, places = ended.stdout.decode(errors="surrogateescape").removesuffix("\n").partition("\n")
    top, _, data = places.rpartition("\n")
    if data != posixpath.join(top, ".git"):
        await _check_reach(ctx, path, data)
    return found._replace(up=up or ".")


def literal(files: Iterable[str] | UnsetType) -> list[str]:
    """Names of files as git takes them for names; none for all files."""
    return [] if isinstance(files, UnsetType) else [f":(literal){file}" for file in files]


REPLACED = "\ufffd"
"""In a name: git does not know the file by it."""


def text(data: bytes) -> str:
    """Output as JSON can hold it: what is no UTF-8 is replaced."""
    return data.decode("utf-8", "replace")


def names(data: bytes) -> list[str]:
    """The parts of an output in which each ends with NUL."""
    return text(data).split("\0")[:-1]


def _ceiling(files: Files, path: str) -> str:
    files.folder(path)
    return posixpath.dirname(files.folder("."))


async def _check_reach(ctx: Context, path: str, data: str) -> None:
    """A linked work tree or a submodule keeps its data elsewhere: that too must be where the mission may reach."""
    try:
        await ctx.in_thread(ctx.files.folder, data)
    except StepFailed as failed:
        message = f"{path!r} keeps its repository in {data!r}: {failed.message}"
        raise StepFailed(failed.kind, message) from failed
