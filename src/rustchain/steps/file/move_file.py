"""Move a file or a folder."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Entry, Files
from rustchain.stepkit import DeletePath, Output, Parameters, WritePath, doc, effect, step
from rustchain.steps.file._copying import check_apart, copy_file_to, copy_folder_to


class MoveFile(Parameters):
    """
    Move or rename a file, a link or a folder.

    Across devices it is copied, the copy compared, and only then the source removed. A folder that is there is never
    replaced.

    Given:
        draft.md: "# Draft\\n"
    Example:
        step_type: move_file
        parameters:
          source: draft.md
          destination: published/final.md
    """

    source: Annotated[DeletePath, doc("What is moved.")]
    destination: Annotated[WritePath, doc("Its new path, not the folder that it goes into.")]
    overwrite: Annotated[bool, doc("Replace a file that is there; else the step fails.")] = True


class MoveFileOutput(Output):
    """What was moved."""

    source: Annotated[str, doc("Where it was.")]
    destination: Annotated[str, doc("Where it is.")]
    moved: Annotated[bool, doc("True.")]


def _effects(parameters: Mapping[str, Any]) -> Iterator[Effect]:
    yield effect(Action.FS_READ, parameters.get("source", ""))
    yield effect(Action.FS_DELETE, parameters.get("source", ""))
    yield effect(Action.FS_WRITE, parameters.get("destination", ""))


def _undo(p: MoveFile, output: MoveFileOutput, ctx: Context) -> None:
    if ctx.files.stat(p.source) is not None:
        raise StepFailed(Failure.CONFLICT, f"{p.source!r}: something else is there now")
    if not _move(ctx.files, p.destination, p.source):
        ctx.files.remove(p.destination)
    ctx.files.restore(p.destination)


@step(
    idempotent=False,
    effects=_effects,
    actions=(Action.FS_READ, Action.FS_DELETE, Action.FS_WRITE),
    undo=_undo,
)
def move_file(p: MoveFile, ctx: Context) -> MoveFileOutput:
    """Move, and keep what was at the destination for the undo. A copied source goes last: nothing is ever nowhere."""
    check_apart(p.source, p.destination)
    there = ctx.files.stat(p.destination)
    if there is not None:
        _check_replaceable(p, there, ctx.files.stat(p.source))
    with ctx.files.changing(p.destination, follow=False):
        moved = _move(ctx.files, p.source, p.destination)
    if not moved:
        ctx.files.remove(p.source)
    return MoveFileOutput(source=p.source, destination=p.destination, moved=True)


def _check_replaceable(p: MoveFile, there: Entry, source: Entry | None) -> None:
    if not p.overwrite:
        raise StepFailed(Failure.CONFLICT, f"{p.destination!r}: it exists already, and `overwrite` is false")
    if there.kind == "folder":
        raise StepFailed(Failure.CONFLICT, f"{p.destination!r} is a folder; name the new path in it")
    if source is not None and source.kind == "folder":
        raise StepFailed(Failure.CONFLICT, f"{p.destination!r} is a file, but the source is a folder")


def _move(files: Files, source: str, destination: str) -> bool:
    """Move within a device, or copy to another and return False: the source is still there."""
    found = files.stat(source)
    if found is None:
        raise StepFailed(Failure.NOT_FOUND, f"{source!r}: it does not exist")
    if files.rename(source, destination):
        return True
    if files.stat(destination) is not None:
        files.remove(destination)
    if found.kind == "folder":
        copy_folder_to(files, source, destination, verify=True)
    elif found.kind == "link":
        files.make_link(destination, files.link_target(source))
    else:
        copy_file_to(files, source, destination, mode=found.mode, verify=True)
    return False
