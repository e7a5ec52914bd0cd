"""Points Django at another database, and closes its connections in every thread."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created

from jiandao.kernel.database.config import databases

_opened: "WeakSet[Any]" = WeakSet()


def _remember(connection: Any, **_: object) -> None:
    _opened.add(connection)


def watch_connections() -> None:
    """From now on every connection that any thread opens is known here."""
    connection_created.connect(_remember, dispatch_uid="harness")


def close_all_connections() -> None:
    """Closes Django's connections, this thread's and all other threads'."""
    connections.close_all()
    for wrapper in list(_opened):
        if wrapper.connection is not None:
            # Django's own close() refuses another thread; psycopg's does not.
            with suppress(Exception):
                wrapper.connection.close()
            wrapper.connection = None
    _opened.clear()


def use_test_data(data: Path) -> None:
    """Makes this process, and those it starts, work in the tests' data folder instead of the real one.

    Settings are loaded before any plugin of ours, so paths in them that lie in the real folder are moved one by one.
    """
    real = getattr(settings, "JIANDAO_DATA", None)
    os.environ["JIANDAO_DATA"] = str(data)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "JIANDAO_DATABASE_ROLE", "JIANDAO_DATABASE_NAME"):
        os.environ.pop(name, None)
    if isinstance(real, Path):
        for name in dir(settings):
            value = getattr(settings, name) if name.isupper() else None
            if isinstance(value, Path) and value.is_relative_to(real):
                setattr(settings, name, data / value.relative_to(real))
    close_all_connections()
    fresh = databases()["default"]
    connections.settings["default"].update(fresh)
    settings.DATABASES["default"].update(fresh)


def use_database(name: str) -> None:
    """Makes every connection opened from now on, in any thread, one to the database `name`."""
    close_all_connections()
    connections.settings["default"]["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name
    os.environ["JIANDAO_DATABASE_NAME"] = name  # for commands that a test starts
