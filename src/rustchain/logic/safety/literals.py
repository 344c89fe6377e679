"""The rule about secrets written into a mission."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rustchain.logic.safety.findings import Remark, Rule, Severity
from rustchain.model.problems import DocumentPath

LITERAL_SECRET = Rule(
    "RC-SEC-001",
    Severity.CRITICAL,
    "holds a secret in plain text",
    "declare it under `secrets:` with `from: env:NAME` or `from: file:PATH`, and replace the one that was written down",
)
RULES = (LITERAL_SECRET,)

_SHAPES = (
    ("an AWS key", "AKIA", r"[A-Z2-7]{16}\b"),
    ("an AWS key", "ASIA", r"[A-Z2-7]{16}\b"),
    ("a GitHub token", "gh", r"[pousr]_[A-Za-z0-9]{36}"),
    ("a GitHub token", "github_pat_", r"\w{50}"),
    ("a GitLab token", "glpat-", r"[\w-]{20}"),
    ("an Anthropic key", "sk-ant-", r"[\w-]{20}"),
    ("an OpenAI key", "sk-", r"(?!ant-)[\w-]{32}"),
    ("a Stripe key", "sk_live_", r"[A-Za-z0-9]{16}"),
    ("a Slack token", "xox", r"[abeoprs]-[\w-]{10}"),
    ("a Google API key", "AIza", r"[\w-]{35}\b"),
    ("a Hugging Face token", "hf_", r"[A-Za-z0-9]{30}"),
    ("an npm token", "npm_", r"[A-Za-z0-9]{36}\b"),
    ("a PyPI token", "pypi-", r"[\w-]{50}"),
    ("a SendGrid key", "SG.", r"[\w-]{16,32}\.[\w-]{16}"),
    ("a signed token", "eyJ", r"[\w-]{10,1000}\.eyJ[\w-]{10,4000}\.[\w-]{10}"),
    ("a private key", "-----BEGIN ", r"(?:[A-Z]+ ){0,3}PRIVATE KEY-----"),
)
"""What it is, how it begins, how it goes on."""
_KINDS = tuple(
    # beginning with plain letters makes the search quick, so that what must not stand before them comes after
    (kind, re.compile(f"{re.escape(begin)}(?<![A-Za-z0-9]{re.escape(begin)}){rest}"))
    for kind, begin, rest in _SHAPES
)


def secret_in(text: str) -> str | None:
    """What kind of secret a text holds."""
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)


def secret_remarks(value: Any, path: DocumentPath = ()) -> Iterator[Remark]:
    """Texts in a value that look like secrets; what they are, never the texts themselves."""
    if isinstance(value, str):
        if kind := secret_in(value):
            yield Remark(LITERAL_SECRET, kind, path)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from secret_remarks(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from secret_remarks(part, (*path, index))
