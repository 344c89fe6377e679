"""What expressions refer to: whether it exists, may be read there, and has ended by then."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from rustchain.engine.checks.graph import Graph, Read
from rustchain.engine.checks.sentences import short
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.expression import Reference, Template
from rustchain.model.mission import Mission, MissionConfig
from rustchain.model.problems import DocumentPath, Problem
from rustchain.model.secrecy import looks_secret

LOCAL = {"item": "foreach", "index": "foreach", "previous": "repeat", "output": "until and expect"}
"""Names that exist in some places only, and what they belong to."""
ROOTS = frozenset(
    ["env", "context", "inputs", "config", "mission", "run", "timestamp", "secrets", "steps", *LOCAL]
)
_KEYWORDS = ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"]
RESERVED = ROOTS.union(_KEYWORDS)
"""What no step may be called."""

_NAMED_ONLY = {"env": "env.HOME", "secrets": "secrets.token", "steps": "steps['my-id'].output"}
"""Roots that are read one name at a time, with an example of each."""
_FIELDS = ("output", "status", "error", "duration_ms", "attempts")
_MISSION = frozenset(["name", "version", "description"])
_RUN = ("id", "status", "failed")
_GUARD = re.compile(r"\b(?:default|defined|undefined)\b|\|\s*d\b")
"""An expression that says itself what happens where a name is missing."""


class Where(NamedTuple):
    """
    A place of expressions: its path, whose step it is, the names that only exist there, whether secrets may go there,
    and whether it is read before any step has run.
    """

    path: DocumentPath
    step: int | None = None
    local: frozenset[str] = frozenset()
    secrets: bool = False
    before: bool = False
    expression: str = ""


class References:
    """
    Checks references and gathers, as it goes, the reads between steps and the environment variables named.
    `outputs` are the fields of each step's output, None where they are open; `given` the variables from outside.
    """

    def __init__(
        self,
        mission: Mission,
        graph: Graph,
        outputs: Mapping[int, Collection[str]],
        given: Collection[str],
        suggestions: Suggestions,
    ) -> None:
        self.problems: list[Problem] = []
        self.reads: list[Read] = []
        self.env: dict[str, None] = {}
        self._graph = graph
        self._outputs = outputs
        self._suggestions = suggestions
        self._keep = mission.config.undefined == "keep"
        self._variables = {*mission.variables, *given}
        self._inputs = mission.inputs
        self._members: Mapping[str, Collection[str]] = {
            "context": self._variables,
            "inputs": mission.inputs,
            "config": {*MissionConfig.__struct_fields__, *mission.config.settings},
            "mission": _MISSION,
            "secrets": mission.secrets,
        }

    def check(self, template: Template, where: Where) -> None:
        """Check every reference of a template."""
        for expression in template.expressions:
            place = where._replace(expression=expression.source)
            for reference in expression.references:
                for problem in self._reference(reference, place):
                    self._add(problem, place)

    def _add(self, problem: Problem, where: Where) -> None:
        undefined = problem.code in (Code.UNKNOWN_NAME, Code.UNKNOWN_MEMBER)
        if not (undefined and _GUARD.search(where.expression)):
            warning = undefined and self._keep
            self.problems.append(problem._replace(path=where.path, excerpt=where.expression, warning=warning))

    def early(self) -> Iterator[Problem]:
        """Reads of steps that may not have ended yet; only for a graph without cycles."""
        between = [r for r in self.reads if (r.target < self._graph.main) == (r.reader < self._graph.main)]
        for read in self._graph.early(between):
            reader, target = self._graph.steps[read.reader].id, self._graph.steps[read.target].id
            message = f"step {reader!r} reads {target!r}, which may not have ended by then"
            help = f"add {target!r} to depends_on of {reader!r}"
            yield Problem(Code.NOT_AN_ANCESTOR, message, read.path, help=help, excerpt=read.expression)

    def _reference(self, ref: Reference, where: Where) -> Iterator[Problem]:
        if ref.root in where.local:
            return
        if ref.root in LOCAL:
            message = f"{ref.root!r} has no meaning here: it belongs to {LOCAL[ref.root]}"
            yield Problem(Code.OUT_OF_PLACE, message)
        elif ref.root in _NAMED_ONLY and not (ref.path and isinstance(ref.path[0], str)):
            message = f"{ref.root!r} is read one name at a time, written out"
            yield Problem(Code.WHOLE_ROOT, message, help=f"for example {_NAMED_ONLY[ref.root]}")
        elif ref.root == "steps":
            yield from self._step(str(ref.path[0]), ref.path[1:], where)
        elif ref.root == "env":
            self.env[str(ref.path[0])] = None
            yield from self._key(ref, where, looks_secret(str(ref.path[0])))
        elif ref.root in ROOTS:
            yield from self._root(ref, where)
        elif ref.root in self._graph.index:
            yield from self._step(ref.root, ref.path, where)
        elif ref.root not in self._variables:
            yield self._unknown_name(ref.root, where)

    def _root(self, ref: Reference, where: Where) -> Iterator[Problem]:
        if ref.root == "secrets":
            yield from self._secret(ref, where)
        first = ref.path[0] if ref.path else None
        if ref.root == "inputs":
            read = (
                [self._inputs[first]] if first in self._inputs else [] if ref.path else self._inputs.values()
            )
            yield from self._key(ref, where, any(spec.secret for spec in read))
        if not isinstance(first, str):
            return
        if ref.root == "run":
            yield from self._run(first, where)
        elif (known := self._members.get(ref.root)) is not None and first not in known:
            meant = self._suggestions.closest(first, known)
            message = f"unknown {_NOUN[ref.root]} {short(first)!r}"
            yield Problem(Code.UNKNOWN_MEMBER, message, suggestion=meant, help=_remedy(ref.root, first))

    def _secret(self, ref: Reference, where: Where) -> Iterator[Problem]:
        if not where.secrets:
            message = f"the secret {short(str(ref.path[0]))!r} could be seen here"
            help = "secrets go into env, connections, and parameters that take them, such as headers or stdin"
            yield Problem(Code.SECRET_PLACE, message, help=help)
        if len(ref.path) > 1 and ref.path[1:] != ("path",):
            message = f"a secret has no field {str(ref.path[1])!r}; only 'path', a private file that holds it"
            yield Problem(Code.UNKNOWN_MEMBER, message)

    def _key(self, ref: Reference, where: Where, secret: bool) -> Iterator[Problem]:
        """What is secret has no place in a lock's key, which is told to whoever waits for it."""
        if secret and where.before and not where.secrets:
            help = "a lock's key is shown: make it of what is no secret"
            yield Problem(Code.SECRET_PLACE, f"{str(ref)!r} is secret and could be seen here", help=help)

    def _run(self, name: str, where: Where) -> Iterator[Problem]:
        tidying = where.step is not None and where.step >= self._graph.main
        if name not in _RUN:
            meant = self._suggestions.closest(name, _RUN)
            yield Problem(Code.UNKNOWN_MEMBER, f"unknown key {short(name)!r} of run", suggestion=meant)
        elif name != "id" and not tidying:
            message = f"'run.{name}' has no meaning here: it belongs to finally"
            yield Problem(Code.OUT_OF_PLACE, message)

    def _step(self, id: str, path: tuple[str | int, ...], where: Where) -> Iterator[Problem]:
        target = self._graph.index.get(id)
        if target is None:
            meant = self._suggestions.closest(id, self._graph.index)
            yield Problem(Code.UNKNOWN_NAME, f"unknown step {short(id)!r}", suggestion=meant)
            return
        yield from self._field(id, target, path)
        if where.before:
            yield Problem(Code.OUT_OF_PLACE, f"step {id!r} cannot be read here: it has not run yet")
        elif target == where.step:
            help = "in until and expect it is called output, in a repeat previous"
            yield Problem(Code.NOT_AN_ANCESTOR, f"step {id!r} cannot read itself", help=help)
        elif where.step is not None:
            if where.step < self._graph.main <= target:
                message = f"step {id!r} is one of `finally`, which starts after every step"
                yield Problem(Code.NOT_AN_ANCESTOR, message)
            self.reads.append(Read(where.step, target, where.path, where.expression))

    def _field(self, id: str, target: int, path: tuple[str | int, ...]) -> Iterator[Problem]:
        if not path:
            return
        many = self._graph.steps[target].foreach is not None
        fields = (*_FIELDS, "items") if many else _FIELDS
        known = self._outputs.get(target)
        if path[0] not in fields:
            yield self._no_field(f"step {id!r}", str(path[0]), fields)
        elif path[0] == "output" and known is not None:
            inner = _output_field(path[1:], many)
            if inner is not None and inner not in known:
                yield self._no_field(f"the output of step {id!r}", inner, known)

    def _no_field(self, what: str, name: str, known: Collection[str]) -> Problem:
        meant = self._suggestions.closest(name, known)
        message = f"{what} has no field {short(name)!r}"
        return Problem(Code.UNKNOWN_OUTPUT, message, suggestion=meant, help=f"it has {', '.join(known)}")

    def _unknown_name(self, name: str, where: Where) -> Problem:
        if name in self._inputs:
            meant: str | None = f"inputs.{name}"
        else:
            meant = self._suggestions.closest(name, self._names)
        dashed = re.findall(rf"\b{re.escape(name)}(?:-\w+)+", where.expression)
        help = (
            f"write steps[{dashed[0]!r}] for an id with a dash"
            if dashed and dashed[0] in self._graph.index
            else f"declare it in variables, pass --var {name}=…, or give it a value with default(…)"
        )
        return Problem(Code.UNKNOWN_NAME, f"unknown name {short(name)!r}", suggestion=meant, help=help)

    @cached_property
    def _names(self) -> list[str]:
        """Every name that an expression could begin with."""
        return [*self._graph.index, *self._variables, *ROOTS]


_NOUN: Mapping[str, str] = {
    "context": "variable",
    "inputs": "input",
    "config": "key of config",
    "mission": "key of mission",
    "secrets": "secret",
}


def _remedy(root: str, name: str) -> str | None:
    """What can be done about a member that is not there."""
    if root == "context":
        return f"declare it in variables, or pass --var {name}=…"
    return f"declare it in {root}" if root in ("inputs", "secrets") else None


def _output_field(path: tuple[str | int, ...], many: bool) -> str | None:
    """The field of an output that a path leads to; of a foreach's list, of its items."""
    if many:
        if not path or not isinstance(path[0], int):
            return None
        path = path[1:]
    return path[0] if path and isinstance(path[0], str) else None
