"""Every test of the project runs on the harness: see docs/developer/tests.md."""

pytest_plugins = ["harness.plugin", "harness.browser"]
