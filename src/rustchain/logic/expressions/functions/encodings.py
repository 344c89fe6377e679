"""Filters from and to other notations."""

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode as url_pairs

from rustchain.logic.expressions.errors import EvaluationFailed
from rustchain.logic.expressions.functions.function import table
from rustchain.logic.expressions.values import room, text_of, to_json

_DIRECTIVES = re.compile(r"%[aAbBdHIjmMpSfyYzZuVG%]")
"""What `date` knows: nothing that asks the machine for its time zone."""
_MAX_DEPTH = 200


def tojson(value: Any, indent: int | None = None) -> str:
    """The value as JSON text, on one line or indented by so many spaces."""
    if indent is not None and not 0 <= indent <= 16:
        raise EvaluationFailed("`tojson`: indent is 0 to 16")
    return to_json(value, indent)


def fromjson(value: str) -> Any:
    """The value that a JSON text stands for."""
    if value.count("[") + value.count("{") > _MAX_DEPTH and _depth(value) > _MAX_DEPTH:
        raise EvaluationFailed(f"`fromjson`: nested more than {_MAX_DEPTH} deep")
    return json.loads(value, parse_constant=_refuse_constant)


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, depth)
    return deepest


def _refuse_constant(name: str) -> Any:
    raise EvaluationFailed(f"`fromjson`: {name} is no JSON")


def sha256(value: str) -> str:
    """The SHA-256 digest of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(value.encode()).hexdigest()


def b64encode(value: str) -> str:
    """The text, in UTF-8, as Base64 (RFC 4648)."""
    room(len(value) * 2)
    return base64.b64encode(value.encode()).decode()


def b64decode(value: str) -> str:
    """The text whose UTF-8 a Base64 text stands for; the URL alphabet and missing padding are understood."""
    standard = "".join(value.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()


def urlencode(value: str | dict[str, Any]) -> str:
    """The text, or an object's pairs, as part of a URL."""
    if isinstance(value, str):
        room(len(value) * 3)
        return quote(value, safe="/")
    return url_pairs({name: text_of(part) for name, part in value.items()}, quote_via=quote)


def date(value: str, format: str = "%Y-%m-%d", days: float = 0) -> str:
    """The day or moment of an RFC 3339 text, written by `format` (as strftime), so many days later."""
    unknown = _DIRECTIVES.sub("", format)
    if "%" in unknown:
        raise EvaluationFailed(f"`date`: `{unknown[unknown.index('%') :][:2]}` is no part of a date")
    room(len(format) * 16)
    moment = datetime.fromisoformat(value) + timedelta(days=days)
    year = f"{moment.year:04}"  # strftime leaves its zeros out on some systems
    return moment.strftime(_DIRECTIVES.sub(lambda d: year if d[0] == "%Y" else d[0], format))


FILTERS = table(tojson, fromjson, sha256, b64encode, b64decode, urlencode, date)
