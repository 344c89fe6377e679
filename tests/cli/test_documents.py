"""`--json`: whatever is called, however it ends, stdout holds one JSON document."""

import json

import click
import pytest

from harness.program import TWO, Shell
from rustchain.cli.groups import Folder, program

GOOD = [
    "audit verify", "config check", "config init", "config show", "config validate", "doctor", "example",
    "example hello", "explain RC104", "init new", "logs @last", "logs @last --step a", "mission execute two.yaml",
    "mission graph two.yaml", "mission info two.yaml", "mission list", "mission validate two.yaml two.yaml", "plan two.yaml",
    "resume @last", "retry @last --from a", "run two.yaml", "run two.yaml --dry-run", "runs", "runs --waiting",
    "safety validate two.yaml", "schema", "schema noop", "show @last", "show @last --output a.message", "steps list",
    "steps show noop", "validate two.yaml", "version", "why @last a",
]  # fmt: skip
BAD = [
    "cancel @last", "cancel nosuch", "config show --config nosuch", "example nosuch", "explain RC999", "logs @last --item 1",
    "logs @last --step nosuch", "logs nosuch", "mission graph bad.yaml", "mission info bad.yaml", "mission list nosuch", "nosuch",
    "plan bad.yaml", "resume nosuch", "resume @last --decide a", "retry @last", "retry nosuch", "run bad.yaml", "run nosuch.yaml",
    "run fails.yaml", "run two.yaml --only nosuch", "runs --last soon", "runs --nosuch", "safety validate bad.yaml",
    "schema nosuch", "show @last --output nosuch", "show nosuch", "steps list --family nosuch", "steps show nosuch",
    "validate bad.yaml two.yaml nosuch.yaml .", "why @last nosuch", "why nosuch a",
]  # fmt: skip


@pytest.fixture
def place(shell: Shell) -> Shell:
    """A folder with missions and a run."""
    shell.write("two.yaml", TWO)
    shell.write("bad.yaml", "- 1\n")
    shell.mission("- {id: a, step_type: command, parameters: {command: 'false'}}", name="fails.yaml")
    shell("run", "two.yaml")
    return shell


@pytest.mark.parametrize("words", GOOD)
def test_what_goes_well_is_one_document(place: Shell, words: str) -> None:
    done = place(*words.split(), "--json")
    assert "error" not in done.err
    json.loads(done.out)


@pytest.mark.parametrize("words", BAD)
def test_what_goes_wrong_is_one_document_too(place: Shell, words: str) -> None:
    done = place(*words.split(), "--json")
    assert done.code != 0
    json.loads(done.out)


def commands(folder: Folder, *before: str) -> list[str]:
    """Every command of the program, as it is called."""
    context = click.Context(folder)
    found = []
    for name in folder.list_commands(context):
        one = folder.get_command(context, name)
        found += commands(one, *before, name) if isinstance(one, Folder) else [" ".join([*before, name])]
    return found


def test_no_command_is_left_out() -> None:
    tried = GOOD + BAD
    assert [
        name for name in commands(program()) if not any(f"{w} ".startswith(f"{name} ") for w in tried)
    ] == []
