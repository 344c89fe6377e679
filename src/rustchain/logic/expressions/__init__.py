"""
Expressions: what stands between `{{` and `}}`, and in `when`, `until`, `expect` and `foreach`.

The language is Jinja's expression syntax over plain JSON values. It is evaluated here and not by a template
library, because none of them tells what is missing from null everywhere, keeps Python's objects out of reach and
bounds what an expression can cost and make.
"""

from typing import Any

from rustchain.logic.expressions.errors import EvaluationFailed, InvalidExpression
from rustchain.logic.expressions.render import compile_predicate, evaluate, render
from rustchain.logic.expressions.split import bare, split

__all__ = [
    "FILTERS", "FUNCTIONS", "TESTS", "EvaluationFailed", "InvalidExpression", "bare", "compile_predicate", "evaluate",
    "render", "split",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The tables of words, loaded when asked for: plain references need none of them."""
    if name not in {"FILTERS", "TESTS", "FUNCTIONS"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rustchain.logic.expressions import functions

    return getattr(functions, name)
