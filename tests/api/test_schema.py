"""The API keeps the promises of its own document: thousands of generated requests of an officer, none a surprise."""

from schemathesis.checks import load_all_checks  # noqa: F401
