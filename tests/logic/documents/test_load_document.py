import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.documents import InvalidDocument, load_document, load_documents
from rustchain.model.problems import Problem


def refused(data: bytes | str, name: str) -> Problem | None:
    """Why a text is no document, if it is none."""
    try:
        load_document(data, name)
    except InvalidDocument as error:
        return error.problem
    return None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text("abcde-_", min_size=1), v, max_size=4),
)


def load(text: str | bytes, name: str = "m.yaml") -> Any:
    return load_document(text, name).value


def refusal(text: str | bytes, name: str = "m.yaml") -> str:
    with pytest.raises(InvalidDocument) as caught:
        load_document(text, name)
    problem = caught.value.problem
    assert problem.at is not None
    assert problem.source == name
    return f"{problem.code} {problem.at.line}:{problem.at.column}"


@given(VALUES)
def test_json_reads_as_the_standard_library_reads_it(value: Any) -> None:
    assert load(json.dumps(value), "m.json") == value


class Quoting(yaml.SafeDumper):
    """Quotes every text: PyYAML writes YAML 1.1, in which a plain `0E0` is one."""


Quoting.add_representer(str, lambda to, text: to.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@given(VALUES)
def test_yaml_reads_what_was_written(value: Any) -> None:
    assert load(yaml.dump(value, Dumper=Quoting, allow_unicode=True)) == value


@given(st.binary(max_size=60), st.sampled_from(["m.yaml", "m.json"]))
def test_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    problem = refused(data, name)
    assert problem is None or problem.at is not None


@given(st.text("[]{}:,-&*!<>|'\"#% \n\tab1", max_size=40))
def test_texts_full_of_signs_are_read_or_refused(text: str) -> None:
    problem = refused(text, "m.yaml")
    assert problem is None or problem.line_text is not None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"), ("no", "no"), ("Yes", "Yes"), ("true", True), ("FALSE", False), ("tRue", "tRue"),
        ("~", None), ("", None), ("NULL", None), ("'~'", "~"),
        ("12", 12), ("-7", -7), ("0777", 777), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"), ("12:30:45", "12:30:45"),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("2024-01-02", "2024-01-02"), ("'12'", "12"),
        ("18446744073709551615", 2**64 - 1), ("!!str 12", "12"), ("!!float 3", 3.0), ("!!int 3", 3), ("! 12", "12"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(written: str, value: Any) -> None:
    loaded = load(f"a: {written}")["a"]
    assert (loaded, type(loaded)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: [1\nb: }", "RC001 2:2"), ("a:\n\tb: 1", "RC001 2:1"), ("a: 'x\nb: 1", "RC001 1:4"), ("a: b: c", "RC001 1:5"),
        (b"name: caf\xe9", "RC002 1:10"), (b"\xff\xfea", "RC002 1:1"), (b"a: b\0c", "RC003 1:5"), ("a:\n  b: \x07", "RC003 2:6"),
        ("a: 1\nb: 2\na: 3", "RC004 3:1"), ("{a: 1, 'a': 2}", "RC004 1:8"), ("<<: {}\n<<: {}", "RC004 2:1"),
        ("1: x", "RC005 1:1"), ("true: x", "RC005 1:1"), ("? [a]\n: x", "RC005 1:3"), ("?\n: x", "RC005 1:2"), ("&a b: 1\n*a : 2", "RC005 2:1"),
        ("a: !x 1", "RC006 1:4"), ("a: !!python/none x", "RC006 1:4"), ("a: !!int x", "RC006 1:4"), ("a: !!seq {}", "RC006 1:4"),
        ("a: *b", "RC008 1:4"), ("a: &a [*a]", "RC008 1:8"), ("a: &a 1\n---\na: *a", "RC008 3:4"), ("<<: 1", "RC008 1:1"),
        ("a: .inf", "RC009 1:4"), ("a: .NaN", "RC009 1:4"), ("a: 1e999", "RC009 1:4"), ("a: 18446744073709551616", "RC009 1:4"),
        ("a: -0x8000000000000001", None), ("a: 1\n---\nb: 2", "RC010 2:1"), ("", "RC011 1:1"), ("# nothing\n", "RC011 1:1"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_where_it_stands(text: str | bytes, where: str | None) -> None:
    if where is None:
        assert isinstance(load(text)["a"], str)
    else:
        assert refusal(text) == where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "RC001 1:1"), ('{"a" 1}', "RC001 1:6"), ('{"a": 1 2}', "RC001 1:9"), ('{\n "a": 1,\n "a": 2}', "RC004 3:2"),
        ('{"a": NaN}', "RC001 1:7"), ('["Infinity", -Infinity]', "RC001 1:14"), ('["\\ud800"]', "RC001 1:2"), ('["a\x00"]', "RC001 1:4"),
        ('{"a": 1e999}', "RC009 1:7"), ("[" * 100_000, "RC007 1:201"), ('{"a":' * 300 + "1" + "}" * 300, "RC007 1:1001"), ("a: 1", "RC001 1:1"),
    ],
)  # fmt: skip
def test_json_is_refused_where_it_is_wrong(text: str, where: str) -> None:
    assert refusal(text, "m.json") == where


def test_json_may_have_tabs_and_surrogate_pairs() -> None:
    assert load('\t{\n\t"a":\t["\\ud83d\\ude00", "\\/"]\t}\n', "m.JSON") == {"a": ["\U0001f600", "/"]}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert load(b"\xef\xbb\xbfa: 1") == load("\ufeffa: 1") == {"a": 1}


def test_a_surrogate_in_a_text_is_refused() -> None:
    assert refusal("a: \ud800") == "RC003 1:4"


def test_aliases_share_what_they_name() -> None:
    value = load("a: &a [1, {b: 2}]\nc: *a\nd: &t text\ne: *t")
    assert value["c"] is value["a"]
    assert value["e"] == "text"


def test_merges_fill_in_what_a_mapping_lacks() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*b, *a]}\nd: {<<: *a, x: 0}\ne: {'<<': 1, f: <<}"
    value = load(text)
    assert value["c"] == {"x": 1, "y": 2, "z": 3}
    assert value["d"] == {"x": 0, "y": 1}
    assert value["e"] == {"<<": 1, "f": "<<"}


def laughs(levels: int) -> str:
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(rows)


def test_aliases_within_the_limits_are_read() -> None:
    assert len(load(laughs(3))["a2"]) == 10


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (laughs(9), "RC008 6:38"),
        ("a: &a [" + "x," * 300 + "]\nb: [" + "*a," * 200 + "]", "RC008 3:1"),
        ("a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 500)), "RC007 200:14"),
        ("name: " + "[" * 100_000, "RC007 1:206"),
        ("a: " + "{b: " * 300, "RC007 1:800"),
        ("a: " + "1" * 1_000_000, "RC009 1:4"),
    ],
)
def test_bombs_are_refused_at_once(text: str, where: str) -> None:
    begun = time.process_time()
    assert refusal(text) == where
    assert time.process_time() - begun < 1


def test_a_scalar_of_ten_megabytes_is_read() -> None:
    assert len(load("a: '" + "A" * 10_000_000 + "'")["a"]) == 10_000_000


def test_a_stream_gives_its_documents_one_by_one() -> None:
    assert load_documents("a: 1\n---\n- b\n---\n", "m.yaml") == [{"a": 1}, ["b"], None]
    assert load_documents("", "m.yaml") == []
