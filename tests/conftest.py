"""What all tests share: how thoroughly laws are tried. HYPOTHESIS_PROFILE=thorough tries thousands of examples."""

import os
import signal

from hypothesis import HealthCheck, settings

# the same examples in every run: a change is judged by what it changes, and new examples are tried when thorough
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# a program in the background of a script ignores these, and hands that on to all that it starts
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
