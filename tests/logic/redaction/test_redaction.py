"""No spelling of a secret comes through, whole or in pieces."""

import base64
import html
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rustchain.logic.redaction import Redactor

KEY = "p@ss/w'or\"d+é=="
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\nab\n-----END KEY-----\n"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "reversed": lambda s: s[::-1],
    "url": lambda s: quote(s, safe=""),
    "url path": quote,
    "url plus": quote_plus,
    "url lower case": lambda s: re.sub("%..", lambda m: m[0].lower(), quote(s, safe="")),
    "json": lambda s: json.dumps({"k": s}),
    "json utf-8": lambda s: json.dumps({"k": s}, ensure_ascii=False),
    "json in json": lambda s: json.dumps(json.dumps(s)),
    "html": html.escape,
    "html text": lambda s: html.escape(s, quote=False),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 after user": lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
    "base64 between": lambda s: base64.b64encode(f"ab{s}tail".encode()).decode(),
    "base64 url": lambda s: base64.urlsafe_b64encode(f"x{s}".encode()).decode(),
    "repr": repr,
    "repr of bytes": lambda s: repr(s.encode()),
    "shell": shlex.quote,
}
secrets = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), min_size=8, max_size=40
)
cuts = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def in_pieces(redactor: Redactor, text: str, sizes: list[int]) -> str:
    stream, shown, at = redactor.stream(), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        shown += stream.feed(text[at : at + size])
        at += size
    return shown + stream.finish()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_masked(encoding: str) -> None:
    text = f"before {ENCODINGS[encoding](KEY)} after"
    masked = Redactor({"KEY": KEY}).text(text)
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "[secret:KEY]" in masked


@given(secrets, st.sampled_from(sorted(ENCODINGS)), cuts)
@example("aaaaaaaa", "json in json", [1])
def test_nothing_leaks_through_any_encoding_and_chunking(
    secret: str, encoding: str, sizes: list[int]
) -> None:
    encoded = ENCODINGS[encoding](secret)
    redactor = Redactor({"K": secret})
    shown = in_pieces(redactor, f"pre {encoded} post", sizes)
    assert "[secret:K]" in shown
    assert secret not in shown
    assert shown == redactor.text(f"pre {encoded} post")


@given(
    st.lists(st.text("ab", min_size=2, max_size=5), min_size=1, max_size=3), st.text("abc", max_size=60), cuts
)
def test_pieces_give_what_the_whole_gives_and_no_secret_survives(
    values: list[str], text: str, sizes: list[int]
) -> None:
    redactor = Redactor({f"{i}": value for i, value in enumerate(values)})
    shown = redactor.text(text)
    assert in_pieces(redactor, text, sizes) == shown
    assert not any(value in part for value in values for part in shown.split("[secret:"))


def test_overlapping_secrets_go_whole_under_the_leftmost_name() -> None:
    redactor = Redactor({"A": "abcdefgh", "B": "efghijkl", "C": "abcdef"})
    assert redactor.text("x abcdefghijkl y") == "x [secret:A] y"
    assert redactor.text("abcdefabcdef") == "[secret:C][secret:C]"


def test_a_stream_shows_what_cannot_begin_a_secret() -> None:
    stream = Redactor({"A": "secret-value"}).stream()
    assert stream.feed("x" * 500) != ""
    assert stream.feed("secret-") != "secret-"
    assert stream.feed("value!") + stream.finish() != ""


def test_lines_of_long_secrets_are_secrets() -> None:
    redactor = Redactor({"PEM": PEM})
    for line in PEM.splitlines():
        assert (line in redactor.text(f"> {line}")) == (len(line) < 8)
    assert redactor.text(PEM) == "[secret:PEM]"
    assert redactor.text(PEM.replace("\n", "\\n")) == "[secret:PEM]"
    assert redactor.text(PEM.strip()) == "[secret:PEM]"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"a": "x 123456 y"}, {"a": "x [secret:PIN] y"}),
        ({"123456": 1}, {"[secret:PIN]": 1}),
        ([123456, 91234567, 1.5, True, None], ["[secret:PIN]", "9[secret:PIN]7", 1.5, True, None]),
        ({"a": 'tok"en/é\n'}, {"a": "[secret:TOKEN]\n"}),
        ({"a": "123\n456"}, {"a": "123\n456"}),
    ],
)
def test_json_stays_json(document: object, expected: object) -> None:
    redactor = Redactor({"PIN": "123456", "TOKEN": 'tok"en/é'})
    for ascii_only in (True, False):
        data = json.dumps(document, ensure_ascii=ascii_only).encode()
        assert json.loads(redactor.json(data)) == expected


def test_json_without_secrets_keeps_its_bytes() -> None:
    data = b'{"a" : [1.50, "\\u00e9", "b\\n"]}'
    assert Redactor({"A": "123456"}).json(data) == data
    assert Redactor({"A": "123456"}).json(b'{"a": 1}') == b'{"a": 1}'


@given(
    secrets,
    st.recursive(
        st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    ),
)
def test_any_json_stays_json_without_the_secret(secret: str, document: object) -> None:
    data = json.dumps({"in": [secret, document], secret: f"a{secret}b"}).encode()
    cleaned = Redactor({"K": secret}).json(data)
    assert secret not in json.dumps(json.loads(cleaned), ensure_ascii=False)


def test_deep_json_is_no_trouble() -> None:
    data = b'["123456",' * 50_000 + b"1" + b"]" * 50_000
    assert b"123456" not in Redactor({"A": "123456"}).json(data)


def test_half_surrogate_pairs_are_no_trouble() -> None:
    redactor = Redactor({"A": "12345678", "B": "broken\udcffbytes"})
    assert redactor.text("\udcff 12345678") == "\udcff [secret:A]"
    assert redactor.text("broken%FFbytes") == "[secret:B]"


def test_short_secrets_are_masked_as_they_are_only() -> None:
    assert Redactor({"PIN": "12"}).text("12 21 3132") == "[secret:PIN] 21 3132"


def test_secrets_may_be_added_while_a_stream_goes_on() -> None:
    redactor = Redactor({})
    stream = redactor.stream()
    assert stream.feed("secret-one ") == "secret-one "
    redactor.add([("A", "secret-one"), ("A", "secret-two")])
    assert stream.feed("secret-one sec") + stream.feed("ret-two") + stream.finish() == "[secret:A] [secret:A]"
    assert redactor.text("secret-one secret-two") == "[secret:A] [secret:A]"


def test_without_secrets_nothing_happens() -> None:
    redactor = Redactor({"A": ""})
    stream = redactor.stream()
    assert (redactor.text("x"), redactor.json(b"1"), stream.feed("x"), stream.finish()) == (
        "x",
        b"1",
        "x",
        "",
    )


def test_without_secrets_nothing_is_loaded() -> None:
    code = """
import sys
from rustchain.logic.redaction import Redactor
Redactor({}).text("x")
assert not {"ahocorasick_rs", "html", "base64"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
