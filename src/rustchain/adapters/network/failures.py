"""What went wrong on the network, told as step failures."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import aiohttp

from rustchain.adapters.network.redirects import Hop, place
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


@contextmanager
def failing(hop: Hop) -> Iterator[None]:
    """Turn the errors of a request, or of reading its answer, into StepFailed."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        reason = error.message.partition("\n")[0].rstrip(":")
        raise StepFailed(
            Failure.INVALID_DATA, f"{place(hop.url)} does not answer in HTTP: {reason}"
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise StepFailed(Failure.CONNECTION, _explained(error, hop)) from error
    except ValueError as error:  # a header with a line break, a method that is none
        raise StepFailed(Failure.INVALID_PARAMETERS, f"the request cannot be sent: {error}") from error


def _explained(error: Exception, hop: Hop) -> str:
    where = urlsplit(hop.url).netloc
    match error:
        case aiohttp.ClientConnectorError():
            return _unconnected(error, where)
        case aiohttp.ServerDisconnectedError():
            return f"{where} closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return f"the connection to {where} was lost in the middle of the answer"
        case _:
            return f"the connection to {where} was lost: {error}"


def _unconnected(error: aiohttp.ClientConnectorError, where: str) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {where} is not to be trusted: {_doubt(error.certificate_error)}"
        case aiohttp.ClientConnectorSSLError():
            return f"no secure connection to {where}: {error.os_error}"
        case aiohttp.ClientConnectorDNSError():
            return f"the host {where} is not known: {error.os_error.strerror}"
        case _:
            return f"cannot connect to {where}: {os.strerror(error.errno) if error.errno else error.os_error}"


def _doubt(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else str(error)
