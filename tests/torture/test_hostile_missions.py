"""Missions that went wrong at random, through the error boundary and through the program: told with places, no traceback."""

import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from harness import warm
from harness.mutations import mutated
from harness.program import Shell
from harness.torture import Tally
from rustchain.model.failures import INVALID, REFUSED

GOOD = """\
version: "1.0"
name: Everything real
inputs:
  region: {type: string, default: EU, enum: [EU, US]}
  token: {type: string, secret: true, default: hunter2hunter2}
variables: {folder: out}
secrets: {key: {from: "env:API_KEY"}}
config: {timeout_seconds: 60, parallel_limit: 3, retry_attempts: 1, lock: {key: "x-{{ inputs.region }}"}, settings: {colour: red}}
steps:
  - &fetch
    id: fetch
    step_type: http
    parameters: {url: "https://example.com/{{ inputs.region }}", headers: {Authorization: "Bearer {{ secrets.key }}"}}
    retry: {attempts: 2, backoff: exponential, on: [timeout, 503]}
  - id: rows
    step_type: csv_process
    depends_on: [fetch]
    parameters:
      content: "{{ fetch.output.response }}"
      operations: [{op: filter, where: "value > 10"}, {op: sort, by: value}]
  - id: each
    step_type: create_file
    depends_on: [rows]
    foreach: "{{ rows.output.records }}"
    max_parallel: 2
    parameters: {path: "{{ folder }}/{{ index }}.txt", content: "{{ item.name | upper }}", mode: "0644"}
  - id: poll
    step_type: command
    depends_on: [{step: each, on: always}]
    when: each.status == 'Success'
    parameters: {command: sh, args: [-c, "echo {{ config.colour }}"], env: {KEY: "{{ secrets.key }}"}, timeout: 5}
    repeat: {until: "output.exit_code == 0", max: 3, delay_ms: 10}
    expect: output.stdout != ''
    idempotent: true
  - id: parsed
    step_type: parse_json
    depends_on: [poll]
    parameters: {content: '{"a": [1, 2]}', query: "a[0]", schema: {type: object, required: [a]}}
  - id: child
    step_type: mission
    depends_on: [parsed]
    parameters:
      inputs: {who: "{{ parsed.output.parsed }}"}
      steps: [{id: inner, step_type: noop, parameters: {message: "{{ inputs.who }}"}}]
  - {id: pause, step_type: wait, parameters: {seconds: 0.1}, continue_on_error: true}
finally:
  - {id: clean, step_type: delete_file, parameters: {path: "{{ folder }}", recursive: true}}
outputs: {total: "{{ rows.output.row_count }}"}
"""
OTHERS = (("plan",), ("run", "--dry-run"), ("mission", "graph"), ("mission", "info"), ("safety", "validate"))
HUNDREDS = [0, *(pytest.param(n, marks=pytest.mark.torture) for n in range(1, 21))]
FIVES = [0, *(pytest.param(n, marks=pytest.mark.torture) for n in range(1, 20))]


def hostile(seed: int) -> tuple[str, bytes]:
    """A file name and its content: the mission with changes to its data, to its text, or to its bytes."""
    if seed % 4:
        name, text = mutated(seed, GOOD)
        return name, text.encode("utf-8", "surrogatepass")
    chance = random.Random(seed)
    data = bytearray(GOOD.encode())
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data))
        data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return "m.yaml", bytes(data[: chance.randint(0, len(data))] if seed % 8 else data)


def check(problems: list[dict[str, Any]], data: bytes) -> None:
    """Each problem has a place, and that is in the file."""
    assert problems
    lines = len(data.decode("utf-8", "replace").splitlines()) + 1
    for problem in problems:
        assert 1 <= problem["line"] <= lines, problem
        assert problem["column"] >= 1, problem
        assert problem["code"].startswith("RC"), problem
        assert problem["message"], problem


def test_the_mission_that_is_changed_is_right(shell: Shell) -> None:
    assert shell("validate", shell.write("m.yaml", GOOD)).code == 0


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_hostile_missions_are_told_with_places(hundred: int, shell: Shell, tally: Tally) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
        bad = judge(seed, shell)
        tally({"missions in process": 1, "bad missions in process": bad})


def judge(seed: int, shell: Shell) -> bool:
    """What two commands say of a hostile mission; whether it is a bad one."""
    name, data = hostile(seed)
    (shell.folder / name).write_bytes(data)
    done = shell("validate", name, "--json")
    assert done.code in (0, INVALID.code), (seed, done)
    if done.code:
        check(done.json["files"][name], data)
    other = shell(*OTHERS[seed % len(OTHERS)], name)
    assert other.code in ((INVALID.code,) if done.code else (0, REFUSED.code)), (seed, done, other)
    for word in ("Traceback", "a bug in RustChain"):
        assert word not in done.err + other.err + other.out
    if done.code:
        assert other.err.count("error[RC") <= other.err.count(f" --> {name}:"), (seed, other)
    return done.code != 0


@pytest.mark.parametrize("five", FIVES)
def test_the_program_refuses_bad_missions(five: int, tmp_path: Path, tally: Tally) -> None:
    seeds = (seed for seed in range(five * 100, five * 100 + 100) if invalid(seed, tmp_path))
    for seed in islice(seeds, 5):
        name, data = hostile(seed)
        done = warm.call(tmp_path, "run", name, "--json", warm=False)
        assert done.code == INVALID.code, (seed, done)
        assert "Traceback" not in done.err
        check(done.json["error"]["problems"], data)
        assert not (tmp_path / ".state").exists()
        tally({"bad missions through the program": 1})


def invalid(seed: int, folder: Path) -> bool:
    """Write a hostile mission; whether it must not be run."""
    name, data = hostile(seed)
    (folder / name).write_bytes(data)
    return warm.call(folder, "validate", name).code == INVALID.code
