"""Paths in many spellings."""

from itertools import product
from posixpath import normpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustchain.logic.guards.places import PlaceRefused, judge


def place(path: str) -> tuple[str, str]:
    return judge(
        path, workspace="/ws", allowed=["/tmp", "/tmp/inner", "/data"], forbidden=["/ws/.state", "/keys"]
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", ("/ws", "a")),
        ("./a//b/", ("/ws", "a/b")),
        ("a/../b", ("/ws", "b")),
        (".", ("/ws", ".")),
        ("a/..", ("/ws", ".")),
        ("/ws", ("/ws", ".")),
        ("/ws/a/./b", ("/ws", "a/b")),
        ("/tmp/a", ("/tmp", "a")),
        ("//tmp/a", ("/tmp", "a")),
        ("/tmp/x/../inner/a", ("/tmp/inner", "a")),
        ("/data", ("/data", ".")),
        ("...", ("/ws", "...")),
        ("..a/b..", ("/ws", "..a/b..")),
        ("./~a", ("/ws", "~a")),
        ("a~", ("/ws", "a~")),
        ("CON", ("/ws", "CON")),
        ("nul.txt", ("/ws", "nul.txt")),
        ("C:\\x", ("/ws", "C:\\x")),
        ("a\\b", ("/ws", "a\\b")),
        ("a%2fb", ("/ws", "a%2fb")),
        ("a/%2e%2e/b", ("/ws", "a/%2e%2e/b")),
        ("100%", ("/ws", "100%")),
        ("50%zz …txt", ("/ws", "50%zz …txt")),
        ("größe 😀 日本.txt", ("/ws", "größe 😀 日本.txt")),
        ("name\udcff", ("/ws", "name\udcff")),
        (".state2", ("/ws", ".state2")),
        ("x/.state", ("/ws", "x/.state")),
    ],
)
def test_good_paths_have_a_root_and_a_place_below_it(path: str, found: tuple[str, str]) -> None:
    assert place(path) == found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "empty"),
        *(
            (p, "leaves the workspace")
            for p in ("..", "../a", "a/../../b", "./../a", "a/b/../../..", "../ws/a")
        ),
        *(
            (p, "outside of the workspace")
            for p in ("/", "/etc/passwd", "/ws/../etc", "/wsx", "//etc", "/tmp/../etc", "/../etc")
        ),
        *((p, "stands for nothing") for p in ("~", "~/a", "~root/a")),
        *((p, "control character") for p in ("a\0b", "a\nb", "\x1b[1m", "a\x7f", "a\u0085", "a\u2028b")),
        *((p, "is RustChain's own") for p in (".state", ".state/x", "a/../.state", "/ws/.state/x")),
    ],
)
def test_other_paths_are_refused(path: str, reason: str) -> None:
    with pytest.raises(PlaceRefused) as caught:
        place(path)
    assert reason in caught.value.reason


DOTS = ["..", "%2e%2e", "%2E.", "%252e%252e", "%25252e%25252e", "\uff0e\uff0e", "‥", "\u2024\u2024", "。。", "｡｡", "%c0%ae%c0%ae", "%u002e%u002e", "%ef%bc%8e%ef%bc%8e"]  # fmt: skip
SLASHES = [
    "/",
    "%2f",
    "%2F",
    "%252f",
    "\\",
    "%5c",
    "\uff0f",
    "\u2215",
    "\u2044",
    "\u29f8",
    "\uff3c",
    "\ufe68",
    "\u29f5",
    "\u29f9",
    "%c0%af",
    "%c1%9c",
    "%u2215",
]


@pytest.mark.parametrize(("dots", "slash"), list(product(DOTS, SLASHES)))
def test_disguised_ways_out_are_refused(dots: str, slash: str) -> None:
    for path in (f"{dots}{slash}etc", f"a/{dots}{slash}{dots}{slash}x", f"/tmp/{dots}{slash}x"):
        with pytest.raises(PlaceRefused):
            place(path)


def test_an_encoded_absolute_path_or_null_is_refused() -> None:
    for path in ("%2fetc/passwd", "\uff0fetc", "\\\\host\\share", "a%00.txt", "a%2500.txt"):
        with pytest.raises(PlaceRefused, match="look-alike"):
            place(path)


def test_a_forbidden_root_in_an_allowed_one_stays_forbidden() -> None:
    with pytest.raises(PlaceRefused):
        judge("/data/keys/a", workspace="/ws", allowed=["/data"], forbidden=["/data/keys"])
    with pytest.raises(PlaceRefused):
        judge("/keys", workspace="/ws", allowed=["/"], forbidden=["/keys"])
    assert judge("/etc", workspace="/ws", allowed=["/"], forbidden=["/keys"]) == ("/", "etc")


@given(
    st.text()
    | st.lists(st.sampled_from(["..", ".", "a", "", "/", "~", "%2e", "\\", "ws", "tmp", "\uff0e"])).map(
        "/".join
    )
)
def test_whatever_is_allowed_stays_below_its_root(path: str) -> None:
    try:
        root, relative = place(path)
    except PlaceRefused:
        return
    assert not relative.startswith("/")
    full = normpath(f"{root}/{relative}")
    assert full == root or full.startswith(f"{root}/")
    assert not full.startswith("/ws/.state/")
