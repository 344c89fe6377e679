"""Change a file atomically."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Annotated, Any

from msgspec import Meta, Struct

from rustchain.logic.expressions.patterns import Match, compile_pattern, expansion
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context
from rustchain.stepkit import (
    UNSET,
    Output,
    Parameters,
    Text,
    Unknown,
    UnsetType,
    WritePath,
    doc,
    effect,
    step,
)
from rustchain.steps.file._encoding import check_encoding, decode, encode
from rustchain.steps.file._flags import flag

_BACKUP = ".bak"


class Replacement(Struct, kw_only=True, forbid_unknown_fields=True, rename={"with_": "with"}):
    """A text to find and what stands there afterwards."""

    find: Annotated[Text, Meta(min_length=1), doc("The text, or the regular expression, to find.")]
    with_: Annotated[
        Text,
        doc(
            "What replaces it; with `regex`, `\\1` is the first group, `\\g<name>` a named one and `\\\\` a backslash."
        ),
    ]
    regex: Annotated[
        bool,
        doc("Read `find` as a regular expression in RE2's syntax: no look-around, no back-references."),
    ] = False
    count: Annotated[int, Meta(ge=0), doc("The most places to replace, from the beginning; 0: all.")] = 0

    def __post_init__(self) -> None:
        if self.regex:
            expansion(compile_pattern(self.find), self.with_)


class EditFile(Parameters):
    """
    Change a file: replace texts in it, append to it, or give it new content.

    The change appears as a whole or not at all. Replacements are made in their order, then `content` is appended.

    Given:
        settings.ini: "level = info\\n"
    Example:
        step_type: edit_file
        parameters:
          path: settings.ini
          replace: [{find: "level = info", with: "level = debug"}]
    """

    path: Annotated[WritePath, doc("The file; it must be there.")]
    content: Annotated[Text | UnsetType, doc("New content, or with `append` what is added at the end.")] = (
        UNSET
    )
    append: Annotated[bool, doc("Add `content` at the end.")] = False
    backup: Annotated[bool, doc("Leave a copy of the old content beside it, named with `.bak`.")] = False
    replace: Annotated[list[Replacement], doc("Replacements, made one after another.")] = []
    encoding: Annotated[str, doc("How the file's bytes are text.")] = "utf-8"
    allow_no_match: Annotated[bool, doc("Bear a `find` that is nowhere in the file.")] = False

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        if isinstance(self.content, UnsetType) and not self.replace:
            raise ValueError("give `content` or `replace`: there is nothing to change")
        if not isinstance(self.content, UnsetType) and self.replace and not self.append:
            raise ValueError("`content` replaces all that `replace` changes; add `append: true`, or drop one")


class EditFileOutput(Output):
    """The file after the change."""

    path: Annotated[str, doc("The file.")]
    size: Annotated[int, doc("Its size in bytes.")]
    modified: Annotated[bool, doc("Whether its content is another than before.")]
    changes: Annotated[int, doc("Places replaced, and one more where `content` was written or added.")]
    backup_path: Annotated[str | None, doc("The copy of the old content; null without `backup`.")]


def _effects(parameters: Mapping[str, Any]) -> Iterator[Effect]:
    path = parameters.get("path", "")
    yield effect(Action.FS_READ, path)
    yield effect(Action.FS_WRITE, path)
    if flag(parameters, "backup", default=False) is not False:
        kept = Unknown(path.source + _BACKUP) if isinstance(path, Unknown) else f"{path}{_BACKUP}"
        yield effect(Action.FS_WRITE, kept)


def _repeatable(parameters: Mapping[str, Any]) -> bool | None:
    """New content may be written twice; a replacement, an addition or a backup made twice is another thing."""
    again = (flag(parameters, name, default=False) for name in ("append", "backup", "replace"))
    answers = {None if known is None else not known for known in again}
    return False if False in answers else None if None in answers else True


def _undo(p: EditFile, output: EditFileOutput, ctx: Context) -> None:
    if output.modified:
        ctx.files.restore(p.path)
    if output.backup_path is not None:
        ctx.files.restore(output.backup_path)


@step(idempotent=_repeatable, effects=_effects, actions=(Action.FS_READ, Action.FS_WRITE), undo=_undo)
def edit_file(p: EditFile, ctx: Context) -> EditFileOutput:
    """Read, change, and write only where something changed."""
    with ctx.files.open(p.path) as file:
        before = file.read()
    after, changes = _changed(p, before, ctx)
    backup = p.path + _BACKUP if p.backup else None
    with ExitStack() as written:
        if backup is not None:
            _write(ctx, backup, before, written)
        if after != before:
            _write(ctx, p.path, after, written)
    return EditFileOutput(
        path=p.path, size=len(after), modified=after != before, changes=changes, backup_path=backup
    )


def _changed(p: EditFile, before: bytes, ctx: Context) -> tuple[bytes, int]:
    if isinstance(p.content, UnsetType) or p.append:
        text, changes = _replaced(decode(before, p.encoding, p.path), p, ctx)
    else:
        text, changes = "", 0
    if isinstance(p.content, UnsetType):
        return encode(text, p.encoding), changes
    return encode(text + p.content, p.encoding), changes + 1


def _replaced(text: str, p: EditFile, ctx: Context) -> tuple[str, int]:
    changes = 0
    for number, replacement in enumerate(p.replace):
        text, places = _replace(text, replacement, ctx)
        if not places and not p.allow_no_match:
            message = f"replace[{number}]: {replacement.find!r} is nowhere in {p.path!r}; `allow_no_match` bears that"
            raise StepFailed(Failure.NOT_FOUND, message)
        changes += places
    return text, changes


def _replace(text: str, r: Replacement, ctx: Context) -> tuple[str, int]:
    if not r.regex:
        places = min(text.count(r.find), r.count or len(text))
        return text.replace(r.find, r.with_, places), places
    pattern = compile_pattern(r.find)
    expand = expansion(pattern, r.with_)

    def put(match: Match) -> str:
        ctx.check()
        return expand(match)

    try:
        return pattern.subn(put, text, r.count)
    except UnicodeEncodeError as error:
        message = f"regular expressions search whole characters only: {error}"
        raise StepFailed(Failure.INVALID_DATA, message) from error


def _write(ctx: Context, path: str, data: bytes, written: ExitStack) -> None:
    """Write a file that is put back where the rest fails."""
    written.enter_context(ctx.files.changing(path))
    with ctx.files.create(path) as file:
        file.write(data)
