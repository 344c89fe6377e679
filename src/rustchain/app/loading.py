"""Loading a mission: its text, the texts of its child missions, and the plan of it all."""

import gc
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from rustchain.app.requirements import missing
from rustchain.engine.checks.structure import read_mission
from rustchain.engine.children import MAX_DEPTH, ChildFile, Children, child_files
from rustchain.engine.inputs import check_inputs
from rustchain.engine.plan import Surroundings, build
from rustchain.logic.documents import Document, InvalidDocument, load_document
from rustchain.model.codes import Code
from rustchain.model.errors import InvalidMission
from rustchain.model.mission import Mission
from rustchain.model.plan import Plan
from rustchain.model.problems import Problem
from rustchain.stepkit import StepType

MAX_BYTES = 1 << 30
"""Larger files are no missions."""
STDIN = "-"


class Loaded(NamedTuple):
    """
    A mission that can run; `documents` are its own and those of its child missions, by name.

    `warnings` are those of the plan, and what its steps need and this machine lacks.
    """

    mission: Mission
    plan: Plan
    document: Document
    documents: Mapping[str, Document]
    inputs: dict[str, Any]
    warnings: tuple[Problem, ...]

    def locate(self, problems: list[Problem]) -> list[Problem]:
        """Problems with positions in the texts of their sources."""
        return located(problems, self.documents)


class Given(NamedTuple):
    """What comes from outside: inputs, variables, and the folder that a mission from standard input starts in."""

    inputs: Mapping[str, Any] = {}
    variables: Mapping[str, Any] = {}
    workdir: str = "."
    complete: bool = False
    """Whether inputs that are missing are problems; else they are known at run time."""
    texts: Mapping[str, str] = {}
    """Texts by name that are taken instead of files: those that a run was started with."""


NOTHING = Given()


def load(source: str | Path, catalogue: Mapping[str, StepType[Any]], given: Given = NOTHING) -> Loaded:
    """
    Read and plan a mission and its child missions. `source` is a file, or `-` for standard input.

    Raises InvalidMission with every problem, each with its place.
    """
    with _without_garbage_collection():
        return _Loading(catalogue, given).load(str(source))


def located(problems: list[Problem], documents: Mapping[str, Document]) -> list[Problem]:
    """Problems with positions, those of one document together, in its order."""
    by_source: dict[str, list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        by_source.setdefault(problem.source or "", []).append(problem)
    found: list[Problem] = []
    for source, own in by_source.items():
        found += documents[source].locate(own) if source in documents else own
    return found


class _Loading:
    """One loading: documents and problems pile up, each file is read once."""

    def __init__(self, catalogue: Mapping[str, StepType[Any]], given: Given) -> None:
        self._catalogue = catalogue
        self._given = given
        self._documents: dict[str, Document] = {}
        self._problems: list[Problem] = []
        self._plans: dict[tuple[str, int], Plan | None] = {}

    def load(self, source: str) -> Loaded:
        """Load the mission itself."""
        try:
            plan = self._plan(source, (), 0, self._given.variables)
        except InvalidDocument as error:
            raise InvalidMission([error.problem]) from None
        inputs = {}
        if plan is not None:
            checked = check_inputs(plan.mission.inputs, self._given.inputs, complete=self._given.complete)
            inputs = checked.values
            self._problems += [p._replace(source=source) for p in checked.problems]
        if plan is None or any(not p.warning for p in self._problems):
            raise InvalidMission(located(self._problems, self._documents))
        # What this machine lacks is left out of the plan: a run that is read back elsewhere has the warnings it had.
        plan = replace(plan, warnings=tuple(p.message for p in located(self._problems, self._documents)))
        warnings = tuple(located([*self._problems, *missing(plan, self._catalogue)], self._documents))
        return Loaded(plan.mission, plan, self._documents[source], self._documents, inputs, warnings)

    def _plan(
        self, source: str, parents: tuple[str, ...], depth: int, variables: Mapping[str, Any]
    ) -> Plan | None:
        """Plan one file after the files that it names."""
        if source not in self._documents:
            self._documents[source] = load_document(self._read(source), source)
        value = self._documents[source].value
        files = {
            (c.file, c.depth): self._child(c, source, (*parents, source), depth) for c in child_files(value)
        }
        children: Children = {(file, depth + down): plan for (file, down), plan in files.items()}
        around = Surroundings(self._catalogue, tuple(variables), children, source, depth)
        built = build(read_mission(value), around)
        self._problems += built.problems
        return built.plan

    def _child(self, child: ChildFile, parent: str, parents: tuple[str, ...], depth: int) -> Plan | None:
        """The plan of a file that a step names; None, and a problem, where there is none."""
        folder = self._given.workdir if parent == STDIN else os.path.dirname(parent)
        source = os.path.normpath(os.path.join(folder, child.file))
        level = depth + child.depth
        if level > MAX_DEPTH:
            return None
        if source in parents:
            round = " -> ".join([*parents[parents.index(source) :], source])
            message = f"missions contain one another: {round}"
            self._problems.append(Problem(Code.CHILD_CYCLE, message, child.path, source=parent))
            return None
        if (source, level) not in self._plans:
            self._plans[source, level] = None
            try:
                self._plans[source, level] = self._plan(source, parents, level, {})
            except InvalidDocument as error:
                problem = error.problem
                if problem.code == Code.UNREADABLE:
                    problem = problem._replace(code=Code.CHILD_FILE, path=child.path, source=parent)
                self._problems.append(problem)
        return self._plans[source, level]

    def _read(self, source: str) -> bytes | str:
        if source in self._given.texts:
            return self._given.texts[source]
        try:
            data = sys.stdin.buffer.read(MAX_BYTES + 1) if source == STDIN else _read_file(source)
        except OSError as error:
            raise _unreadable(source, (error.strerror or str(error)).lower()) from None
        except ValueError as error:
            raise _unreadable(source, str(error)) from None
        if len(data) > MAX_BYTES:
            raise _unreadable(source, f"it is larger than {MAX_BYTES >> 30} GiB")
        return data


def _read_file(name: str) -> bytes:
    with open(name, "rb", opener=_open_regular) as file:
        return file.read(MAX_BYTES + 1)


def _open_regular(name: str, flags: int) -> int:
    """Open a regular file; what else has a name (folder, pipe, device) is refused unread, and without waiting."""
    handle = os.open(name, flags | os.O_NONBLOCK)
    kind = os.fstat(handle).st_mode
    if stat.S_ISREG(kind):
        return handle
    os.close(handle)
    raise ValueError("it is a folder" if stat.S_ISDIR(kind) else "it is not a regular file")


def _unreadable(source: str, why: str) -> InvalidDocument:
    return InvalidDocument(Problem(Code.UNREADABLE, f"{source} cannot be read: {why}", source=source))


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Loading makes many objects and no garbage cycles: collecting on the way would cost more than all the rest."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
