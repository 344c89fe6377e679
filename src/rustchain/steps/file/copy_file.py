"""Copy a file or a folder."""

from collections.abc import Mapping
from typing import Annotated, Any

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import Output, Parameters, ReadPath, WritePath, doc, step
from rustchain.steps.file._copying import Copied, check_apart, copy_file_to, copy_folder_to
from rustchain.steps.file._flags import flag


class CopyFile(Parameters):
    """
    Copy a file, or a folder with all that is in it.

    Permissions are kept, and links in a folder stay links. A folder copied onto one that is there is merged into it.

    Given:
        data/in.csv: "a,b\\n1,2\\n"
    Example:
        step_type: copy_file
        parameters:
          source: data/in.csv
          destination: backup/in.csv
    """

    source: Annotated[ReadPath, doc("What is copied.")]
    destination: Annotated[WritePath, doc("The copy itself, not the folder that it goes into.")]
    overwrite: Annotated[bool, doc("Replace files that are there; else the step fails.")] = True
    verify: Annotated[bool, doc("Read the copy again and compare it.")] = True


class CopyFileOutput(Output):
    """The copy."""

    source: Annotated[str, doc("What was copied.")]
    destination: Annotated[str, doc("The copy.")]
    size: Annotated[int, doc("Bytes copied.")]
    sha256: Annotated[
        str,
        doc(
            "SHA-256 of the bytes; for a folder, of a line `<sha256>  <path>` for each of its files, in order."
        ),
    ]


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    return flag(parameters, "overwrite", default=True)


def _undo(p: CopyFile, output: CopyFileOutput, ctx: Context) -> None:
    ctx.files.restore(p.destination)


@step(idempotent=_repeatable, undo=_undo)
def copy_file(p: CopyFile, ctx: Context) -> CopyFileOutput:
    """Copy, and keep what was at the destination for the undo."""
    check_apart(p.source, p.destination)
    found = ctx.files.stat(p.source, follow=True)
    if found is None:
        raise StepFailed(Failure.NOT_FOUND, f"{p.source!r}: it does not exist")
    _check_destination(p, ctx, folder=found.kind == "folder")
    with ctx.files.changing(p.destination):
        copied = _copy(p, ctx, folder=found.kind == "folder", mode=found.mode)
    return CopyFileOutput(source=p.source, destination=p.destination, size=copied.size, sha256=copied.sha256)


def _copy(p: CopyFile, ctx: Context, *, folder: bool, mode: int) -> Copied:
    if folder:
        return copy_folder_to(ctx.files, p.source, p.destination, verify=p.verify)
    return copy_file_to(ctx.files, p.source, p.destination, mode=mode, verify=p.verify)


def _check_destination(p: CopyFile, ctx: Context, *, folder: bool) -> None:
    there = ctx.files.stat(p.destination, follow=True)
    if there is None:
        return
    if not p.overwrite:
        raise StepFailed(Failure.CONFLICT, f"{p.destination!r}: it exists already, and `overwrite` is false")
    if folder != (there.kind == "folder"):
        what = (
            "a folder; name the file in it"
            if there.kind == "folder"
            else "a file, but the source is a folder"
        )
        raise StepFailed(Failure.CONFLICT, f"{p.destination!r} is {what}")
