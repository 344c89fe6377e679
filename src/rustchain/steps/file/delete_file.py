"""Delete a file or a folder."""

from collections.abc import Mapping
from typing import Annotated, Any

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import DeletePath, Output, Parameters, doc, step
from rustchain.steps.file._flags import flag


class DeleteFile(Parameters):
    """
    Delete a file, a link, or with `recursive` a folder.

    A link is deleted, not what it points to. What is deleted stays in the run's trash for an undo.

    Given:
        old.log: "done\\n"
    Example:
        step_type: delete_file
        parameters:
          path: old.log
    """

    path: Annotated[DeletePath, doc("What is deleted.")]
    recursive: Annotated[bool, doc("Delete a folder with all that is in it.")] = False
    missing_ok: Annotated[bool, doc("It is fine if nothing is there.")] = True


class DeleteFileOutput(Output):
    """What became of it."""

    path: Annotated[str, doc("What was to be deleted.")]
    existed: Annotated[bool, doc("Whether it was there.")]
    deleted: Annotated[bool, doc("Whether it was deleted.")]


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    return flag(parameters, "missing_ok", default=True)


def _undo(p: DeleteFile, output: DeleteFileOutput, ctx: Context) -> None:
    if output.deleted:
        ctx.files.restore(p.path)


@step(idempotent=_repeatable, undo=_undo)
def delete_file(p: DeleteFile, ctx: Context) -> DeleteFileOutput:
    """Move what is there into the trash."""
    found = ctx.files.stat(p.path)
    if found is None and not p.missing_ok:
        raise StepFailed(Failure.NOT_FOUND, f"{p.path!r}: it does not exist")
    if found is not None and found.kind == "folder" and not p.recursive:
        raise StepFailed(Failure.CONFLICT, f"{p.path!r} is a folder; `recursive: true` deletes it")
    if found is not None:
        ctx.files.discard(p.path)
    return DeleteFileOutput(path=p.path, existed=found is not None, deleted=found is not None)
