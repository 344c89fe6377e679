"""The graphs that are run, as data and as missions."""

from collections.abc import Iterator, Mapping

LAYERS = WIDTH = 100
STEPS = LAYERS * WIDTH

Graph = Mapping[str, list[str]]
"""Steps by id, each with the ids of those that it needs."""


def layered(layers: int = LAYERS, width: int = WIDTH) -> Graph:
    """Layers of steps, each of which needs two of the layer before."""

    def needs(layer: int, i: int) -> list[str]:
        return [f"s{layer - 1}_{i}", f"s{layer - 1}_{(i + 1) % width}"] if layer else []

    return {f"s{layer}_{i}": needs(layer, i) for layer in range(layers) for i in range(width)}


def chain(length: int) -> Graph:
    """Steps one after the other."""
    return {f"s{i}": [f"s{i - 1}"] if i else [] for i in range(length)}


def mission(graph: Graph, *step: str, config: str = "{}") -> str:
    """A mission with the steps of a graph; `step` is what is written of each, line by line."""
    return "\n".join(["name: bench", 'version: "1.0"', f"config: {config}", "steps:", *_steps(graph, step)])


def _steps(graph: Graph, step: tuple[str, ...]) -> Iterator[str]:
    for id, needs in graph.items():
        yield f"  - id: {id}"
        yield from (f"    {line}" for line in step)
        if needs:
            yield f"    depends_on: [{', '.join(needs)}]"


NOOP = "step_type: noop"
