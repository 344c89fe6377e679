"""The same graph in doit and LangGraph: built in Python, nothing kept. They are installed in `build/peers` when asked for."""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.cases.steps import ours
from benchmarks.figures import Figure, ratio
from benchmarks.graphs import STEPS, Graph, layered
from benchmarks.processes import BUILD, apart, interleaved, whole

ROUNDS = 3
HOME = BUILD / "peers"
DOIT = """
import json

def task_all():
    for name, needs in json.load(open("graph.json")).items():
        yield {"basename": name, "actions": [lambda: None], "task_dep": needs}
"""
LANGGRAPH = """
import asyncio
import json
from typing import TypedDict
from langgraph.graph import END, START, StateGraph

class State(TypedDict, total=False):
    x: int

async def node(state):
    return None

steps = json.load(open("graph.json"))
last = steps.keys() - {need for needs in steps.values() for need in needs}
graph = StateGraph(State)
for name in steps:
    graph.add_node(name, node)
for name, needs in steps.items():
    graph.add_edge(needs or START, name)
for name in last:
    graph.add_edge(name, END)
asyncio.run(graph.compile().ainvoke({"x": 1}, {"recursion_limit": 10**6}))
"""
PEERS = {
    "doit": (DOIT, ("doit", "-f", "graph.py")),
    "LangGraph": (LANGGRAPH, ("python", "graph.py")),
}


def measure() -> Iterator[Figure]:
    """In memory, step for step."""
    _install()
    theirs = {name: partial(_cost, *peer) for name, peer in PEERS.items()}
    found = interleaved(ROUNDS, ours=partial(apart, ours, "memory"), **theirs)
    for name in PEERS:
        yield Figure(
            name=f"step, against {name}", value=median(found["ours"]), unit="us", goal=median(found[name]),
            ratio=ratio(found["ours"], found[name]), against=name,
        )  # fmt: skip


def _install() -> None:
    if not Path(HOME, "bin", "doit").exists():
        print("installing doit and LangGraph", file=sys.stderr, flush=True)
        venv.create(HOME, with_pip=True)
        subprocess.run([HOME / "bin" / "pip", "install", "-q", "doit", "langgraph"], check=True)


def _cost(program: str, argv: tuple[str, ...]) -> float:
    """CPU microseconds a step: what the whole graph takes more than a graph of one step."""
    return (_whole(program, argv, layered()) - _whole(program, argv, layered(1, 1))) / STEPS * 1e6


def _whole(program: str, argv: tuple[str, ...], graph: Graph) -> float:
    files = {"graph.py": program, "graph.json": json.dumps(graph)}
    return whole(str(HOME / "bin" / argv[0]), *argv[1:], files=files).cpu
