"""What steps may be called, and keys that stand without the one they belong to."""

from collections.abc import Collection, Iterator

from rustchain.engine.checks.graph import Graph
from rustchain.engine.checks.references import RESERVED
from rustchain.engine.checks.sentences import short, shown
from rustchain.logic.diagnostics import Suggestions
from rustchain.model.codes import Code
from rustchain.model.failures import Failure
from rustchain.model.mission import Mission
from rustchain.model.problems import Problem

_FAILURES = tuple(failure.value for failure in Failure)


def check_ids(mission: Mission, graph: Graph, given: Collection[str]) -> Iterator[Problem]:
    """Ids that an expression could not tell from something else; `given` are variables from outside."""
    taken = {
        **dict.fromkeys(given, "a variable given with --var"),
        **dict.fromkeys(mission.variables, "a variable"),
        **dict.fromkeys(mission.inputs, "an input"),
        **dict.fromkeys(RESERVED, "a word of the expression language"),
    }
    for id in graph.index.keys() & taken.keys():
        path = (*graph.path(graph.index[id]), "id")
        message = f"the id {id!r} is also {taken[id]}"
        yield Problem(Code.RESERVED_ID, message, path, help="give the step another id")


def check_companions(graph: Graph) -> Iterator[Problem]:
    """Keys of foreach without a foreach."""
    for index, step in enumerate(graph.steps):
        if step.foreach is not None:
            continue
        for key, written in (("max_parallel", step.max_parallel), ("max_failures", step.max_failures)):
            if written:
                path = (*graph.path(index), key)
                yield Problem(Code.LONELY_KEY, f"{key!r} has no meaning without 'foreach'", path, key=True)


def check_values(graph: Graph, suggestions: Suggestions) -> Iterator[Problem]:
    """Values that a type alone cannot judge: kinds of failure in `retry.on`, and what an environment can hold."""
    for index, step in enumerate(graph.steps):
        for place, kind in enumerate(step.retry.on if step.retry else ()):
            if isinstance(kind, str) and kind not in _FAILURES:
                path = (*graph.path(index), "retry", "on", place)
                meant = suggestions.closest(kind, _FAILURES)
                message = f"unknown error kind {short(kind)!r}"
                help = f"error kinds: {', '.join(_FAILURES)}"
                yield Problem(Code.WRONG_VALUE, message, path, suggestion=meant, help=help)
        for name, value in step.env.items():
            if not isinstance(value, str | int | float):
                path = (*graph.path(index), "env", name)
                yield Problem(Code.WRONG_VALUE, f"env.{name} takes a text, not {shown(value)}", path)
