"""Expressions: what stands between `{{` and `}}`, and in `when`, `until`, `expect` and `foreach`."""

from rustchain.logic.expressions.errors import EvaluationFailed, InvalidExpression
from rustchain.logic.expressions.language import FILTERS, FUNCTIONS, TESTS
from rustchain.logic.expressions.split import bare, split

__all__ = ["FILTERS", "FUNCTIONS", "TESTS", "EvaluationFailed", "InvalidExpression", "bare", "split"]
