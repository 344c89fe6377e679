"""Make an archive, or unpack one."""

import os
from typing import Annotated, Literal

from msgspec import Meta

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Entry
from rustchain.stepkit import (
    UNSET,
    Output,
    Parameters,
    ReadPath,
    Requirement,
    UnsetType,
    WritePath,
    doc,
    step,
)
from rustchain.steps.system import _packing
from rustchain.steps.system._archive import LEVELS, USUAL_LEVEL, Format, format_of
from rustchain.steps.system._unpacking import Unpacking


class Compress(Parameters):
    """
    Pack a file or a folder into an archive, or unpack one.

    The same content makes the same archive: it is sorted, and names no owner. What is in a folder is named from there.
    Unpacked into a folder that is there, other entries stay; where it fails, the folder is as it was. Refused are
    names and links that would leave the folder, devices, and archives from which more comes out than 16 GiB, a
    million entries, or 200 times their size (64 MiB always may).

    Given:
        report/a.txt: "hello\\n"
        report/more/b.txt: "world\\n"
    Example:
        step_type: compress
        parameters:
          source: report
          destination: report.tar.gz
    """

    source: Annotated[ReadPath, doc("The file or folder to pack, or the archive.")]
    destination: Annotated[
        WritePath, doc("The archive; to extract, the folder that its content comes to, for gz the file.")
    ]
    format: Annotated[
        Format | UnsetType, doc("The archive's format; without it the ending of its name says.")
    ] = UNSET
    operation: Annotated[Literal["compress", "extract"], doc("Whether to pack or to unpack.")] = "compress"
    level: Annotated[
        Annotated[int, Meta(ge=0, le=22)] | UnsetType,
        doc("From fast to small: 0 to 9, for tar.zst 1 to 22; without it 6 and 3."),
    ] = UNSET

    def __post_init__(self) -> None:
        levels = LEVELS[_format(self)]
        if self.level is not UNSET and self.operation == "extract":
            raise ValueError("`level` is for packing")
        if not isinstance(self.level, UnsetType) and self.level not in levels:
            known = f"{levels[0]} to {levels[-1]}" if levels else "no level at all"
            raise ValueError(f"{_format(self)} knows {known}")


class CompressOutput(Output):
    """What was made."""

    source: Annotated[str, doc("What was packed, or the archive.")]
    destination: Annotated[str, doc("The archive, or what was unpacked.")]
    format: Annotated[str, doc("The archive's format.")]
    size: Annotated[int, doc("Bytes made: of the archive, or of all that was unpacked.")]
    files: Annotated[int, doc("Files and links in it; folders are not counted.")]
    ratio: Annotated[float, doc("The archive's size for each byte that was packed; 0 where there is none.")]


def _format(p: Compress) -> Format:
    archive = p.destination if p.operation == "compress" else p.source
    format = format_of(archive) if isinstance(p.format, UnsetType) else p.format
    if format is None:
        raise ValueError(f"the name {archive!r} tells no format; give one of {', '.join(LEVELS)} as `format`")
    return format


def _undo(p: Compress, output: CompressOutput, ctx: Context) -> None:
    ctx.files.restore(p.destination)


@step(idempotent=True, undo=_undo, needs=(Requirement(package="zstandard", extra="compress"),))
def compress(p: Compress, ctx: Context) -> CompressOutput:
    """Pack or unpack, and keep what was at the destination for the undo."""
    source = ctx.files.stat(p.source, follow=True)
    if source is None:
        raise StepFailed(Failure.NOT_FOUND, f"{p.source!r}: it does not exist")
    with ctx.files.changing(p.destination):
        return _extract(p, source, ctx) if p.operation == "extract" else _compress(p, source, ctx)


def _compress(p: Compress, source: Entry, ctx: Context) -> CompressOutput:
    if source.kind == "folder" and _format(p) == "gz":
        message = f"{p.source!r} is a folder, and gz holds one file; take tar.gz"
        raise StepFailed(Failure.INVALID_PARAMETERS, message)
    level = USUAL_LEVEL[_format(p)] if isinstance(p.level, UnsetType) else p.level
    own = os.path.normpath(p.destination)
    root = source._replace(path=os.path.normpath(p.source))
    # All is known before the archive is begun, which may lie in the folder.
    found = [each for each in _packing.contents(ctx.files, root) if each.entry.path != own]
    with ctx.files.create(p.destination) as archive:
        packed = _packing.pack(ctx.files, found, archive, _format(p), level)
    made = ctx.files.stat(p.destination, follow=True)
    size = made.size if made else 0
    return _output(p, size, packed.files, size, packed.size)


def _extract(p: Compress, source: Entry, ctx: Context) -> CompressOutput:
    with ctx.files.open(p.source) as archive:
        unpacking = Unpacking(ctx.files, source.size)
        try:
            unpacked = unpacking.unpack(archive, _format(p), p.destination)
        except StepFailed as failed:
            raise StepFailed(failed.kind, f"{p.source!r}: {failed.message}") from failed
    return _output(p, unpacked.size, unpacked.files, source.size, unpacked.size)


def _output(p: Compress, size: int, files: int, packed: int, content: int) -> CompressOutput:
    return CompressOutput(
        source=p.source,
        destination=p.destination,
        format=_format(p),
        size=size,
        files=files,
        ratio=round(packed / content, 4) if content else 0.0,
    )
