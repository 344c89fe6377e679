"""Rules about programs and their arguments."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rustchain.logic.safety.findings import Remark, Rule, Severity
from rustchain.logic.safety.places import outside
from rustchain.logic.safety.words import OPEN, Command, Pipeline, pipelines, read, word
from rustchain.model.expression import Template

DELETE_ALL = Rule(
    "RC-CMD-001",
    Severity.CRITICAL,
    "deletes everything below a place that is not the mission's",
    "name a folder of the workspace; the step type delete_file has an undo",
)
DEVICE = Rule("RC-CMD-002", Severity.CRITICAL, "overwrites a disk or device", "work on files")
DOWNLOAD = Rule(
    "RC-CMD-003",
    Severity.HIGH,
    "runs what it downloads",
    "download to a file, check its digest, then run it",
)
SUBSTITUTED = Rule(
    "RC-CMD-005",
    Severity.HIGH,
    "puts values into the text of a program",
    "hand values over as arguments or in `env`, or quote them: {{ value | shell_quote }}",
)
PRIVILEGE = Rule("RC-CMD-006", Severity.HIGH, "asks for more rights", "run the engine as the user that may")
UNREADABLE = Rule("RC-CMD-012", Severity.MEDIUM, "is shell text that does not parse", "close its quotes")
NEEDLESS_SHELL = Rule(
    "RC-CMD-013", Severity.LOW, "uses a shell where none is needed", "give the program and its `args`"
)
RULES = (DELETE_ALL, DEVICE, DOWNLOAD, SUBSTITUTED, PRIVILEGE, UNREADABLE, NEEDLESS_SHELL)

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"})
_INLINE = {
    **dict.fromkeys(_SHELLS, "c"),
    "python": "c",
    "perl": "eE",
    "ruby": "e",
    "node": "e",
    "php": "r",
    "lua": "e",
}
"""Interpreters, and the options after which their program's text stands."""
_INTERPRETERS = frozenset({*_INLINE, "eval", "source", "."})
_DOWNLOADERS = frozenset({"curl", "wget", "fetch", "aria2c"})
_FETCHED = re.compile(
    rf"(?:^|[\s;&|(/])(?:{'|'.join(map(re.escape, sorted(_INTERPRETERS)))})[\d.]*\s[^;&|\n]{{0,500}}?(?:[$<]\(|`)\s*"
    rf"(?:{'|'.join(sorted(_DOWNLOADERS))})\b"
)
_FORMATTERS = re.compile(r"mkfs(\..+)?|wipefs|shred|fdisk|sfdisk|sgdisk|parted|blkdiscard|mkswap")
_DEVICE = re.compile(r"/dev/(?!(?:null|zero|full|tty|stdin|stdout|stderr|u?random)\b|fd/|shm/)")
_TO_DEVICE = re.compile(rf">\s*{_DEVICE.pattern}")
_BROAD = re.compile(r"/+\*?|~[\w-]*/?\*?|(?:\$\{?\w+\}?|\ufffc)/+\*?|\$\{?HOME\}?")
"""All of the system, a home, or what stands below a variable that may be empty."""
_SPECIAL = re.compile(r"[|&;<>()$`*?\[\]{}~#=!\\\n]")


def command_remarks(parameters: Mapping[str, Any]) -> Iterator[Remark]:
    """What is risky in the parameters `command` and `args`."""
    args = parameters.get("args", ())
    given = [parameters["command"], *(args if isinstance(args, list) else [args] if args else [])]
    words = [word(part) for part in given]
    command = read(words)
    yield from _simple(command)
    at = _inline_text(command)
    if at is not None:
        index = command.skipped + 1 + at
        found = _inline(command.program, words[index], given[index])
        yield from (remark._replace(path=("args", index - 1)) for remark in dict.fromkeys(found))


def _simple(command: Command) -> Iterator[Remark]:
    """Rules that look at one command."""
    if asked := command.privilege or _privileging(command):
        yield Remark(PRIVILEGE, asked)
    if _deletes_all(command):
        yield Remark(DELETE_ALL, str(command))
    if _FORMATTERS.fullmatch(command.program) or _writes_device(command):
        yield Remark(DEVICE, str(command))


def _privileging(command: Command) -> str:
    mode = next((a for a in command.arguments if not a.startswith("-")), "")
    set_id = re.fullmatch(r"[ugoa]*\+\w*s\w*|0*[2467]\d{3}", mode)
    return command.program if command.program == "setcap" or (command.program == "chmod" and set_id) else ""


def _deletes_all(command: Command) -> bool:
    targets = [a for a in command.arguments if not a.startswith("-")]
    options = [a for a in command.arguments if a.startswith("-")]
    if command.program == "find":
        return "-delete" in options and any(map(_broad, targets[:1]))
    recursive = any(o == "--recursive" or re.fullmatch(r"-\w*[rR]\w*", o) for o in options)
    return command.program == "rm" and recursive and any(map(_broad, targets))


def _broad(target: str) -> bool:
    return _BROAD.fullmatch(target) is not None or (
        OPEN not in target and "$" not in target and outside(target)
    )


def _writes_device(command: Command) -> bool:
    prefix = {"dd": "of=", "tee": "", "cp": "", "mv": ""}.get(command.program)
    if prefix is None:
        return False
    targets = command.arguments[-1:] if command.program in {"cp", "mv"} else command.arguments
    return any(t.startswith(prefix) and _DEVICE.match(t.removeprefix(prefix)) for t in targets)


def _inline_text(command: Command) -> int | None:
    """Which argument is the text of a program."""
    letters = _INLINE.get(command.program, "")
    for i, option in enumerate(command.arguments[:-1]):
        if not option.startswith("-"):
            return None
        if letters and re.fullmatch(rf"-\w*[{letters}]", option):
            return i + 1
    return None


def _inline(program: str, text: str, written: str | Template) -> Iterator[Remark]:
    if OPEN in text and not _quoted(written):
        yield Remark(SUBSTITUTED, program)
    if program in _SHELLS:
        yield from _shell(program, text)


def _quoted(written: str | Template) -> bool:
    """Whether every expression of a text ends in `shell_quote`."""
    expressions = written.expressions if isinstance(written, Template) else ()
    return all(re.search(r"\|\s*shell_quote\s*$", expression.source) for expression in expressions)


def _shell(program: str, text: str) -> Iterator[Remark]:
    if _TO_DEVICE.search(text):
        yield Remark(DEVICE, text.replace(OPEN, "…"))
    if _FETCHED.search(text):
        yield Remark(DOWNLOAD, text.replace(OPEN, "…"))
    try:
        found = list(pipelines(text))
    except ValueError:
        yield Remark(UNREADABLE, program)
        return
    if not _SPECIAL.search(text):
        yield Remark(NEEDLESS_SHELL, text.replace(OPEN, "…"))
    for pipeline in found:
        yield from _piped(pipeline)


def _piped(pipeline: Pipeline) -> Iterator[Remark]:
    downloading = False
    for command in pipeline:
        yield from _simple(command)
        if downloading and command.program in _INTERPRETERS:
            yield Remark(DOWNLOAD, " | ".join(map(str, pipeline)))
        downloading = downloading or command.program in _DOWNLOADERS
