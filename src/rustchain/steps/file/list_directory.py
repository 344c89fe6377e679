"""List what is in a folder."""

import os
from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Struct

from rustchain.ports import Context, Entry
from rustchain.stepkit import UNSET, Output, Parameters, ReadPath, UnsetType, doc, step
from rustchain.steps.file._walk import chosen, printable, walk

_KINDS = {"file": "file", "folder": "folder", "directory": "folder", "link": "link"}


class ListDirectory(Parameters):
    """
    List the entries of a folder, sorted by name.

    Links are listed and not followed.

    Given:
        src/main.py: "print()\\n"
        src/data.json: "{}"
    Example:
        step_type: list_directory
        parameters:
          path: src
          pattern: "*.py"
    """

    path: Annotated[ReadPath, doc("The folder.")] = "."
    pattern: Annotated[
        str | UnsetType,
        doc("A shell pattern: `*.py` for names at any depth, `src/**/*.py` for paths from the folder on."),
    ] = UNSET
    recursive: Annotated[bool, doc("List the folders in it as well, each before what is in it.")] = False
    include_hidden: Annotated[bool, doc("List entries whose name begins with a dot.")] = False
    kind: Annotated[Literal["any", "file", "folder", "directory", "link"], doc("List only these.")] = "any"


class ListedEntry(Struct, kw_only=True):
    """One entry."""

    name: Annotated[str, doc("Its name.")]
    path: Annotated[str, doc("Its path from the workspace on.")]
    is_dir: Annotated[bool, doc("Whether it is a folder.")]
    size: Annotated[int, doc("Its size in bytes.")]
    modified: Annotated[str, doc("When its content last changed: RFC 3339, UTC.")]


class ListDirectoryOutput(Output):
    """The entries."""

    path: Annotated[str, doc("The folder.")]
    entries: Annotated[list[ListedEntry], doc("The entries.")]
    count: Annotated[int, doc("How many they are.")]


@step(idempotent=True)
def list_directory(p: ListDirectory, ctx: Context) -> ListDirectoryOutput:
    """Walk the folder and choose."""
    found = walk(ctx.files, p.path, hidden=p.include_hidden, recursive=p.recursive)
    entries = [_listed(inner, entry) for inner, entry in found if _wanted(p, inner, entry)]
    return ListDirectoryOutput(path=p.path, entries=entries, count=len(entries))


def _wanted(p: ListDirectory, inner: str, entry: Entry) -> bool:
    of_kind = p.kind == "any" or entry.kind == _KINDS[p.kind]
    return of_kind and (isinstance(p.pattern, UnsetType) or chosen(inner, p.pattern))


def _listed(inner: str, entry: Entry) -> ListedEntry:
    return ListedEntry(
        name=printable(os.path.basename(inner)),
        path=printable(entry.path),
        is_dir=entry.kind == "folder",
        size=entry.size,
        modified=f"{datetime.fromtimestamp(entry.modified, UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
