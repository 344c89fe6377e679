"""Write a file atomically."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from rustchain.ports import Context
from rustchain.stepkit import UNSET, Output, Parameters, Text, UnsetType, WritePath, doc, step
from rustchain.steps.file._encoding import check_encoding, encode
from rustchain.steps.file._flags import flag

_Digits = Annotated[str, Meta(pattern="^0?[0-7]{3,4}$")]
_Number = Annotated[int, Meta(ge=0, le=7777)]


class CreateFile(Parameters):
    """
    Create a file, or replace what is in it.

    The file appears as a whole or not at all; missing folders on the way are made.

    Example:
        step_type: create_file
        parameters:
          path: reports/summary.md
          content: "# Summary\\n"
          mode: "640"
    """

    path: Annotated[WritePath, doc("The file.")]
    content: Annotated[Text, doc("What is written.")] = ""
    mode: Annotated[
        _Digits | _Number | UnsetType,
        doc(
            'Permissions as octal digits, such as "640"; a number is read by its digits, so 640 is the same. '
            "Without it a new file gets the usual ones, and a file that is there keeps its own."
        ),
    ] = UNSET
    overwrite: Annotated[bool, doc("Replace a file that is there; else the step fails.")] = True
    encoding: Annotated[str, doc("How text becomes bytes; `base64`: the content is base64 of the bytes.")] = (
        "utf-8"
    )

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        if set(str(self.mode)) & set("89"):
            raise ValueError(f"`mode` {self.mode} has digits that are not octal; permissions look like 644")


class CreateFileOutput(Output):
    """The file that was written."""

    path: Annotated[str, doc("The file.")]
    size: Annotated[int, doc("Its size in bytes.")]
    created: Annotated[bool, doc("Whether it was not there before.")]
    sha256: Annotated[str, doc("SHA-256 of its bytes, in hexadecimal.")]


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    return flag(parameters, "overwrite", default=True)


def _undo(p: CreateFile, output: CreateFileOutput, ctx: Context) -> None:
    ctx.files.restore(p.path)


@step(idempotent=_repeatable, undo=_undo)
def create_file(p: CreateFile, ctx: Context) -> CreateFileOutput:
    """Write, and keep what was there for the undo."""
    data = encode(p.content, p.encoding)
    mode = None if isinstance(p.mode, UnsetType) else int(str(p.mode), 8)
    created = ctx.files.stat(p.path, follow=True) is None
    with (
        ctx.files.changing(p.path),
        ctx.files.create(p.path, mode=mode, overwrite=p.overwrite) as file,
    ):
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    return CreateFileOutput(path=p.path, size=len(data), created=created, sha256=digest)
