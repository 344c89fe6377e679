"""A mission's graph as text that other programs draw."""

from msgspec import Struct

from rustchain.model.mission import On
from rustchain.model.plan import Plan


class Node(Struct, frozen=True):
    """A step."""

    id: str
    step_type: str
    tidies: bool
    """It belongs to `finally`."""


class Edge(Struct, frozen=True):
    """A dependency; `on` is how the first must have ended, "" for the plain kind."""

    first: str
    then: str
    on: str


class Graph(Struct, frozen=True):
    """Steps and dependencies."""

    name: str
    nodes: list[Node]
    edges: list[Edge]


def graph_of(plan: Plan) -> Graph:
    """The graph of a plan."""
    nodes = [Node(step.id, step.type, step.index >= plan.main) for step in plan.steps]
    edges = [
        Edge(plan.steps[need.step].id, step.id, _condition(need.on))
        for step in plan.steps
        for need in step.needs
    ]
    return Graph(plan.mission.name, nodes, edges)


def _condition(on: On | None) -> str:
    return "" if on is None else on.value


def mermaid(graph: Graph) -> str:
    """The graph for mermaid (https://mermaid.js.org)."""
    numbers = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for tidies in (False, True):
        nodes = [node for node in graph.nodes if node.tidies is tidies]
        drawn = [f'    {numbers[n.id]}["{n.id}<br/>{n.step_type}"]' for n in nodes]
        lines += ["    subgraph finally", *drawn, "    end"] if tidies and nodes else drawn
    for edge in graph.edges:
        arrow = f"-. {edge.on} .->" if edge.on else "-->"
        lines.append(f"    {numbers[edge.first]} {arrow} {numbers[edge.then]}")
    return "\n".join(lines)


def dot(graph: Graph) -> str:
    """The graph for Graphviz (https://graphviz.org/doc/info/lang.html)."""
    lines = [f"digraph {_quoted(graph.name)} {{", "    node [shape=box];"]
    for node in graph.nodes:
        style = ", style=dashed" if node.tidies else ""
        lines.append(f"    {_quoted(node.id)} [label={_quoted(f'{node.id}: {node.step_type}')}{style}];")
    for edge in graph.edges:
        style = f" [label={_quoted(edge.on)}, style=dashed]" if edge.on else ""
        lines.append(f"    {_quoted(edge.first)} -> {_quoted(edge.then)}{style};")
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
