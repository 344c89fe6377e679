"""An HTTP request, put together from parameters."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode, urlsplit, urlunsplit

from msgspec import Struct, json

from rustchain.logic.guards.addresses import PORTS, AddressRefused, parse_url
from rustchain.stepkit import SecretText, doc

Scalar = str | int | float | bool
Query = Mapping[str, Scalar | list[Scalar]]


class Basic(Struct, tag="basic", tag_field="type", forbid_unknown_fields=True):
    """A user name and a password (RFC 7617)."""

    username: Annotated[SecretText, doc("The user name.")]
    password: Annotated[SecretText, doc("The password.")]

    def header(self) -> str:
        """The value of the header Authorization."""
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


class Bearer(Struct, tag="bearer", tag_field="type", forbid_unknown_fields=True):
    """A token (RFC 6750)."""

    token: Annotated[SecretText, doc("The token.")]

    def header(self) -> str:
        """The value of the header Authorization."""
        return f"Bearer {self.token}"


def check_url(url: str) -> None:
    """ValueError where a URL is not one of HTTP, or holds credentials."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no http:// or https:// URL")
    if "@" in parts.netloc:
        raise ValueError("credentials do not belong into a URL, where they are seen: use `auth`")


def endpoint(url: str) -> str:
    """The `host:port` that a URL leads to; the URL itself where it is refused anyway."""
    try:
        _, host, port = parse_url(url)
    except AddressRefused:
        return url
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def with_query(url: str, query: Query) -> str:
    """A URL with more parameters in its query; a list gives its name once for each value."""
    if not query:
        return url
    more = urlencode({name: _texts(value) for name, value in query.items()}, doseq=True)
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}".removeprefix("&")))


def _texts(value: Scalar | list[Scalar]) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [v if isinstance(v, str) else json.encode(v).decode() for v in values]


def with_defaults(headers: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Headers, and those of the defaults that are not among them in any spelling."""
    given = {name.lower() for name in headers}
    return {**{n: v for n, v in defaults.items() if n.lower() not in given}, **headers}
