"""What a redirect asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.adapters.network.redirects import Hop, following, place

HERE = "https://here.test/a/b?q=1"


def further(method: str, status: int, location: str = "c", **headers: str) -> Hop:
    found = following(Hop(method, HERE, headers), status, location)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("GET", 301, "GET"), ("HEAD", 303, "HEAD"), ("POST", 301, "GET"), ("POST", 302, "GET"), ("POST", 303, "GET"),
        ("PUT", 302, "PUT"), ("PUT", 303, "GET"), ("POST", 307, "POST"), ("DELETE", 308, "DELETE"),
    ],
)  # fmt: skip
def test_the_method_follows_the_status(method: str, status: int, then: str) -> None:
    hop = further(method, status)
    assert (hop.method, hop.with_body) == (then, then == method)


def test_a_body_that_stays_behind_takes_its_headers_along() -> None:
    headers = {"Content-Type": "text/plain", "Content-Length": "3", "Accept": "*/*"}
    hop = following(Hop("POST", HERE, headers), 303, "/")
    assert hop == Hop("GET", "https://here.test/", {"Accept": "*/*"}, with_body=False)


def test_a_body_that_stayed_behind_does_not_come_back() -> None:
    hop = following(Hop("GET", HERE, {}, with_body=False), 307, "/")
    assert hop is not None
    assert not hop.with_body


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("c", "https://here.test/a/c"), ("/c", "https://here.test/c"), ("?p=2", "https://here.test/a/b?p=2"),
        ("/a b\u00e4%20?c d", "https://here.test/a%20b%C3%A4%20?c%20d"), ("//there.test/", "https://there.test/"), ("http://there.test:8080/x#y", "http://there.test:8080/x#y"),
    ],
)  # fmt: skip
def test_a_location_may_be_relative(location: str, url: str) -> None:
    assert further("GET", 302, location).url == url


@pytest.mark.parametrize(
    ("status", "location"), [(200, "/c"), (304, "/c"), (300, "/c"), (302, None), (302, "")]
)
def test_other_answers_are_the_last(status: int, location: str | None) -> None:
    assert following(Hop("GET", HERE, {}), status, location) is None


@pytest.mark.parametrize(
    ("location", "same"),
    [
        ("https://here.test:443/", True), ("https://HERE.test/", True), ("http://here.test/", False),
        ("https://here.test:8443/", False), ("https://sub.here.test/", False), ("https://there.test/", False),
    ],
)  # fmt: skip
def test_credentials_stay_with_their_origin(location: str, same: bool) -> None:
    headers = {
        "authorization": "Bearer x",
        "Cookie": "a=b",
        "X-Api-Key": "k",
        "Accept": "*/*",
        "X-Version": "1",
    }
    kept = following(Hop("GET", HERE, headers), 307, location)
    assert kept is not None
    assert kept.headers == (headers if same else {"Accept": "*/*"})


@pytest.mark.parametrize("location", ["http://[", "http://here.test:port/"])
def test_a_location_that_is_no_url_is_an_error(location: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid|Port"):
        further("GET", 302, location)


@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]), st.sampled_from([301, 302, 303, 307, 308]))
def test_a_body_is_sent_again_only_with_the_method_that_it_was_sent_with(method: str, status: int) -> None:
    hop = further(method, status)
    assert hop.with_body == (hop.method == method)


def test_a_place_has_no_query() -> None:
    assert place("https://here.test:1/a?token=x#y") == "https://here.test:1/a"
