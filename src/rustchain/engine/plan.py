"""From a mission to a plan that can run: every problem at once, nothing of it executed."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from msgspec.structs import replace

from rustchain.engine.checks.graph import Graph
from rustchain.engine.checks.keys import check_companions, check_ids, check_values
from rustchain.engine.checks.references import References, Where
from rustchain.engine.checks.structure import Draft
from rustchain.engine.checks.templates import Templates
from rustchain.engine.children import MAX_DEPTH, Children, check_passed, check_source, inline_mission
from rustchain.engine.inputs import check_declarations
from rustchain.engine.kinds import MISSION, Kind, Kinds
from rustchain.engine.parameters import Spelled, deferred, spell, takes_secrets
from rustchain.engine.preparation import Prepared, prepare
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.expression import Template
from rustchain.model.mission import Mission, MissionStep
from rustchain.model.plan import Hole, Plan, PlannedStep
from rustchain.model.problems import DocumentPath, Problem
from rustchain.stepkit import Parameters, StepType

_NO_NAMES: frozenset[str] = frozenset()
_ITEM = frozenset(["item", "index"])
_PREVIOUS = frozenset(["previous"])
_OUTPUT = frozenset(["output"])


class Built(NamedTuple):
    """A plan, or None where a problem is no mere warning."""

    plan: Plan | None
    problems: tuple[Problem, ...]


class Surroundings(NamedTuple):
    """What a mission is planned in: the step types, the names of variables from outside, its children, its place."""

    catalogue: Mapping[str, StepType[Any]]
    variables: Collection[str] = ()
    children: Children = {}
    source: str = ""
    depth: int = 0
    """How many missions it is nested in."""


def build(draft: Draft, around: Surroundings) -> Built:
    """Plan a mission; its problems have the `source`, and paths in its document."""
    if draft.mission is None:
        problems: Iterable[Problem] = draft.problems
        plan = None
    else:
        planner = _Planner(draft.mission, around)
        plan = planner.plan()
        problems = chain(draft.problems, planner.problems())
    told = tuple(p if p.source else p._replace(source=around.source) for p in problems)
    return Built(None if any(not p.warning for p in told) else plan, told)


class _Planner:
    """Plans one mission; what it compiles on the way is shared by all its steps."""

    def __init__(self, mission: Mission, around: Surroundings) -> None:
        self._mission = mission
        self._around = around
        self._suggestions = Suggestions()
        self._problems: list[Problem] = []
        self._graph = Graph(mission, self._suggestions)
        self._templates = Templates()
        self._kinds = Kinds(around.catalogue, self._suggestions)
        self._each = [
            self._kinds.find(s.step_type, self._graph.path(i)) for i, s in enumerate(self._graph.steps)
        ]
        outputs = {i: k.outputs for i, k in enumerate(self._each) if k is not None and k.outputs is not None}
        self._references = References(mission, self._graph, outputs, around.variables, self._suggestions)
        self._plain: dict[str, Prepared] = {}

    def plan(self) -> Plan:
        """The plan; worth nothing where there are problems."""
        mission = self._mission
        steps = tuple(
            self._step(i, step, kind)
            for i, (step, kind) in enumerate(zip(self._graph.steps, self._each, strict=True))
        )
        outputs = self._holes(mission.outputs, Where(("outputs",)))
        urls = {name: {"url": c.url} for name, c in mission.config.connections.items()}
        connections = self._holes(urls, Where(("config", "connections"), before=True, secrets=True))
        if mission.config.lock is not None:
            self._holes(mission.config.lock.key, Where(("config", "lock", "key"), before=True))
        inner = chain.from_iterable(s.child.env_names for s in steps if s.child is not None)
        return Plan(
            mission=mission,
            steps=steps,
            main=self._graph.main,
            outputs=outputs,
            connections=connections,
            env_names=tuple(dict.fromkeys(chain(self._references.env, inner))),
            source=self._around.source,
        )

    def problems(self) -> Iterable[Problem]:
        """Everything found; complete once the plan was made."""
        graph = self._graph
        cycles = list(graph.cycles())
        return chain(
            graph.problems,
            cycles,
            self._kinds.problems,
            self._problems,
            self._templates.problems,
            self._references.problems,
            () if cycles else self._references.early(),
            check_ids(self._mission, graph, self._around.variables),
            check_companions(graph),
            check_values(graph, self._suggestions),
            check_declarations(self._mission.inputs),
        )

    def _step(self, index: int, step: MissionStep, kind: Kind | None) -> PlannedStep:
        at = self._graph.path(index)
        local = self._local(step)
        place = Where(at, index, local)
        values, holes, prepared, child = self._parameters(step, kind, place)
        return PlannedStep(
            index=index,
            id=step.id,
            step=step if values is step.parameters else replace(step, parameters=values),
            type=kind.type.name if kind else "",
            needs=self._graph.needs[index],
            dependents=tuple(self._graph.dependents[index]),
            parameters=prepared.parameters,
            holes=holes,
            env=self._holes(step.env, Where((*at, "env"), index, local, secrets=True)) if step.env else (),
            when=self._when(step, at, index),
            foreach=self._foreach(step, at, index),
            until=self._bare(step.repeat.until, (*at, "repeat", "until"), place) if step.repeat else None,
            expect=self._bare(step.expect, (*at, "expect"), place) if step.expect is not None else None,
            child=child,
            instant=kind is not None and kind.instant,
            slotless=child is not None or (kind is not None and kind.type.slotless),
            reads_only=kind is not None and kind.reads_only,
            repeatable=prepared.repeatable if step.idempotent is None else step.idempotent,
            effects=prepared.effects,
        )

    def _local(self, step: MissionStep) -> frozenset[str]:
        item = _NO_NAMES if step.foreach is None else _ITEM
        return item if step.repeat is None else item | _PREVIOUS

    def _when(self, step: MissionStep, at: DocumentPath, index: int) -> Template | None:
        if step.when is None:
            return None
        text = step.when if isinstance(step.when, str) else json.dumps(step.when)
        return self._bare(text, (*at, "when"), Where(at, index))

    def _foreach(self, step: MissionStep, at: DocumentPath, index: int) -> Template | None:
        if isinstance(step.foreach, str):
            return self._bare(step.foreach, (*at, "foreach"), Where(at, index))
        for hole in self._templates.holes(step.foreach, (*at, "foreach")):
            message = "a list of foreach holds values, no expressions"
            help = 'write one expression that gives the list, such as foreach: "[a.output.x, 2]"'
            self._problems.append(
                Problem(Code.FOREACH_LIST, message, (*at, "foreach", *hole.path), help=help)
            )
        return None

    def _bare(self, text: str, at: DocumentPath, place: Where) -> Template | None:
        """One expression; `output` is known to those that are judged after the step."""
        template = self._templates.bare(text, at)
        if template is not None:
            local = place.local | _OUTPUT if at[-1] in ("until", "expect") else place.local
            self._references.check(template, place._replace(path=at, local=local))
        return template

    def _holes(self, value: Any, where: Where) -> tuple[Hole, ...]:
        """The expressions in a value, their references checked."""
        holes = self._templates.holes(value, where.path)
        for hole in holes:
            self._references.check(hole.template, where._replace(path=(*where.path, *hole.path)))
        return holes

    def _parameters(
        self, step: MissionStep, kind: Kind | None, place: Where
    ) -> tuple[dict[str, Any], tuple[Hole, ...], Prepared, Plan | None]:
        """Parameters under their own names, the expressions in them, what follows from them, the child mission."""
        at = (*place.path, "parameters")
        if kind is None:
            self._holes(step.parameters, place._replace(path=at, secrets=True))
            return step.parameters, (), Prepared(), None
        if not step.parameters and kind.empty is not None:
            return step.parameters, (), self._without_parameters(kind), None
        spelled = spell(kind.type.parameters, step.parameters)
        holes = tuple(self._open(kind, spelled, place._replace(path=at)))
        prepared = prepare(kind, spelled.values, holes, self._suggestions)
        for problem in chain(spelled.problems, prepared.problems):
            self._problems.append(problem._replace(path=(*at, *spelled.as_written(problem.path))))
        child = self._child(step, spelled.values, holes, at) if kind.type.name == MISSION else None
        return spelled.values, holes, prepared, child

    def _open(self, kind: Kind, spelled: Spelled, place: Where) -> Iterator[Hole]:
        """The expressions in parameters, but for those the step renders itself."""
        model: type[Parameters] = kind.type.parameters
        own = deferred(model)
        for name, value in spelled.values.items():
            if name in own:
                continue
            at = (*place.path, spelled.written.get(name, name))
            for hole in self._templates.holes(value, at):
                path = (name, *hole.path)
                where = place._replace(path=(*at, *hole.path), secrets=takes_secrets(model, path))
                self._references.check(hole.template, where)
                yield Hole(path, hole.template)

    def _without_parameters(self, kind: Kind) -> Prepared:
        name = kind.type.name
        if name not in self._plain:
            self._plain[name] = prepare(kind, {}, (), self._suggestions)
        return self._plain[name]

    def _child(
        self, step: MissionStep, parameters: dict[str, Any], holes: tuple[Hole, ...], at: DocumentPath
    ) -> Plan | None:
        """The plan of a step's own mission."""
        problems = list(check_source(parameters, at))
        child = None
        if not problems and self._around.depth >= MAX_DEPTH:
            message = f"child missions nest more than {MAX_DEPTH} levels deep"
            problems.append(Problem(Code.CHILD_DEPTH, message, at, key=True))
        elif not problems and isinstance(file := parameters.get("file"), str):
            if (file, self._around.depth + 1) in self._around.children:
                child = self._around.children[file, self._around.depth + 1]
            else:
                problems.append(Problem(Code.CHILD_FILE, f"{file} was not loaded", (*at, "file")))
        elif not problems and isinstance(parameters.get("steps"), list):
            child, problems = self._inline(step, parameters, at)
        if child is not None:
            problems += check_passed(child, parameters, [hole.path for hole in holes], at)
        self._problems += problems
        return child

    def _inline(
        self, step: MissionStep, parameters: dict[str, Any], at: DocumentPath
    ) -> tuple[Plan | None, list[Problem]]:
        mission = inline_mission(step, self._mission.version, parameters)
        around = self._around._replace(variables=(), depth=self._around.depth + 1)
        built = build(mission, around)
        return built.plan, [p.below(at) for p in built.problems]
