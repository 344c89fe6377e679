"""The graph of a mission's steps: ids, dependencies, cycles, and who comes before whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from rustchain.engine.checks.sentences import short
from rustchain.logic.diagnostics import Suggestions, listed
from rustchain.model.codes import Code
from rustchain.model.mission import Mission, MissionStep
from rustchain.model.plan import Need
from rustchain.model.problems import DocumentPath, Problem, Related

_BLOCK = 2048
"""Steps whose descendants are found in one pass, a bit each."""
_SHOWN = 20
"""Members of a cycle that a message shows."""


class Read(NamedTuple):
    """A step reads another: by whom, of whom, and where that is written, in which expression."""

    reader: int
    target: int
    path: DocumentPath
    expression: str


class Graph:
    """
    Steps of the main graph and, from index `main` on, those of `finally`; their dependencies as indexes.
    Unknown and impossible dependencies are left out, and told by `problems`.
    """

    def __init__(self, mission: Mission, suggestions: Suggestions) -> None:
        self.steps: Sequence[MissionStep] = [*mission.steps, *mission.finally_]
        self.main = len(mission.steps)
        self.index: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._suggestions = suggestions
        self._conditional: dict[tuple[int, str], Need] = {}
        self._meant: dict[int, list[int]] = {}
        """By step the steps that its unknown dependencies seem to mean."""
        for i, step in enumerate(self.steps):
            if self.index.setdefault(step.id, i) != i:
                self.problems.append(self._duplicate(i, step.id))
        self._plain = [Need(i) for i in range(len(self.steps))]
        self.needs = [self._needs(i, step) if step.depends_on else () for i, step in enumerate(self.steps)]

    @cached_property
    def _ids(self) -> tuple[list[str], list[str]]:
        """The ids of the main graph, and those of `finally`."""
        ids = [step.id for step in self.steps]
        return ids[: self.main], ids[self.main :]

    def path(self, index: int) -> DocumentPath:
        """Where a step is in the document."""
        return ("steps", index) if index < self.main else ("finally", index - self.main)

    @cached_property
    def order(self) -> list[int]:
        """Every step after those it needs; members of cycles, and what needs them, are not in it."""
        missing = [len(needs) for needs in self.needs]
        order = [i for i, count in enumerate(missing) if not count]
        dependents = self.dependents
        for done in order:
            for dependent in dependents[done]:
                missing[dependent] -= 1
                if not missing[dependent]:
                    order.append(dependent)
        return order

    @cached_property
    def dependents(self) -> list[list[int]]:
        """The steps that need each step, once for each time they name it."""
        dependents: list[list[int]] = [[] for _ in self.steps]
        for i, needs in enumerate(self.needs):
            for need in needs:
                dependents[need.step].append(i)
        return dependents

    def cycles(self) -> Iterator[Problem]:
        """Steps that wait for one another; of several cycles that share steps, one."""
        left = set(range(len(self.steps))).difference(self.order)
        seen: set[int] = set()
        for start in sorted(left):
            walk: dict[int, None] = {}
            at = start
            while at not in seen:
                seen.add(at)
                walk[at] = None
                at = next(n.step for n in self.needs[at] if n.step in left)
            if at in walk:
                members = list(walk)
                yield self._cycle(members[members.index(at) :])

    def early(self, reads: Iterable[Read]) -> Iterator[Read]:
        """
        The reads of steps that need not have ended when the reader starts: those that are no ancestors. Of a misspelt
        dependency the step that it seems to mean counts.
        """
        far = [r for r in reads if all(need.step != r.target for need in self.needs[r.reader])]
        targets = list(dict.fromkeys(r.target for r in far))
        for start in range(0, len(targets), _BLOCK):
            bits = {target: 1 << i for i, target in enumerate(targets[start : start + _BLOCK])}
            above = self._ancestors(bits)
            yield from (r for r in far if r.target in bits and not above[r.reader] & bits[r.target])

    def _ancestors(self, bits: Mapping[int, int]) -> list[int]:
        """For each step the bits of those that are its ancestors."""
        above = [0] * len(self.steps)
        for i in self.order:
            for before in chain((need.step for need in self.needs[i]), self._meant.get(i, ())):
                above[i] |= above[before] | bits.get(before, 0)
        return above

    def _needs(self, index: int, step: MissionStep) -> tuple[Need, ...]:
        found: dict[Need, None] = {}
        for place, written in enumerate(step.depends_on):
            name = written if isinstance(written, str) else written.step
            target = self.index.get(name)
            if not name:
                continue
            if target is None or target == index or (target < self.main) != (index < self.main):
                keys = ("depends_on", place) if isinstance(written, str) else ("depends_on", place, "step")
                self.problems.append(self._impossible(index, name, target, (*self.path(index), *keys)))
            elif isinstance(written, str):
                found[self._plain[target]] = None
            else:
                found[self._conditional.setdefault((target, written.on), Need(target, written.on))] = None
        return tuple(found)

    def _duplicate(self, index: int, id: str) -> Problem:
        first = Related((*self.path(self.index[id]), "id"), f"{id!r} is first used here")
        message = f"the id {id!r} is used twice"
        return Problem(Code.DUPLICATE_ID, message, (*self.path(index), "id"), related=(first,))

    def _impossible(self, index: int, name: str, target: int | None, path: DocumentPath) -> Problem:
        if target is None:
            ids = self._ids[index >= self.main]
            meant = self._suggestions.closest(name, ids)
            if meant is not None:
                self._meant.setdefault(index, []).append(self.index[meant])
            message = f"unknown step {short(name)!r} in depends_on"
            help = f"steps defined here: {listed(ids)}"
            return Problem(Code.UNKNOWN_DEPENDENCY, message, path, suggestion=meant, help=help)
        if target == index:
            return Problem(Code.CYCLE, f"step {name!r} depends on itself", path)
        message = (
            f"step {name!r} is one of `finally`, which starts after every step"
            if index < self.main
            else f"step {name!r} is not one of `finally`; it has ended before `finally` starts"
        )
        return Problem(Code.OTHER_GRAPH, message, path, help="remove the dependency")

    def _cycle(self, members: list[int]) -> Problem:
        ids = [self.steps[i].id for i in members]
        related = tuple(
            Related((*self.path(i), "id"), f"{id!r} waits for {following!r}")
            for i, id, following in zip(members[:_SHOWN], ids, [*ids[1:], ids[0]], strict=False)
        )
        round = " -> ".join([*ids[:_SHOWN], *(["…"] if len(ids) > _SHOWN else []), ids[0]])
        path = (*self.path(members[0]), "depends_on")
        help = "remove one of these dependencies"
        return Problem(Code.CYCLE, f"steps wait for one another: {round}", path, help=help, related=related)
