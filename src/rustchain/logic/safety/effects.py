"""Rules about places, addresses and what a step does at all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from rustchain.logic.safety.findings import Remark, Rule, Severity
from rustchain.logic.safety.places import outside
from rustchain.model.effects import Action, Effect

RUNS = Rule("RC-EFF-001", Severity.LOW, "runs a program", "a step type of the catalogue where there is one")
DELETES = Rule("RC-EFF-002", Severity.LOW, "deletes", "keep what may be needed again")
FORBIDDEN_ADDRESS = Rule(
    "RC-NET-001",
    Severity.HIGH,
    "calls an address that only this machine or its cloud answers",
    "call hosts by name",
)
UNPROTECTED = Rule(
    "RC-NET-002", Severity.MEDIUM, "calls a server without protection", "https://, verify_tls: true"
)
OUTSIDE = Rule("RC-FS-001", Severity.HIGH, "leaves the workspace", "a path below the workspace")
RULES = (RUNS, DELETES, FORBIDDEN_ADDRESS, UNPROTECTED, OUTSIDE)

_FILE_ACTIONS = frozenset({Action.FS_READ, Action.FS_WRITE, Action.FS_DELETE})
_ODD_HOST = re.compile(r"(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+))*", re.IGNORECASE)
_METADATA = frozenset({"100.100.100.200", "metadata.google.internal", "168.63.129.16", "fd00:ec2::254"})


def effect_remarks(effects: Sequence[Effect]) -> Iterator[Remark]:
    """What is risky in declared effects."""
    for effect in effects:
        if effect.action is Action.EXEC:
            yield Remark(RUNS, effect.target)
        if effect.action is Action.FS_DELETE:
            yield Remark(DELETES, effect.target)
        if effect.action in _FILE_ACTIONS and effect.known and outside(effect.target):
            yield Remark(OUTSIDE, effect.target)
        if effect.action is Action.NET and effect.known and _forbidden(_host(effect.target)):
            yield Remark(FORBIDDEN_ADDRESS, effect.target)


def call_remarks(parameters: Mapping[str, Any]) -> Iterator[Remark]:
    """What is risky in how a server is called."""
    url = parameters.get("url")
    if isinstance(url, str) and url.lower().startswith("http://") and not _local(_host(url)):
        yield Remark(UNPROTECTED, url.split("?", 1)[0], ("url",))
    if parameters.get("verify_tls") is False:
        yield Remark(UNPROTECTED, "verify_tls: false", ("verify_tls",))


def _host(target: str) -> str:
    """The host of `host:port` or of a URL; "" where there is none."""
    try:
        return (urlsplit(target if "://" in target else f"//{target}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _forbidden(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host in _METADATA or _ODD_HOST.fullmatch(host) is not None
    return (
        address.is_link_local or address.is_multicast or address.is_unspecified or str(address) in _METADATA
    )


def _local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)
