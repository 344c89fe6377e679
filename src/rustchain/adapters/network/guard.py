"""The guard of addresses, as it stands before every connection."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address

from rustchain.logic.guards.addresses import AddressRefused, judge_address, judge_name, parse_url
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

Judge = Callable[[str, Sequence[str]], None]
"""Refuses, with StepFailed, a host by its name or for one of its addresses, which may not be known yet."""


def judge_host(host: str, addresses: Sequence[str]) -> None:
    """Refuse (policy_denied) what no step may ever reach; loopback and private networks may be reached."""
    reasons = (judge_name(host), *(judge_address(address, host) for address in addresses))
    if reason := next(filter(None, reasons), None):
        raise StepFailed(Failure.POLICY_DENIED, reason)


def demand_plain(url: str) -> None:
    """Refuse (policy_denied) a URL that two programs could read differently."""
    try:
        parse_url(url)
    except AddressRefused as error:
        raise StepFailed(Failure.POLICY_DENIED, f"{url[:200]!r} is refused: {error.reason}") from error


def written_address(host: str) -> list[str]:
    """The address that a host is, where it is one and no name."""
    try:
        ip_address(host)
    except ValueError:
        return []
    return [host]
