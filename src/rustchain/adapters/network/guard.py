"""The guard of addresses, as it stands before every connection."""

from collections.abc import Iterable

from rustchain.logic.guards.addresses import AddressRefused, judge_address, judge_target, parse_url
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


def admit_url(url: str, *, local: bool) -> None:
    """StepFailed (policy_denied) for a URL that is odd, or leads by itself where no step may go."""
    try:
        reason = judge_target(parse_url(url), local=local)
    except AddressRefused as error:
        raise StepFailed(Failure.POLICY_DENIED, f"{url[:200]!r} is refused: {error.reason}") from error
    _refuse(reason)


def admit_addresses(addresses: Iterable[str], host: str, *, local: bool) -> None:
    """StepFailed (policy_denied) where one of a host's addresses may not be connected to."""
    for address in addresses:
        _refuse(judge_address(address, host, local=local))


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise StepFailed(Failure.POLICY_DENIED, f"the network guard refuses to connect: {reason}")
