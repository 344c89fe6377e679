"""Problems of documents, for people and for programs."""

from collections.abc import Iterable
from typing import Any

from rustchain.logic.diagnostics import render
from rustchain.model.problems import Problem


def rendered(problems: Iterable[Problem], *, colour: bool) -> str:
    """Problems as people read them."""
    return "\n\n".join(render(problem, colour=colour) for problem in problems)


def documents(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as programs read them; places count from 1."""
    return [
        {
            "severity": "warning" if problem.warning else "error",
            "code": problem.code,
            "message": problem.message,
            "file": problem.source,
            "line": problem.at.line if problem.at else None,
            "column": problem.at.column if problem.at else None,
            "path": list(problem.path),
            "suggestion": problem.suggestion,
            "help": problem.help,
        }
        for problem in problems
    ]
