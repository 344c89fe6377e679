"""
Documents whose code blocks are tested. What each block means:

* a block with a title, ```` ```yaml title="NAME" ````, is the file NAME of the folder in which the document is played;
* ```` ```console ```` is a dialogue with a shell in that folder: each line that begins with `$ ` is a command, the lines
  below it are all that it prints, and it succeeds, or ends with the N of `# exit N` at its end. `…` stands for any
  text, alone on a line for any lines. Times, run ids and run names may differ, and so may the width of gaps.

Blocks are played in their order, in one folder and one shell.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from harness.program import PROGRAM, surroundings

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r'^( *)```(\w+)(?: title="([^"]+)")?\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
_END = "-- ended: "
_ALIKE = (
    (re.compile(r"\b[0-9a-z]{26}\b"), "<run>"),
    (re.compile(r"\b[a-z]+-[a-z]+-\d{1,3}\b"), "<name>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "<moment>"),
    (re.compile(r"\b(\d+ ms|\d+\.\d s)(?!\w)"), "<time>"),
    (re.compile(r"[ \t]+"), " "),
)


class Block(NamedTuple):
    """A code block of a document; `title` is "" where it has none."""

    language: str
    title: str
    text: str


class Command(NamedTuple):
    """A command of a dialogue, with what it has to print and its exit code."""

    text: str
    output: str
    code: int


def blocks(document: str) -> list[Block]:
    """The code blocks of a document of the project that say their language."""
    found = _BLOCK.findall((ROOT / document).read_text("utf-8"))
    return [Block(language, title, dedent(text)) for _, language, title, text in found]


def play(document: str, folder: Path) -> list[str]:
    """Write a document's files and carry out its commands in a folder; what came out other than it says."""
    commands = []
    for block in blocks(document):
        if block.title:
            commands.append(Command(_written(block), "", 0))
        elif block.language == "console":
            commands += _dialogue(block.text)
    return [
        f"$ {said.text}\nsaid:\n{said.output}\n--- but was, with exit code {code}:\n{output}"
        for said, (output, code) in zip(commands, _carry_out(commands, folder), strict=True)
        if code != said.code or not _matches(said.output, output)
    ]


def _written(block: Block) -> str:
    return (
        f"mkdir -p $(dirname {block.title}) && cat > {block.title} <<'END OF FILE'\n{block.text}END OF FILE"
    )


def _dialogue(text: str) -> Iterator[Command]:
    for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, output = command.partition("\n")
        line, _, code = line.partition("# exit ")
        yield Command(line.strip(), output.strip(), int(code or 0))


def _carry_out(commands: list[Command], folder: Path) -> Iterator[tuple[str, int]]:
    """What each command printed, and its exit code."""
    script = "".join(f"{command.text}\nprintf '\\n{_END}%s\\n' $?\n" for command in commands)
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder, env=surroundings(folder, PATH=path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=100, check=False,
    )  # fmt: skip
    pieces = re.split(rf"^{_END}(\d+)$", done.stdout, flags=re.MULTILINE)
    return zip(map(str.strip, pieces[::2]), map(int, pieces[1::2]), strict=False)


def _matches(said: str, output: str) -> bool:
    escaped = "\n".join(map(re.escape, _alike(said).splitlines()))
    pattern = re.sub(r"^…\n", r"(?:.*\n)?", escaped, flags=re.MULTILINE).replace("…", ".*")
    return re.fullmatch(pattern, _alike(output), re.DOTALL) is not None


def _alike(text: str) -> str:
    """A text with a word in place of what is different every time."""
    for pattern, word in _ALIKE:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines())
