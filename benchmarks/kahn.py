"""The least that running a graph can cost: Kahn's algorithm (1962) over coroutines stepped by hand; nothing is kept."""

from collections import deque

from benchmarks.graphs import Graph


async def _noop() -> None:
    pass


def run(graph: Graph, dependents: Graph) -> int:
    """Run every step of a graph after those that it needs; how many were run."""
    pending = {id: len(needs) for id, needs in graph.items()}
    ready = deque(id for id, count in pending.items() if not count)
    done = 0
    while ready:
        id = ready.popleft()
        try:
            _noop().send(None)
        except StopIteration:
            done += 1
        for dependent in dependents[id]:
            pending[dependent] -= 1
            if not pending[dependent]:
                ready.append(dependent)
    return done


def dependents_of(graph: Graph) -> Graph:
    """Who needs each step."""
    found: dict[str, list[str]] = {id: [] for id in graph}
    for id, needs in graph.items():
        for need in needs:
            found[need].append(id)
    return found
