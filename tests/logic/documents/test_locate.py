from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.documents import load_document
from rustchain.model.problems import DocumentPath, Problem, Related

TEXT = """\
version: "1.0"
config: {limit: 5, deep: {x: [a, bb]}}
steps:
  - id: first
    text: |
      one {{ here }}
      two
    after: {{<<: 1}}
"""


def at(
    path: DocumentPath, *, key: bool = False, excerpt: str | None = None, text: str = TEXT
) -> tuple[int, int, int]:
    document = load_document(text.replace("{{<<", "{<<").replace("1}}", "{}}"), "m.yaml")
    (found,) = document.locate([Problem("RC103", "x", path, key=key, excerpt=excerpt)])
    assert found.at is not None
    return found.at


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("version",), False, (1, 10, 5)),
        (("version",), True, (1, 1, 7)),
        (("config", "limit"), False, (2, 17, 1)),
        (("config", "deep", "x", 1), False, (2, 34, 2)),
        (("config", "deep", "x", 1), True, (2, 34, 2)),
        (("steps", 0, "id"), True, (4, 5, 2)),
        (("steps", 0), False, (4, 5, 1)),
        ((), False, (1, 1, 1)),
    ],
)
def test_keys_and_values_are_found(path: DocumentPath, key: bool, place: tuple[int, int, int]) -> None:
    assert at(path, key=key) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("nothing",), (1, 1, 1)),
        (("steps", 0, "missing", "x"), (4, 5, 1)),
        (("steps", 7), (3, 1, 5)),
        (("config", "limit", "below"), (2, 10, 5)),
    ],
)
def test_what_is_not_written_is_shown_where_its_holder_begins(
    path: DocumentPath, place: tuple[int, int, int]
) -> None:
    assert at(path) == place


def test_an_excerpt_is_found_inside_a_block_of_text() -> None:
    assert at(("steps", 0, "text"), excerpt="here") == (6, 14, 4)
    assert at(("steps", 0, "text"), excerpt="absent") == (5, 11, 1)


def test_below_an_alias_the_alias_is_shown() -> None:
    assert at(("b", "x"), text="a: &a {x: 1}\nb: *a\n") == (2, 1, 1)


def test_json_is_located_too() -> None:
    document = load_document('{\n\t"a": [1,\n\t\t{"b": true}]\n}', "m.json")
    (found,) = document.locate([Problem("RC103", "x", ("a", 1, "b"))])
    assert (found.at, found.line_text) == ((3, 9, 4), '\t\t{"b": true}]')


def test_problems_come_in_the_order_of_the_text_with_their_lines() -> None:
    document = load_document("a: 1\r\nb: 2\nc: 3", "m.yaml")
    problems = [Problem("RC103", "x", (key,)) for key in "cab"]
    found = document.locate(problems)
    assert [(p.path[0], p.line_text, p.source) for p in found] == [
        ("a", "a: 1", "m.yaml"),
        ("b", "b: 2", "m.yaml"),
        ("c", "c: 3", "m.yaml"),
    ]
    assert document.locate([]) == []


def test_related_places_are_found() -> None:
    document = load_document("a: 1\nb: 2", "m.yaml")
    (found,) = document.locate([Problem("RC107", "x", ("b",), related=(Related(("a",), "first"),))])
    assert found.related[0].at == (1, 4, 1)


def test_a_position_can_be_asked_for_by_itself() -> None:
    document = load_document("a: {b: 1}", "m.yaml")
    assert document.position(("a", "b")) == (1, 8, 1)
    assert document.position(("a", "b"), key=True) == (1, 5, 1)


@given(
    st.recursive(
        st.just(0), lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("abc"), v, max_size=3)
    )
)
def test_every_value_of_a_document_is_found_on_its_own_line(value: Any) -> None:
    lines: list[DocumentPath] = []
    text = write(value, (), 0, lines)
    document = load_document(text, "m.yaml")
    assert document.value == value
    for number, path in enumerate(lines, 1):
        assert document.position(path).line == number


def write(value: Any, path: DocumentPath, depth: int, lines: list[DocumentPath]) -> str:
    """The value in flow style, each part on a line of its own, and the path of each line."""
    pad = " " * depth
    if isinstance(value, dict) and value:
        lines.append(path)
        inner = [f"{pad} {k}: {write(v, (*path, k), depth + 1, lines).lstrip()}" for k, v in value.items()]
        return f"{pad}{{\n" + ",\n".join(inner) + "}"
    if isinstance(value, list) and value:
        lines.append(path)
        inner = [write(v, (*path, i), depth + 1, lines) for i, v in enumerate(value)]
        return f"{pad}[\n" + ",\n".join(inner) + "]"
    lines.append(path)
    return f"{pad}{value}"
