"""URLs in many spellings, and the addresses they lead to."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.guards.addresses import (
    AddressRefused,
    Target,
    judge_address,
    judge_name,
    judge_target,
    parse_url,
)

NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    str(IPv4Address(0)),
    "0.1.2.3",
]
NEVER += ["224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "169.254.170.2"]
LOCAL = ["127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1"]
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.com", Target("http", "example.com", 80)),
        ("HTTPS://Example.COM/a?b=c#d", Target("https", "example.com", 443)),
        ("https://example.com.:8443/", Target("https", "example.com", 8443)),
        ('http://a_b-c.example/päth/ü?q=@:"<>', Target("http", "a_b-c.example", 80)),
        ("http://localhost:65535?x", Target("http", "localhost", 65535)),
        ("http://127.0.0.1:8080/", Target("http", "127.0.0.1", 8080)),
        ("http://[::1]:80/", Target("http", "::1", 80)),
        ("http://[2001:DB8:0:0::1]/", Target("http", "2001:db8::1", 80)),
        ("http://xn--mnchen-3ya.de/", Target("http", "xn--mnchen-3ya.de", 80)),
        ("http://127.0.0.1.nip.io/", Target("http", "127.0.0.1.nip.io", 80)),
        ("http://0x7f.example/", Target("http", "0x7f.example", 80)),
    ],
)
def test_good_urls_are_read(url: str, target: Target) -> None:
    assert parse_url(url) == target


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        *((u, "begins with http") for u in ("", "example.com", "//example.com", "http:/example.com", "http:example.com", "1http://a")),
        *((f"{s}://example.com", "only http and https") for s in ("ftp", "file", "gopher", "ws", "dict", "ldap", "jar+http")),
        ("javascript:alert(1)", "begins with http"),
        *((f"http://{h}/", "odd spelling") for h in (
            "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "0x7f.1", "017700000001",
            "127.0.0.01", "127.0.0.256", "1.2.3.4.5", "0", "0x", "127.0.0.0x1", "256", "010.0.0.1", "a.0x7f", "example.1",
        )),
        *((u, "encode it") for u in (
            " http://example.com", "http://example.com ", "http://exa\tmple.com", "http://example.com\n", "http://a\x00b/",
            "http:\\\\example.com", "http://good.com\\@evil.com/", "http://example.com/a b", "http://ex\u00a0ample.com",
            "http://example.com/\x7f", "http://example.com\u2028/",
        )),
        *((u, "user or password") for u in (
            "http://user@example.com", "http://user:pw@example.com", "http://example.com@169.254.169.254/", "http://@a/",
            "http://a@b@c/", "http://127.0.0.1:80@evil.com/", "http://evil.com%23@good.com/",
        )),
        *((f"http://{h}/", "not ASCII") for h in ("\uff11\uff12\uff17.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "münchen.de", "ⓔxample.com", "١٢٧.0.0.1")),
        *((f"http://{h}/", "no host name") for h in (
            "", ".", "..", "a..b", "-a.com", "a-.com", "a" * 64 + ".com", ("a" * 60 + ".") * 5 + "com", "%31%32%37.0.0.1x", "a%2eb",
            "exam!ple.com", "a,b", "*", ".a",
        )),
        *((f"http://example.com:{p}/", "is no port") for p in ("0", "65536", "99999")),
        *((f"http://example.com{p}/", "no host and port") for p in (":", ":x", ":-1", ":80:80", ":123456", ":\uff18\uff10")),
        ("http://::1/", "no host and port"),
        ("http://[::1/", "no host and port"),
        ("http://[::1]x/", "no host and port"),
        *((f"http://[{h}]/", "no IPv6 address") for h in ("", "1", ":::", "::g", "127.0.0.1", "::127.0.0.01", "v1.a", "%31")),
        ("http://[fe80::1%25eth0]/", "network interface"),
        ("http://[fe80::1%eth0]/", "network interface"),
        ("http://example.com/" + "a" * 16_384, "characters"),
    ],
)  # fmt: skip
def test_what_programs_could_read_differently_is_refused(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        parse_url(url)
    assert reason in caught.value.reason


def spellings(ip: str) -> list[str]:
    """An IPv4 address, and the IPv6 addresses that lead to it."""
    four = int(IPv4Address(ip))
    forms = [
        four,
        0xFFFF << 32 | four,
        0xFFFF << 48 | four,
        0x64FF9B << 96 | four,
        0x2002 << 112 | four << 80 | 1,
        0x20010000 << 96 | four << 64 | 0xF7F7F7F7,
        0x20010000 << 96 | 0x08080808 << 64 | (four ^ 0xFFFFFFFF),
        0x20014860 << 96 | 0x5EFE << 32 | four,
        0x20014860 << 96 | 0x02005EFE << 32 | four,
    ]
    return [ip, *(str(IPv6Address(form)) for form in forms)]


@pytest.mark.parametrize("ip", NEVER)
def test_some_addresses_are_refused_in_every_spelling(ip: str) -> None:
    for spelling in spellings(ip):
        assert judge_address(spelling, "a.example"), spelling
        assert judge_address(spelling, local=False), spelling


@pytest.mark.parametrize("ip", LOCAL)
def test_local_addresses_are_for_local_work_only(ip: str) -> None:
    for spelling in spellings(ip):
        assert judge_address(spelling) is None, spelling
        assert judge_address(spelling, local=False), spelling


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_fine(ip: str) -> None:
    for spelling in spellings(ip)[:5]:
        assert judge_address(spelling, local=False) is None, spelling


@pytest.mark.parametrize(
    ("ip", "local", "public"),
    [
        ("::", False, False),
        ("::1", True, False),
        ("fe80::1", False, False),
        ("fe80::1%eth0", False, False),
        ("ff02::1", False, False),
        ("fc00::1", True, False),
        ("fec0::1", True, False),
        ("2001:db8::1", True, False),
        ("fd00:ec2::254", False, False),
        ("fd00:ec2::23", False, False),
        ("fd20:ce::254", False, False),
        ("64:ff9b:1::8.8.8.8", False, False),
        ("2606:4700:4700::1111", True, True),
    ],
)
def test_ipv6(ip: str, local: bool, public: bool) -> None:
    assert (judge_address(ip) is None) == local
    assert (judge_address(ip, local=False) is None) == public


@pytest.mark.parametrize("name", ["metadata.google.internal", "Metadata.Google.Internal.", "x.metadata.google.internal", "instance-data", "metadata"])  # fmt: skip
def test_metadata_names_are_refused_whatever_they_resolve_to(name: str) -> None:
    assert judge_name(name)
    assert judge_address("8.8.8.8", name)
    assert judge_target(Target("http", name, 80))


def test_a_target_is_judged_as_far_as_it_is_known() -> None:
    assert judge_target(parse_url("http://example.com")) is None
    assert judge_target(parse_url("http://127.0.0.1")) is None
    assert judge_target(parse_url("http://127.0.0.1"), local=False) == "127.0.0.1 is loopback"
    assert judge_target(parse_url("http://[::ffff:a9fe:a9fe]")) is not None


def test_the_reason_names_host_and_address() -> None:
    assert (
        judge_address("10.0.0.1", "db.example", local=False)
        == "db.example (10.0.0.1) is in a private network"
    )
    assert judge_address("10.0.0.1", "10.0.0.1", local=False) == "10.0.0.1 is in a private network"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://a{text}b.example:80/"):
        try:
            target = parse_url(url)
        except AddressRefused:
            continue
        assert target.host.isascii()
        assert judge_target(target) is None or target.host


@given(st.ip_addresses(v=6) | st.ip_addresses(v=4))
def test_what_strict_rules_allow_local_ones_do(ip: IPv4Address | IPv6Address) -> None:
    if judge_address(str(ip), local=False) is None:
        assert judge_address(str(ip)) is None
