"""
Where a URL leads, and whether a step may go there.

URLs are read as the WHATWG URL standard reads them, but everything that two programs could read differently is
refused. Names are judged when a URL is read, addresses once they are resolved: each of them, right before connecting.
"""

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

MAX_LENGTH = 16_384
PORTS = {"http": 80, "https": 443}

_Address = IPv4Address | IPv6Address
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]{1,5}))?")
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_METADATA_NAMES = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)
_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure
            "169.254.169.254",  # AWS, Google, Azure, DigitalOcean …
            "169.254.170.2",  # AWS containers
            "192.0.0.192",  # Oracle
            "fd00:ec2::23",  # AWS pods
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google
        ),
    )
)
_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_EMBEDDING = (
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
)
_RESERVED: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("240.0.0.0/4"),
    IPv6Network("64:ff9b:1::/48"),  # local NAT64, RFC 8215: where its IPv4 address stands is not fixed
)
_SITE_LOCAL = IPv6Network("fec0::/10")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


class AddressRefused(ValueError):
    """A URL is one that no step may use; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Target(NamedTuple):
    """Where a request goes: the host in small letters, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int


def parse_url(text: str) -> Target:
    """Read an http or https URL strictly. Raises AddressRefused."""
    if len(text) > MAX_LENGTH:
        raise AddressRefused(f"the URL has more than {MAX_LENGTH:,} characters")
    if odd := _ODD.search(text):
        raise AddressRefused(f"the URL holds {odd[0]!r}, which programs read differently; encode it")
    url = _URL.match(text)
    if url is None:
        raise AddressRefused("a URL begins with http:// or https:// and a host")
    scheme = url["scheme"].lower()
    if scheme not in PORTS:
        raise AddressRefused(f"`{scheme}:` is refused; only http and https are reached")
    return _target(scheme, url["authority"].lower())


def judge_name(host: str) -> str | None:
    """Why a host may not be reached, going by its name alone; None where nothing speaks against it."""
    name = host.lower().rstrip(".")
    if name in _METADATA_NAMES or name.endswith(".metadata.google.internal"):
        return f"{host} gives out the machine's cloud credentials"
    return None


def judge_address(ip: str, host: str = "", *, local: bool = True) -> str | None:
    """
    Why an address that `host` resolved to may not be connected to; None where it may.

    Cloud metadata, link-local, multicast and unspecified addresses never may, also within an IPv6 address. Loopback
    and private ones may with `local`.
    """
    address = ip_address(ip)
    shown = f"{host} ({ip})" if host not in {"", ip} else ip
    reasons = (_reason(inner, local=local) for inner in _meant(address))
    return judge_name(host) or next((f"{shown} {reason}" for reason in reasons if reason), None)


def judge_target(target: Target, *, local: bool = True) -> str | None:
    """Why a URL's target may not be reached, as far as that is known before its name is resolved."""
    try:
        ip_address(target.host)
    except ValueError:
        return judge_name(target.host)
    return judge_address(target.host, local=local)


def _target(scheme: str, authority: str) -> Target:
    if "@" in authority:
        raise AddressRefused("a URL with a user or password in it is refused; give them as headers")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise AddressRefused(f"{authority!r} is no host and port")
    port = int(parts["port"]) if parts["port"] else PORTS[scheme]
    if not 1 <= port <= 65535:
        raise AddressRefused(f"{port} is no port")
    return Target(scheme, _host(parts["host"]), port)


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    if not text.isascii():
        raise AddressRefused(f"the host {text!r} is not ASCII; write it as xn--…")
    labels = text.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(text)
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(f"{text!r} is no host name")
    return ".".join(labels)


def _ipv4(text: str) -> str:
    """Four decimal numbers without leading zeros; octal, hexadecimal and short forms hide what they mean."""
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise AddressRefused(
            f"{text!r} is an odd spelling of an IPv4 address; write it as 203.0.113.7"
        ) from None


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise AddressRefused(f"{text!r} is no IPv6 address") from None
    if address.scope_id is not None:
        raise AddressRefused(f"{text!r} names a network interface")
    return str(address)


def _meant(address: _Address) -> Iterator[_Address]:
    """The addresses that packets to an address can end at."""
    inner = [] if isinstance(address, IPv4Address) else list(_embedded(address))
    yield from inner or [address]


def _embedded(address: IPv6Address) -> Iterator[_Address]:
    """The addresses within an IPv6 address."""
    low = int(address) & 0xFFFF_FFFF
    if int(address) > 1 and any(address in network for network in _EMBEDDING):
        yield IPv4Address(low)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        yield from (IPv4Address(low), IPv6Address(int(address) >> 64 << 64))


def _reason(address: _Address, *, local: bool) -> str | None:
    never = next((reason for holds, reason in _NEVER if holds(address)), None)
    if never or local or (address.is_global and address not in _SITE_LOCAL):
        return never
    return "is loopback" if address.is_loopback else "is in a private network"


_NEVER: tuple[tuple[Callable[[_Address], bool], str], ...] = (
    (_METADATA.__contains__, "gives out the machine's cloud credentials"),
    (lambda address: address.is_link_local, "is link-local"),
    (lambda address: address.is_multicast, "is a multicast address"),
    (
        lambda address: address.is_unspecified or address in _THIS_NETWORK,
        "stands for any address of this machine",
    ),
    (lambda address: any(address in network for network in _RESERVED), "is reserved"),
)
