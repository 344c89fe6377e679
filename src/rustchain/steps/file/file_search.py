"""Search files by content or by name."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, BinaryIO, Literal

from msgspec import Meta, Struct

from rustchain.logic.expressions.patterns import compile_pattern
from rustchain.model.errors import StepFailed
from rustchain.ports import Context
from rustchain.stepkit import Output, Parameters, ReadPath, Text, doc, step
from rustchain.steps.file._walk import PASSED_OVER, chosen, printable, walk

_LONGEST_LINE = 1 << 20
"""Bytes of a line that are searched at once; what is longer is searched in pieces."""
_LONGEST_TEXT = 1000
"""Characters of a line that a result shows."""
_HEAD = 8192
"""Bytes at the beginning among which a NUL byte marks a binary file: git's rule."""


class FileSearch(Parameters):
    """
    Search the files of a folder for lines with a text, or for names with it.

    Binary files, hidden files and links are passed over. Each line with a match is one result. Regular expressions have
    RE2's syntax: no look-around, no back-references.

    Given:
        src/main.py: "import os\\n# TODO: tidy up\\n"
    Example:
        step_type: file_search
        parameters:
          path: src
          pattern: TODO
          glob: "**/*.py"
    """

    path: Annotated[ReadPath, doc("A folder, or a single file.")]
    pattern: Annotated[Text, Meta(min_length=1), doc("The text, or the regular expression, to find.")]
    mode: Annotated[Literal["content", "name"], doc("Search the lines of files, or their names.")] = "content"
    regex: Annotated[bool, doc("Read `pattern` as a regular expression.")] = False
    glob: Annotated[
        str,
        doc("Search only these: `*.py` for names at any depth, `src/**/*.py` for paths from the folder on."),
    ] = "**/*"
    case_sensitive: Annotated[bool, doc("Tell capital letters from small ones.")] = True
    max_results: Annotated[int, Meta(ge=1), doc("End the search after this many results.")] = 1000
    include_hidden: Annotated[bool, doc("Search files and folders whose name begins with a dot.")] = False

    def __post_init__(self) -> None:
        _finder(self)


class SearchResult(Struct, kw_only=True):
    """A line, or a name, with a match."""

    path: Annotated[str, doc("The file's path from the workspace on.")]
    line: Annotated[int | None, doc("The line, from 1; null for a name.")]
    column: Annotated[int, doc("The character at which the first match begins, from 1.")]
    text: Annotated[str, doc("The line, or the name; of a long line 1,000 characters from the match on.")]


class FileSearchOutput(Output):
    """What was found."""

    pattern: Annotated[str, doc("What was searched for.")]
    results: Annotated[list[SearchResult], doc("Lines or names with a match, by path and line.")]
    matches: Annotated[int, doc("How many results there are.")]
    files_scanned: Annotated[int, doc("Files that were searched.")]
    binary_skipped: Annotated[int, doc("Binary files that were passed over.")]
    truncated: Annotated[bool, doc("Whether there was more than `max_results`.")]


@step(idempotent=True)
def file_search(p: FileSearch, ctx: Context) -> FileSearchOutput:
    """Take results until there are enough."""
    search = _Search(p, ctx)
    found = list(islice(search.results(), p.max_results + 1))
    results = found[: p.max_results]
    return FileSearchOutput(
        pattern=p.pattern,
        results=results,
        matches=len(results),
        files_scanned=search.scanned,
        binary_skipped=search.binary,
        truncated=len(found) > len(results),
    )


class _Search:
    """A search under way, with its counts."""

    def __init__(self, p: FileSearch, ctx: Context) -> None:
        self._p = p
        self._ctx = ctx
        self._find = _finder(p)
        self.scanned = 0
        self.binary = 0

    def results(self) -> Iterator[SearchResult]:
        for path, shown in self._files():
            self.scanned += 1
            if self._p.mode == "name":
                yield from self._in_line(shown, None, os.path.basename(shown), 0)
            else:
                yield from self._in_file(path, shown)

    def _files(self) -> Iterator[tuple[str, str]]:
        """Each file by the path at which it is opened and the one that is shown."""
        root = self._ctx.files.stat(self._p.path, follow=True)
        if root is not None and root.kind == "file":
            yield self._p.path, printable(root.path)
            return
        for inner, entry in walk(self._ctx.files, self._p.path, hidden=self._p.include_hidden):
            if entry.kind == "file" and chosen(inner, self._p.glob):
                yield os.path.join(self._p.path, inner), printable(entry.path)

    def _in_file(self, path: str, shown: str) -> Iterator[SearchResult]:
        try:
            file = self._ctx.files.open(path)
        except StepFailed as failed:
            if failed.kind not in PASSED_OVER:
                raise
            return
        with file:
            if b"\0" in file.read(_HEAD):
                self.scanned, self.binary = self.scanned - 1, self.binary + 1
                return
            file.seek(0)
            for number, offset, text in _lines(file):
                yield from self._in_line(shown, number, text, offset)

    def _in_line(self, path: str, number: int | None, text: str, offset: int) -> Iterator[SearchResult]:
        at = self._find(text)
        if at >= 0:
            shown = text if len(text) <= _LONGEST_TEXT else text[at:][:_LONGEST_TEXT]
            yield SearchResult(path=path, line=number, column=offset + at + 1, text=shown)


def _finder(p: FileSearch) -> Callable[[str], int]:
    """The function to where a text first has the pattern, -1 where nowhere; ValueError where the pattern is none."""
    if p.case_sensitive and not p.regex:
        return lambda text: text.find(p.pattern)
    pattern = compile_pattern(p.pattern, case_sensitive=p.case_sensitive, literal=not p.regex)

    def find(text: str) -> int:
        match = pattern.search(text)
        return -1 if match is None else match.start()

    return find


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, str]]:
    """Number, offset in characters, and text of each line, or of each piece of a very long one."""
    number, offset = 1, 0
    while piece := file.readline(_LONGEST_LINE):
        text = piece.decode("utf-8", "replace")
        yield number, offset, text.rstrip("\r\n")
        number, offset = (number + 1, 0) if piece.endswith(b"\n") else (number, offset + len(text))
