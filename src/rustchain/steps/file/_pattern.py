"""Text and regular expressions that users search for, with a bound on the time that one search may take."""

from collections.abc import Iterator
from contextlib import contextmanager

import regex

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

SEARCH_SECONDS = 2.0
"""Longest time of one search: a pattern with nested repeats may need more than a lifetime."""


def compiled(pattern: str, *, is_regex: bool, case_sensitive: bool = True) -> regex.Pattern[str]:
    """A pattern, or plain text, ready to search; ValueError says what is wrong with it."""
    text = pattern if is_regex else regex.escape(pattern)
    try:
        return regex.compile(text, 0 if case_sensitive else regex.IGNORECASE)
    except regex.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


@contextmanager
def in_time(pattern: str, where: str) -> Iterator[None]:
    """Turn a search that took too long into StepFailed(limit)."""
    try:
        yield
    except TimeoutError as error:
        message = (
            f"{pattern!r} took more than {SEARCH_SECONDS:g} s on {where}: "
            f"it repeats what repeats, write it without that"
        )
        raise StepFailed(Failure.LIMIT, message) from error
