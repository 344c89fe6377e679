"""Patterns count in characters, say why they are refused, and never take long."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.expressions.patterns import compile_pattern, expansion

SHARED = ["a", "é", "(?i)É", "[^a]", "(€+)(.)?", r"\.", "a|(😀)", "(?s)(.)(a)", "^.", "a$", r"(?P<n>[a€]+)\."]
"""Patterns that mean the same in RE2 and in Python."""
TEMPLATES = ["", "é😀", r"<\g<0>>", r"\\1", r"\n\t\r", "x\ny"]


def replaced(pattern: str, template: str, text: str, count: int = 0) -> tuple[str, int]:
    compiled = compile_pattern(pattern)
    return compiled.subn(expansion(compiled, template), text, count)


@given(st.sampled_from(SHARED), st.sampled_from(TEMPLATES), st.text("aé€😀."), st.integers(0, 3))
def test_matches_are_where_python_finds_them(pattern: str, template: str, text: str, count: int) -> None:
    found, expected = compile_pattern(pattern).search(text), re.search(pattern, text)
    assert (found and found.start()) == (expected and expected.start())
    assert replaced(pattern, template, text, count) == re.subn(pattern, template, text, count=count)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        (r"\2\1", "bé"), (r"\g<2>0", "b0"), (r"\g<first>!", "é!"), (r"[\0]", "[éb]"), (r"\3.", "."), (r"\\2", r"\2"),
        ("\\\\\\1", "\\é"),
    ],
)  # fmt: skip
def test_a_template_names_groups_by_number_or_name(template: str, made: str) -> None:
    assert replaced("(?P<first>é)(b)(c)?", template, "xéb") == ("x" + made, 1)


@pytest.mark.parametrize("template", [r"\2", r"\g<n>", r"\g<2>", r"\12", r"\g<", r"\q", "\\", r"\x41", r"\."])
def test_a_template_that_means_nothing_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(template)[:3])):
        expansion(compile_pattern("(a)"), template)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", r"missing \)"),
        ("o(?=ne)", "no look-around"),
        ("(?<!o)ne", "no look-around"),
        (r"(a)\1", "no back-references"),
        ("a{1001}", "invalid repetition size"),
        ("((a{10}){10}){11}", "invalid repetition size"),
        ("é" * 1_000_000, r"^'é{100}….*pattern too large"),
        (r"a\C", "single bytes"),
        ("\ud800", "surrogates not allowed"),
    ],
)
def test_what_re2_does_not_take_is_refused_with_the_reason(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_pattern(pattern)


def test_a_refusal_is_told_once() -> None:
    code = "import rustchain.logic.expressions.patterns as p\ntry: p.compile_pattern('(')\nexcept ValueError: pass"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stderr == b""


def test_a_plain_text_is_no_pattern() -> None:
    pattern = compile_pattern("É.(\\C", literal=True, case_sensitive=False)
    match = pattern.search("é€ é.(\\c")
    assert match is not None
    assert match.start() == 3
    assert pattern.search("É_(\\C") is None


def test_an_escaped_backslash_before_a_c_is_taken() -> None:
    assert replaced(r"C:\\Code", "x", r"C:\Code") == ("x", 1)


def test_half_a_surrogate_pair_is_told() -> None:
    with pytest.raises(UnicodeEncodeError):
        compile_pattern("a").search("a\ud800")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a|aa)+$", "(?:a?){200}a{200}b"])
def test_patterns_that_backtrack_elsewhere_take_no_time(pattern: str) -> None:
    assert compile_pattern(pattern).search("a" * 100_000 + "!") is None
