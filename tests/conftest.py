"""Every test of the project runs on the harness: see docs/developer/tests.md."""

from hypothesis import settings

pytest_plugins = ["harness.plugin", "harness.browser"]

# A machine that is busy with something else proves nothing wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
