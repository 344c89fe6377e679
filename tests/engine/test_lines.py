"""Lines are the same however the output came in pieces."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rustchain.engine.lines import LONGEST_LINE, Lines
from rustchain.logic.redaction import Redactor

TEXT = st.text(alphabet="ab\nü")


def lines(*pieces: bytes) -> list[str]:
    found: list[str] = []
    reader = Lines(found.append)
    for piece in pieces:
        reader.add("stdout", piece)
    reader.flush()
    return found


@given(TEXT, st.lists(st.integers(0, 30)))
def test_pieces_make_no_difference(text: str, cuts: list[int]) -> None:
    data = text.encode()
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    assert lines(*pieces) == lines(data)
    assert "\n".join(lines(data)) == text.removesuffix("\n")


def test_streams_are_told_apart_and_flushed_once() -> None:
    found: list[str] = []
    reader = Lines(found.append)
    reader.add("stdout", b"one")
    reader.add("stderr", b"two\n")
    reader.flush()
    reader.flush()
    assert found == ["two", "one"]


def test_what_goes_on_without_end_is_handed_on() -> None:
    assert lines(b"x" * (LONGEST_LINE + 1), b"y") == ["x" * (LONGEST_LINE + 1), "y"]


@given(st.integers(2, 40))
def test_a_secret_does_not_escape_where_a_long_line_is_cut(before: int) -> None:
    secret = "geheim-ß-geheim-ß"
    found: list[str] = []
    reader = Lines(found.append, Redactor({"S": secret}).stream)
    data = b"x" * (LONGEST_LINE - 20 + before) + secret.encode() + b"\nnext"
    for begin in range(0, len(data), LONGEST_LINE + 1):
        reader.add("stdout", data[begin : begin + LONGEST_LINE + 1])
    reader.flush()
    assert "".join(found) == "x" * (LONGEST_LINE - 20 + before) + "[secret:S]next"
