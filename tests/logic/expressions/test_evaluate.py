"""What expressions give, what they refuse, and what they cannot reach."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.expressions import EvaluationFailed, bare, compile_predicate, evaluate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES: dict[str, Any] = {
    "a": {
        "output": {
            "rows": [{"x": 1}, {"x": 2, "y": "q"}],
            "n": 3,
            "f": 1.5,
            "s": "héllo",
            "t": True,
            "z": None,
        }
    },
    "region": "EU",
}


def value(source: str, **names: Any) -> Any:
    return evaluate(bare(source).expressions[0], {**NAMES, **names})


def nested(depth: int) -> Any:
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    return deep


def failure(source: str, **names: Any) -> str:
    with pytest.raises(EvaluationFailed) as caught:
        value(source, **names)
    return caught.value.message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.output.n", 3),
        ("a.output.rows[-1].y", "q"),
        ("1 + 2 * 3 ** 2", 19),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("7 // 2 + 7 % 2", 4),
        ("7 / 2 - 1", 2.5),
        ("+a.output.f", 1.5),
        ("-a.output.f|abs", 1.5),
        ("1 ~ 'a' ~ none ~ 2.5 ~ true", "1anull2.5true"),
        ("1 ~ 2 * 3", "16"),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("[0] * 3", [0, 0, 0]),
        ("'ab' * 2", "abab"),
        ("1 < 2 <= 2 != 3", True),
        ("3 > 2 > 2", False),
        ("2 >= 2 == true", False),
        ("'a' < 'b'", True),
        ("[1] < [2]", True),
        ("1 == 1.0", True),
        ("1 == true", False),
        ("true == true", True),
        ("none == null", True),
        ("{'a': [1]} == {'a': [1]}", True),
        ("not true or true", True),
        ("not (true or true)", False),
        ("false and missing", False),
        ("0 or 'x'", "x"),
        ("1 in [1, 2] and 3 not in [1, 2]", True),
        ("'y' in a.output.rows[1]", True),
        ("'y' in a.output.rows[0]", False),
        ("1 in {'1': 1}", False),
        ("'ell' in 'hello'", True),
        ("true in [1]", False),
        ("'x' if region == 'EU' else 'y'", "x"),
        ("'x' if false else 'y' if false else 'z'", "z"),
        ("(1, 2)", [1, 2]),
        ("(1,)", [1]),
        ("[1, 2,]", [1, 2]),
        ("{'a': 1, 'b': {'c': 2}}.b.c", 2),
        ("{'EU': 1}[region]", 1),
        ("'héllo'[1]", "é"),
        ("[1, 2, 3][1:]", [2, 3]),
        ("[1, 2, 3][:-1]", [1, 2]),
        ("'abc'[::-1]", "cba"),
        ("[1, 2, 3][0:3:2]", [1, 3]),
        ("0x10 + 0b11 + 0o7 + 1_000", 1026),
        ("1.5e3", 1500.0),
        (r"'a\n\t\'\"\\A\x42\d\ud83d\ude00'", "a\n\t'\"\\AB\\d😀"),
        ("dict(a=1)", {"a": 1}),
        ("range(3)", [0, 1, 2]),
        ("range(4, 0, -2)", [4, 2]),
        ("(a.output.rows|first).x", 1),
    ],
)
def test_expressions_give_plain_values(source: str, expected: Any) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("region2", "`region2` is undefined; did you mean `region`?"),
        ("b.c", "`b` is undefined"),
        ("a.output.rows[3]", "`a.output.rows[3]`: no index 3 (the list has 2)"),
        ("a.outputt.x.y", "`a.outputt`: no field 'outputt'; did you mean `output`?"),
        ("a.output.z.x", "`a.output.z.x`: null has no 'x'"),
        ("a.output.n.x", "`a.output.n.x`: 3 has no 'x'"),
        ("a.output.rows.x", "a list has no field 'x'"),
        ("a[0]", "the names of fields are texts, not 0"),
        ("region[9]", "`region[9]`: no index 9 (the text has 2)"),
        ("a[region]", "`a[region]`: no field 'EU'"),
        ("a[[1]]", "the names of fields are texts"),
        ("[a.q]", "no field 'q'"),
        ("{'k': a.q}", "no field 'q'"),
        ("a.q|tojson", "no field 'q'"),
        ("a.q == 1", "no field 'q'"),
        ("a.q or 1", "no field 'q'"),
        ("1 if a.q else 2", "no field 'q'"),
        ("{'EU': 1}.US", "no field 'US'"),
        ("('a,b'|split(','))[7]", "no index 7"),
        ("a.output.rows|map(attribute='y')", "no field 'y'"),
        ("[]|first", "no items"),
        ("1 if false", "there is no `else`"),
        ("a.output.rows.append", "a list has no field 'append'"),
        ("a.items", "no field 'items'"),
        ("a.__class__", "no field '__class__'"),
        ("''.__class__", "has no '__class__'"),
    ],
)
def test_what_is_missing_is_an_error_wherever_it_stands(source: str, message: str) -> None:
    assert message in failure(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.q|default(7)", 7),
        ("nothing.at.all|d('x')", "x"),
        ("a.q|default", ""),
        ("a.output.z|default(7)", None),
        ("a.output.z|default(7, true)", 7),
        ("a.output.n|default(7, boolean=true)", 3),
        ("a.q is defined", False),
        ("a.q is undefined", True),
        ("a.output is defined", True),
        ("a.output is not undefined", True),
        ("a.q is not defined or a.q.x", True),
        ("a.output.rows|map(attribute='y', default=0)", [0, "q"]),
        ("a.output.rows|selectattr('y', 'defined')|length", 1),
        ("a.output.rows|rejectattr('y', 'defined')|map(attribute='x')", [1]),
        ("[]|last|default('none')", "none"),
    ],
)
def test_default_and_defined_are_the_way_out(source: str, expected: Any) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'a' + 1",
        "1 + none",
        "[1] * 'a'",
        "-'a'",
        "'a' - 'b'",
        "1 < 'a'",
        "[1] < ['a']",
        "{} < {}",
        "none < none",
        "1 in 1",
        "1 in 'a1'",
        "1 / 0",
        "1 % 0",
        "0 ** -1",
        "(-8) ** 0.5",
        "10.0 ** 999",
        "1e308 * 10",
        "1[0:1]",
        "'abc'['a':]",
        "'abc'[::0]",
        "{1: 2}",
        "5|upper",
        "'x'|round",
        "'x'|replace('a', 1)",
        "'x'|map('up' ~ 'r')",
        "['x']|map('upper', 1)",
        "[1]|map",
        "[1]|select('upper', 1)",
    ],
)
def test_values_of_the_wrong_kind_are_refused(source: str) -> None:
    failure(source)


@pytest.mark.parametrize(
    "source",
    [
        "'x' * 100000000",
        "('x' * 60000000) ~ ('x' * 60000000)",
        "('x' * 60000000) + ('x' * 60000000)",
        "('x' * 60000000)|replace('x', 'yyyy')",
        "range(100000)|join('x' * 1000)",
        "[0] * 100000000",
        "(range(100000) * 80) + (range(100000) * 80)",
        "range(10 ** 9)",
        "10 ** 5000",
        "10 ** 1200 * 10 ** 1200",
        "('x\\n' * 100000)|indent(100000)",
        "'%99999d'|format(1)",
        "['x' * 30000000, 'x' * 30000000, 'x' * 30000000]",
        "('x' * 30000000)|list|zip('x' * 30000000)",
        "[['x' * 40000000] * 2]|tojson",
        "('x' * 50000000)|urlencode",
        "('x' * 50000000)|b64encode",
        "('a' * 100000)|regex_replace('a', 'b' * 5000)",
        "'2026-01-01'|date('%Y' * 100000000)",
        "range(99999)|select('in', range(99999))",
        "range(99999)|reject('in', range(99999))",
        "range(99999)|batch(0)",
        "[1]|slice(1000000)",
    ],
)
def test_bombs_are_refused(source: str) -> None:
    failure(source)


def test_what_goes_deep_is_refused() -> None:
    deep = nested(100_000)
    assert "deep" in failure("'' ~ x", x=deep)
    assert "deep" in failure("x == y", x=deep, y=nested(100_000))


@given(
    st.dictionaries(st.sampled_from(["a", "b"]), JSON, min_size=2), st.sampled_from(["a", "b", "a.b", "a[0]"])
)
def test_a_plain_reference_is_the_value_itself_or_missing(names: dict[str, Any], source: str) -> None:
    expression = bare(source).expressions[0]
    assert expression.plain
    with suppress(EvaluationFailed):
        found = evaluate(expression, names)
        inner = names["a"].values() if isinstance(names["a"], dict) else names["a"]
        assert found is names[source] if source in names else found in inner


SOURCES = [
    "a + b", "a ~ b", "a in b", "a < b", "a|tojson|fromjson == a", "a|length", "a|sort", "a|list|join(b)", "a|first",
    "a[b]", "a[b:]", "a|map('upper')", "a|unique", "a|groupby(b)", "a|int", "a|float(default=0)", "a|sum", "a|round(b)",
    "a|replace(b, b)", "a|regex_replace(b, a)", "a|format(b)", "a|date(b)", "a|b64decode", "a|urlencode", "a|flatten",
    "a ** b", "a * b", "a // b", "a % b", "{a: b}", "a|attr(b)", "a|indent(b)", "a|zip(b)", "a|dictsort", "a|max",
    "a is divisibleby b", "a|selectattr(b)", "a|split(b)", "a|batch(b)", "a|string|shell_quote|trim(b)",
]  # fmt: skip


@given(st.sampled_from(SOURCES), JSON, JSON)
def test_nothing_but_the_one_error_comes_and_no_value_changes(source: str, a: Any, b: Any) -> None:
    before = copy.deepcopy((a, b))
    with suppress(EvaluationFailed):
        evaluate(bare(source).expressions[0], {"a": a, "b": b})
    assert (a, b) == before


def test_a_predicate_is_compiled_once_for_many_rows() -> None:
    holds = compile_predicate("{{ value > 10 and name != 'x' }}")
    rows = [{"value": 11, "name": "y"}, {"value": 11, "name": "x"}, {"value": 9, "name": "y"}]
    assert [holds(row) for row in rows] == [True, False, False]
    with pytest.raises(EvaluationFailed, match="`value` is undefined"):
        holds({"name": "y"})
