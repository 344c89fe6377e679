"""Texts into literals and expressions, and all that is refused on the way."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.expressions import InvalidExpression, bare, render, split
from rustchain.model.expression import Reference, Template


def references(text: str) -> set[str]:
    return {str(r) for e in split(text).expressions for r in e.references}


def refusal(text: str) -> InvalidExpression:
    with pytest.raises(InvalidExpression) as caught:
        split(text)
    return caught.value


def first_problem(text: str) -> int:
    """Where `split` or `bare` finds something wrong, 0 where they do not."""
    for function in (split, bare):
        try:
            function(text)
        except InvalidExpression as e:
            return e.offset
    return 0


def test_a_text_without_braces_is_one_literal() -> None:
    assert split("plain {% if %} {# no #} } }} {") == Template(("plain {% if %} {# no #} } }} {",))
    assert split("") == Template(())


def test_literals_and_expressions_come_in_order() -> None:
    template = split("a {{ x.y }} b{{z}}")
    assert [p if isinstance(p, str) else p.source for p in template.parts] == ["a ", "x.y", " b", "z"]
    assert [e.offset for e in template.expressions] == [5, 15]
    assert not template.whole
    assert split("{{ x }}").whole


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("{{ a }}", Reference("a")),
        ("{{a.output.x}}", Reference("a", ("output", "x"))),
        ("{{ steps['my-id'].output.x }}", Reference("steps", ("my-id", "output", "x"))),
        ('{{ steps["my-id"] }}', Reference("steps", ("my-id",))),
        ("{{ a.rows[0].b }}", Reference("a", ("rows", 0, "b"))),
        ("{{ a.rows[-1] }}", Reference("a", ("rows", -1))),
        ("{{ a.0.b }}", Reference("a", (0, "b"))),
        ("{{ a . b }}", Reference("a", ("b",))),
        ("{{ a.if }}", Reference("a", ("if",))),
        ("{{ größe.höhe }}", Reference("größe", ("höhe",))),
    ],
)
def test_a_dotted_name_is_plain(text: str, reference: Reference) -> None:
    (expression,) = split(text).expressions
    assert expression.plain
    assert expression.references == (reference,)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.x + b.y[0]", {"a.x", "b.y[0]"}),
        ("a[b.c].d", {"a", "b.c"}),
        ("rows|map(attribute='x')|join(sep)", {"rows", "sep"}),
        ("dict(x=y)", {"y"}),
        ("x is divisibleby y", {"x", "y"}),
        ("x is divisibleby y.z", {"x", "y.z"}),
        ("x is in [y]", {"x", "y"}),
        ("a if b else c", {"a", "b", "c"}),
        ("{'k': v, w: 1}", {"v", "w"}),
        ("x[a:b]", {"x", "a", "b"}),
        ("my-id.output", {"my", "id.output"}),
        ("a[true]", {"a"}),
        ("range(n)", {"n"}),
        ("a.x + a.x", {"a.x"}),
        ("'a.b'", set()),
    ],
)
def test_every_reference_is_found_with_its_fixed_path(source: str, found: set[str]) -> None:
    assert references(f"{{{{ ({source}) }}}}") == found


def test_braces_within_an_expression_do_not_end_it() -> None:
    assert references("{{ {'a': {'b': x}} }}") == {"x"}
    assert references("{{ '}}' ~ x }} {{ \"}}\" ~ y }}") == {"x", "y"}


def test_quoted_braces_are_a_literal() -> None:
    assert split("a {{ '{{' }} b {{ \"}}\" }}") == Template(("a {{ b }}",))
    assert split("{{ '{{' }}{{ x }}").parts[0] == "{{"


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("a {{ b", "`{{` without `}}`", 2),
        ("a {{ b }", "closes nothing", 7),
        ("{{ }}", "empty", 0),
        ("{{ a + }}", "ends too early", 6),
        ("{{ a b }}", "unexpected `b`", 5),
        ("{{ a ? b }}", "unexpected '?'", 5),
        ("{{ 'abc }}", "a string is not closed", 3),
        ("{{ (a] }}", "closes nothing", 5),
        ("{{ () }}", "unexpected `)`", 4),
        ("{{ and }}", "unexpected `and`", 3),
        ("{{ a.'b' }}", "unexpected `'b'`", 5),
        ("{{ a[] }}", "unexpected `]`", 5),
        ("{{ a[1:2:3:4] }}", "unexpected `:`", 10),
        ("{{ [1 2] }}", "unexpected `2`", 6),
        ("{{ {1} }}", "unexpected `}`", 5),
        ("{{ a not b }}", "unexpected `b`", 9),
        ("{{ a|'b' }}", "unexpected `'b'`", 5),
        ("{{ range(1,2,3,4) }}", "the function is `range(start, stop=None, step=1)`", 3),
        ("{{ a|upper(1) }}", "the filter is `upper(value)`", 5),
        ("{{ a|uper }}", "unknown filter `uper`; did you mean `upper`?", 5),
        ("x {{ a is definde }}", "unknown test `definde`; did you mean `defined`?", 10),
        ("{{ rnge(3) }}", "unknown function `rnge`; did you mean `range`?", 3),
        ("{{ debug() }}", "unknown function `debug`", 3),
        ("{{ now() }}", "unknown function `now`", 3),
        ("{{ a|xyzzyx }}", "unknown filter `xyzzyx`", 5),
        ("{{ a|map('uper') }}", "unknown filter `uper`; did you mean `upper`?", 5),
        ("{{ a|select('definde') }}", "unknown test `definde`; did you mean `defined`?", 5),
        ("{{ a|reject('xyzzyx', 1) }}", "unknown test `xyzzyx`", 5),
        ("{{ a|rejectattr('x', 'od') }}", "unknown test `od`", 5),
        ("{{ '\\ud800' }}", "surrogate", 3),
        ("{{ 1e999 }}", "too large", 3),
        ("{{ " + "9" * 401 + " }}", "400 digits", 3),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str, offset: int) -> None:
    error = refusal(text)
    assert message in error.message
    assert error.offset == offset


@pytest.mark.parametrize(
    "source", ["a.clear()", "a.output.upper()", "(a)()", "a[0](1)", "'x'(1)", "range(1)(2)"]
)
def test_only_listed_functions_can_be_called(source: str) -> None:
    assert "called" in refusal(f"{{{{ {source} }}}}").message


@pytest.mark.parametrize(
    "source",
    [
        "(" * 41,
        "-" * 101 + "1",
        "not " * 101 + "a",
        "1" + "+1" * 600,
        "1" + "+1" * 150,
        "'" + "x" * 10_001 + "'",
        "a|" + "|".join(["string"] * 150),
    ],
)
def test_long_and_deep_expressions_are_refused(source: str) -> None:
    refusal(f"{{{{ {source} }}}}")


@pytest.mark.parametrize(
    ("text", "source", "offset"),
    [("a > 1", "a > 1", 0), ("{{ a }}", "a", 3), ("  {{ a }} ", "a", 5), (" a ", "a", 1), ("'x'", "'x'", 0)],
)
def test_a_bare_expression_may_have_braces(text: str, source: str, offset: int) -> None:
    template = bare(text)
    assert template.whole
    assert (template.expressions[0].source, template.expressions[0].offset) == (source, offset)


@pytest.mark.parametrize("text", ["", "  ", "{{ }}", "{{ a }} and {{ b }}", "a == {{ b }}", "{{ a", "a |"])
def test_a_bare_text_is_exactly_one_expression(text: str) -> None:
    with pytest.raises(InvalidExpression):
        bare(text)


def test_plain_references_load_no_filters() -> None:
    code = """
import sys
from rustchain.logic.expressions import evaluate, split
assert evaluate(split("{{ a['b'].c }}").expressions[0], {"a": {"b": {"c": 1}}}) == 1
assert not any("expressions.functions" in m or m == "re2" for m in sys.modules), sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@given(st.text())
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    assert 0 <= first_problem(text) <= len(text)


@given(
    st.lists(
        st.sampled_from(
            ["{{", "}}", "'", '"', "a", ".", "(", ")", "[", "]", "{", "|", "-", "1", " ", "is", "\\"]
        )
    )
)
def test_any_heap_of_signs_is_taken_apart_or_refused(signs: list[str]) -> None:
    text = "{{ " + " ".join(signs) + " }}"
    assert 0 <= first_problem(text) <= len(text)


@given(st.text())
def test_literal_texts_survive(text: str) -> None:
    quoted = text.replace("{{", "{{ '{{' }}")
    assert render(split(quoted), {}) == text if text else True
