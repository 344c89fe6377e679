"""The only two errors of this package."""

from collections.abc import Iterable
from difflib import get_close_matches


class InvalidExpression(ValueError):
    """A text is no expression of the language; `offset` is where in the text, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class EvaluationFailed(ValueError):
    """An expression has no value: something in it is missing, of the wrong kind, or too large."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where a known name is near, else nothing."""
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
