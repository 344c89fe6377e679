"""Counts as people say them."""


def counted(number: int, noun: str) -> str:
    """A number of things whose plural has an s: `1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
