"""A mission of fifty steps with something of everything, whose steps note what they do and whom they meet."""

import json
import random
from pathlib import Path
from typing import Any

TOKEN = "token-of-the-torture-mission"
WORK = r"""#!/bin/sh
# work NAP [WORD]: tell of processes of other engines that are alive, note that this step began, leave a process behind.
while read -r engine pid; do
    [ "$engine" != "$RUSTCHAIN_ENGINE" ] || continue
    read -r _ _ state _ 2>&- < "/proc/$pid/stat" || continue
    [ "$state" = Z ] || echo "$RUSTCHAIN_STEP met $pid of $engine" >> met
done < pids
echo "$RUSTCHAIN_ENGINE $$" >> pids
echo "$RUSTCHAIN_ENGINE ${RUSTCHAIN_STEP#*:}" >> log
if [ "$1" != 0 ]; then
    setsid sleep 30 &
    echo "$RUSTCHAIN_ENGINE $!" >> pids
    sleep "$1"
fi
echo "$2"
"""
FAILING = "sh work 0 && { [ -e failed ] || { : > failed; exit 1; }; }"
ONCE = frozenset({"c8", "f5", "f10", "f15", "f20", "child/k3", "move", "edit"})
"""Paths of steps that must not be repeated."""
Step = dict[str, Any]


def write(folder: Path, seed: int) -> None:
    """Write the mission and what its steps need; seeds differ in the order of steps, in slots, and in how long steps take."""
    (folder / "work").write_text(WORK)
    for name in ("pids", "log", "met"):
        (folder / name).touch()
    (folder / "m.json").write_text(json.dumps(mission(random.Random(seed))))


def mission(chance: random.Random) -> Step:
    """The mission, as data."""
    steps = [*_chain(chance), *_fan(chance), *_files(), *_others(chance)]
    join = _work("join", chance, after=[step["id"] for step in steps])
    chance.shuffle(steps)
    return {
        "version": "1.0",
        "name": "Fifty",
        "secrets": {"token": {"from": "env:TORTURE_TOKEN"}},
        "config": {"max_concurrent_steps": chance.choice([3, 6, 16])},
        "steps": [*steps, join],
        "finally": [_work("last", chance)],
        "outputs": {
            "size": "{{ c4.output.stdout | length }}",
            "secret": "{{ c6.output.stdout }}",
            "items": "{{ each.output | map(attribute='stdout') | join }}",
            "rounds": "{{ poll.output.stdout }}",
            "file": "{{ read.output.content }}",
            "skipped": "{{ skip.status }}",
            "child": "{{ child.output.word }}",
            "failed": "{{ flaky.status }}",
        },
    }


def _work(
    id: str, chance: random.Random, word: str = "", after: list[str] | None = None, **more: Any
) -> Step:
    nap = chance.choice(["0", "0", "0", "0.002", "0.01"])
    return {
        "id": id,
        "step_type": "command",
        "depends_on": after or [],
        "parameters": {"command": "sh", "args": ["work", nap, word]},
        "idempotent": id not in ONCE and id != "k3",
        **more,
    }


def _chain(chance: random.Random) -> list[Step]:
    steps = [_work(f"c{n}", chance, after=[f"c{n - 1}"] if n > 1 else []) for n in range(1, 11)]
    big = 'sh work 0 && head -c 70000 /dev/zero | tr "\\0" x'
    steps[3]["parameters"]["args"] = ["-c", big]
    steps[5]["parameters"]["args"] = ["-c", 'sh work 0 "$TOKEN"']
    steps[5]["env"] = {"TOKEN": "{{ secrets.token }}"}
    return steps


def _fan(chance: random.Random) -> list[Step]:
    return [_work(f"f{n}", chance, after=["c10"]) for n in range(1, 21)]


def _files() -> list[Step]:
    steps: list[tuple[str, str, Step]] = [
        ("create", "create_file", {"path": "made/a", "content": "one\n"}),
        ("copy", "copy_file", {"source": "made/a", "destination": "made/b"}),
        ("edit", "edit_file", {"path": "made/b", "content": "two\n", "append": True}),
        ("move", "move_file", {"source": "made/b", "destination": "made/c"}),
        ("delete", "delete_file", {"path": "made/a"}),
        ("read", "read_file", {"path": "made/c"}),
    ]
    before = [[], *([id] for id, _, _ in steps)]
    return [
        {"id": id, "step_type": type, "depends_on": after, "parameters": parameters}
        for (id, type, parameters), after in zip(steps, before, strict=False)
    ]


def _others(chance: random.Random) -> list[Step]:
    child = [
        _work("k1", chance, "kindred"),
        _work("k2", chance, "{{ item }}", after=["k1"], foreach=[1, 2], max_failures=0),
        _work("k3", chance, after=["k2"]),
        {
            "id": "word",
            "step_type": "noop",
            "depends_on": ["k3"],
            "parameters": {"message": "{{ k1.output.stdout }}"},
        },
    ]
    again = "{{ 1 if previous is none else (previous.stdout | int) + 1 }}"
    return [
        {
            **_work("flaky", chance),
            "parameters": {"command": "sh", "args": ["-c", FAILING]},
            "retry": {"attempts": 3, "delay_ms": 5},
        },
        _work("each", chance, "{{ item }}", foreach=["a", "b", "c", "d", "e"], max_parallel=3, after=["c2"]),
        _work("poll", chance, again, repeat={"until": "(output.stdout | int) == 3", "max": 5, "delay_ms": 1}),
        {"id": "child", "step_type": "mission", "depends_on": ["c3"], "parameters": {"steps": child}},
        {
            "id": "note",
            "step_type": "noop",
            "parameters": {"values": {"size": "{{ c4.output.stdout | length }}"}},
            "depends_on": ["c4"],
        },
        {"id": "pause", "step_type": "wait", "parameters": {"seconds": 0.01}, "depends_on": ["note"]},
        {
            **_work("forgiven", chance),
            "parameters": {"command": "sh", "args": ["-c", "sh work 0; exit 3"]},
            "continue_on_error": True,
        },
        _work("skip", chance, when="{{ note.output.values.size < 5 }}", after=["note"]),
    ]


def _paths() -> frozenset[str]:
    """Every path at which a step notes that it began."""
    many = {
        *(f"c{n}" for n in range(1, 11)),
        *(f"f{n}" for n in range(1, 21)),
        *(f"each[{n}]" for n in range(5)),
    }
    return frozenset(
        {
            *many,
            "child/k1",
            "child/k2[0]",
            "child/k2[1]",
            "child/k3",
            "flaky",
            "poll",
            "poll~2",
            "poll~3",
            "forgiven",
            "join",
            "last",
        }
    )


PATHS = _paths()
OUTPUTS = {
    "size": 70001,
    "secret": "[secret:token]\n",
    "items": "a\nb\nc\nd\ne\n",
    "rounds": "3\n",
    "file": "one\ntwo\n",
    "skipped": "Skipped",
    "child": {"message": "kindred\n", "values": {}},
    "failed": "Success",
}
"""The outputs of the mission, however often it was killed."""
TRIES = {"flaky": 2}
"""How often a step begins in a run that nothing disturbs, where it is more than once."""
