"""What a redirect asks for (RFC 9110, 15.4), and what is not taken along."""

import re
from collections.abc import Mapping
from string import punctuation
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from rustchain.logic.guards.addresses import PORTS

LIMIT = 10
"""Redirects followed in one exchange."""
_STATUSES = frozenset({301, 302, 303, 307, 308})
_HARMLESS = re.compile(
    r"accept(-[a-z]+)?|user-agent|range|if-[a-z-]+|content-[a-z]+|cache-control", re.IGNORECASE
)
"""Names of headers that another origin may see; what any other holds may be a secret, whatever it is called."""
_OF_BODY = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type", "content-length"}
)


class Hop(NamedTuple):
    """One request of an exchange; `with_body` is whether the body goes along."""

    method: str
    url: str
    headers: Mapping[str, str]
    with_body: bool = True


def following(hop: Hop, status: int, location: str | None) -> Hop | None:
    """
    The next request after an answer; None where the answer is the last.

    303 asks for a GET, and so do 301 and 302 after a POST (RFC 9110: as all clients do). Another origin gets no header
    but those that are harmless. ValueError where the location is no URL.
    """
    if status not in _STATUSES or not location:
        return None
    url = urljoin(hop.url, quote(location, safe=punctuation))
    headers = hop.headers
    if _origin(url) != _origin(hop.url):
        headers = {name: value for name, value in headers.items() if _HARMLESS.fullmatch(name)}
    if status in {307, 308} or hop.method in {"GET", "HEAD"} or (status != 303 and hop.method != "POST"):
        return Hop(hop.method, url, headers, hop.with_body)
    headers = {name: value for name, value in headers.items() if name.lower() not in _OF_BODY}
    return Hop("GET", url, headers, with_body=False)


def place(url: str) -> str:
    """A URL without its query, which may be long and may be nobody's business."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
