"""Missions that went wrong at random: a good one with parts of its data or of its text changed. Equal seeds, equal texts."""

import json
import random
from collections.abc import Iterator
from typing import Any

import yaml

from rustchain.logic.documents import load_document

MISSION = """\
version: "1.0"
name: Everything
description: One of each
inputs:
  region: {type: string, default: EU, enum: [EU, US]}
  token: {type: string, secret: true, default: hunter2hunter2}
variables: {bucket: reports}
secrets: {pg: {from: env:PG_URL}}
config:
  timeout_seconds: 60
  parallel_limit: 3
  connections: {db: {url: "{{ secrets.pg }}"}}
  lock: {key: "x-{{ inputs.region }}"}
  settings: {colour: red}
steps:
  - &first {id: first, step_type: noop, parameters: {message: "{{ inputs.region }} {{ env.HOME }}", values: {n: 1}}}
  - id: each
    step_type: probe
    depends_on: [first]
    foreach: "{{ [1, 2] }}"
    max_parallel: 2
    parameters: {path: "out/{{ item }}", count: "{{ first.output.values.n }}", args: [a, "{{ index }}"]}
    retry: {attempts: 2, backoff: exponential, on: [timeout, 3]}
  - id: poll
    step_type: probe
    depends_on: [{step: each, on: always}]
    parameters: {file_name: x, headers: {Authorization: "Bearer {{ secrets.pg }}"}}
    repeat: {until: output.size > 1, max: 3}
    expect: output.size > 0
    when: each.status == 'Success'
    env: {A: "{{ secrets.pg }}"}
    sandbox: {require: auto, limits: {cpu_s: 1}}
  - id: child
    step_type: mission
    depends_on: [poll]
    parameters:
      inputs: {who: "{{ poll.output.size }}"}
      steps: [{id: inner, step_type: noop, parameters: {message: "{{ inputs.who }}"}}]
finally:
  - {id: clean, step_type: hook, parameters: {target: "{{ run.status }}"}}
outputs: {total: "{{ poll.output.size }}"}
"""

_ODD: list[Any] = [
    None, True, -1, 0, 1.5, 2**64 - 1, "", "first", "each", "{{", "{{ }}", "{{ nosuch }}", "{{ item.x }}", "{{ each.output[0].x }}",
    "{{ 1 +", "noop", "Mission", "a b", "\u2028", "\U0001f600" * 3, [], {}, [[]], [None, {"step": "first"}], {"x": {"y": ["{{ z }}"]}},
    {"id": "first", "step_type": "noop"}, {"file": "absent.yaml"}, "x" * 300,
]  # fmt: skip
_SIGNS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "*first",
    "<<: ",
    "- ",
    "? ",
    "!!x ",
    "|",
    "'",
    '"',
    "#",
    "---\n",
    "\0",
    "\x85",
    "{{",
    "\ud83d",
]


def mutated(seed: int, text: str = MISSION) -> tuple[str, str]:
    """A file name and a text: the mission with up to five changes to its data or to its text."""
    source = random.Random(seed)
    if source.random() < 0.6:
        value = load_document(text, "m.yaml").value
        for _ in range(source.randint(1, 5)):
            _change(value, source)
        if source.random() < 0.5:
            return "m.json", json.dumps(value)
        return "m.yaml", yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    for _ in range(source.randint(1, 5)):
        at = source.randrange(len(text))
        text = text[:at] + source.choice(_SIGNS) + text[at + source.randint(0, 5) :]
    return "m.yaml", text


def _change(value: Any, source: random.Random) -> None:
    """Replace, remove, copy or rename one part of the data."""
    holder, key = source.choice(list(_parts(value)))
    kind = source.randrange(4)
    if kind == 0:
        holder[key] = source.choice(_ODD)
    elif kind == 1:
        del holder[key]
    elif isinstance(holder, list):
        holder.insert(key, holder[source.randrange(len(holder))])
    else:
        name = key[:-1] if kind == 2 and len(key) > 1 else key + "x"
        holder[name] = holder.pop(key)


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of the data but the root."""
    todo = [value]
    while todo:
        holder = todo.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                todo.append(holder[key])
