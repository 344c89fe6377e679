"""HTTPS with a certificate authority of the test's own."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.web import client, echo, fetched, raw, served
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def fetch(certificate: trustme.LeafCert, **more: Any) -> int:
    """The status of one request to a server with this certificate."""

    async def main() -> int:
        async with served(echo, server_context(certificate)) as url, client() as http:
            return (await fetched(http, "GET", url, **more))[0]

    return asyncio.run(main())


def refusal(certificate: trustme.LeafCert) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        fetch(certificate)
    return failed.value


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("trusted")
def test_an_authority_named_by_ssl_cert_file_is_trusted(authority: trustme.CA) -> None:
    assert fetch(authority.issue_cert("127.0.0.1")) == 200


def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    failed = refusal(authority.issue_cert("127.0.0.1"))
    assert failed.kind is Failure.CONNECTION
    assert failed.message.startswith("the certificate of 127.0.0.1:")
    assert failed.message.endswith("is not to be trusted: unable to get local issuer certificate")


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_is_refused(authority: trustme.CA) -> None:
    assert "IP address mismatch" in refusal(authority.issue_cert("other.test")).message


@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate_is_refused(authority: trustme.CA) -> None:
    expired = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    assert refusal(expired).message.endswith("certificate has expired")


def test_verification_can_be_switched_off(authority: trustme.CA) -> None:
    assert fetch(authority.issue_cert("other.test"), verify_tls=False) == 200


@pytest.mark.usefixtures("trusted")
def test_an_unverified_connection_is_not_used_for_a_verified_request(authority: trustme.CA) -> None:
    async def main() -> None:
        certificate = authority.issue_cert("other.test")
        async with served(echo, server_context(certificate)) as url, client() as http:
            await fetched(http, "GET", url, verify_tls=False)
            with pytest.raises(StepFailed):
                await fetched(http, "GET", url)

    asyncio.run(main())


@pytest.mark.usefixtures("trusted")
def test_name_and_certificate_are_those_of_the_url_at_the_address_that_was_judged(
    authority: trustme.CA,
) -> None:
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async def main() -> bytes:
        context = server_context(authority.issue_cert("service.test"))
        async with served(echo, context) as url, client(resolve=resolve) as http:
            return (await fetched(http, "GET", url.replace("127.0.0.1", "service.test")))[1]

    assert b'"Host": "service.test:' in asyncio.run(main())
    assert asked == ["service.test"]


def test_a_server_without_tls_is_told_apart() -> None:
    async def main() -> None:
        async with raw(b"HTTP/1.1 200 OK\r\n\r\n") as url, client() as http:
            await fetched(http, "GET", url.replace("http:", "https:"))

    with pytest.raises(StepFailed) as failed:
        asyncio.run(main())
    assert failed.value.kind is Failure.CONNECTION
    assert failed.value.message.startswith("no secure connection to 127.0.0.1:")
