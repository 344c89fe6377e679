"""The machine's own time."""

import time


class SystemClock:
    """The port `Clock` on this machine."""

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000

    monotonic = staticmethod(time.monotonic)
    """Seconds that never go back."""
