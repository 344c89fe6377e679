"""How git fails: its own words, read as kinds of failure."""

import re
from typing import NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import ProcessEnded

_LAST_LINES = 20
_COMPLAINT = re.compile(r"^(?:fatal|error): (.*(?:\n\t.*)*)", re.MULTILINE)
_IDENTITY = (
    'say who commits: `git config --global user.name "Your Name"` and '
    "`git config --global user.email you@example.org`"
)


class _Rule(NamedTuple):
    """Words of git (in the locale C), the kind of failure that they mean, and advice."""

    words: str
    kind: Failure
    advice: str = ""


_RULES = [
    _Rule(
        "not a git repository",
        Failure.NOT_FOUND,
        "`git init` makes one; one that begins above the workspace does not count",
    ),
    _Rule(
        "dubious ownership",
        Failure.POLICY_DENIED,
        "it belongs to another user; if you trust it: `git config --global --add safe.directory FOLDER`",
    ),
    _Rule(
        "must be run in a work tree", Failure.INVALID_PARAMETERS, "a bare repository has no files to work on"
    ),
    _Rule("auto-detection is disabled", Failure.AUTHENTICATION, _IDENTITY),
    _Rule("unable to auto-detect", Failure.AUTHENTICATION, _IDENTITY),
    _Rule("empty ident name", Failure.AUTHENTICATION, _IDENTITY),
    _Rule("cannot run", Failure.MISSING_DEPENDENCY, "install it, or configure another"),
    _Rule("did not match any file", Failure.NOT_FOUND),
    _Rule("No space left on device", Failure.STORAGE),
    _Rule(
        ".lock': File exists",
        Failure.CONFLICT,
        "another git works here, or one was killed and left the file behind",
    ),
    _Rule("Permission denied", Failure.AUTHENTICATION),
    _Rule("is not a valid branch name", Failure.INVALID_PARAMETERS),
    _Rule("would be overwritten", Failure.CONFLICT),
    _Rule("not fully merged", Failure.CONFLICT, "merge it before it is deleted"),
    _Rule("annot delete branch", Failure.CONFLICT),
    _Rule("refusing to merge unrelated histories", Failure.CONFLICT),
    _Rule("partial commit during", Failure.CONFLICT, "leave out `files`"),
    _Rule("while merging", Failure.CONFLICT),
    _Rule("in the middle of", Failure.CONFLICT),
    _Rule("need to resolve your current index", Failure.CONFLICT),
    _Rule("already checked out", Failure.CONFLICT),
    _Rule("already used by worktree", Failure.CONFLICT),
    _Rule("already exists", Failure.CONFLICT),
    _Rule("annot lock ref", Failure.CONFLICT),
]


def failure(verb: str, ended: ProcessEnded) -> StepFailed:
    """What it means that `git <verb>` ended so; `detail.last_lines` are git's own."""
    errors = ended.stderr.decode(errors="replace")
    lines = (errors.strip() or ended.stdout.decode(errors="replace").strip()).splitlines()[-_LAST_LINES:]
    complaints = [" ".join(words.split()) for words in _COMPLAINT.findall(errors)]
    said = "\n".join(complaints)
    rule = next((r for r in _RULES if r.words in said), _Rule("", Failure.EXIT_CODE))
    message = f"`git {verb}` failed: {complaints[0] if complaints else _ending(ended.exit_code, lines)}"
    return StepFailed(
        rule.kind,
        f"{message}; {rule.advice}" if rule.advice else message,
        code=ended.exit_code,
        detail={"last_lines": lines},
    )


def _ending(code: int, lines: list[str]) -> str:
    return f"exit code {code}" + (f", {lines[-1]}" if lines else "")
