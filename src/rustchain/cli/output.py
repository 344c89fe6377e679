"""Data goes to stdout, everything else to stderr."""

import os
import sys
from typing import Any, TextIO

import msgspec


def emit(text: str) -> None:
    """Write data, and a line feed; a reader that has gone is no fault of ours."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing(sys.stdout)


def document(value: Any) -> None:
    """Write one JSON document, laid out for people where a terminal shows it."""
    data = msgspec.json.encode(value)
    emit((msgspec.json.format(data) if sys.stdout.isatty() else data).decode())


def say(text: str) -> None:
    """Tell something that is not data; where nobody can be told, what is done goes on all the same."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        stop_writing(sys.stderr)


def stop_writing(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere, so that Python does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
