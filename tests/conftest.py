"""What all tests share: how thoroughly laws are tried. HYPOTHESIS_PROFILE=thorough tries thousands of examples."""

import os

from hypothesis import HealthCheck, settings

# the same examples in every run: a change is judged by what it changes, and new examples are tried when thorough
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
