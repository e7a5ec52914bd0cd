"""Every test of the project runs on the harness: see docs/developer/tests.md."""

import gc

import pytest
from hypothesis import settings as hypothesis_settings

pytest_plugins = ["harness.plugin", "harness.browser", "harness.demonstration"]

# A machine that is busy with something else proves nothing wrong.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")
# Applications, models and templates stay for the whole run; looking for dead cycles among them every few hundred objects
# is a tenth of its time.
gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def nothing_remembered(settings):
    """Each page is made anew, so that a test sees what it wrote, whatever stood on the page in the test before."""
    settings.JIANDAO_REMEMBER_SECONDS = 0


@pytest.fixture(autouse=True)
def windows_without_end(monkeypatch):
    """No test counts over the end of a quota's window: which minute it is makes no difference."""
    from jiandao.kernel.quotas import spending

    for name, (most, _seconds) in spending.LIMITS.items():
        monkeypatch.setitem(spending.LIMITS, name, (most, _FOR_EVER))


_FOR_EVER = 10**9
LONGEST = ("tests/journeys/", "tests/api/test_document.py", "tests/policy/test_routes.py")


def pytest_collection_modifyitems(items):
    """Those that take most of a minute begin first, so that no worker is left with them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
