"""The machine's own time."""

import time

from rustchain.adapters.clock import SystemClock


def test_now_is_milliseconds_since_1970() -> None:
    before = time.time()
    assert before - 0.001 <= SystemClock().now() / 1000 <= time.time()


def test_monotonic_never_goes_back() -> None:
    times = [SystemClock().monotonic() for _ in range(1000)]
    assert times == sorted(times)
