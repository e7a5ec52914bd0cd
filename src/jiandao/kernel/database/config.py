"""The database part of Django's settings, from the environment. Reads a few names, starts nothing.

DATABASE_URL             any PostgreSQL server; without it, the embedded server of the data folder
DATABASE_OWNER_URL       the same for the role that owns the tables, where the two differ
JIANDAO_DATABASE_ROLE    `owner` makes 'default' the owner's connection: migrations run so
JIANDAO_DATABASE_NAME    another database of the embedded server (the test harness uses it)
JIANDAO_APP_ROLE         name of the site's role on such a server, where it is not `jiandao_app`
JIANDAO_DATA             the data folder
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jiandao.kernel.database.cluster import APP, DATABASE, OWNER
from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.place import PORT, place

_COMMON: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "ATOMIC_REQUESTS": False,
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}


def data_folder() -> Path:
    """JIANDAO_DATA, else `var` of the clone, else $XDG_DATA_HOME/jiandao. Absolute; it may not exist yet."""
    named = os.environ.get("JIANDAO_DATA")
    if named:
        return Path(os.path.abspath(named))
    root = Path(__file__).resolve().parents[4]
    if (root / ".git").exists() and (root / "pyproject.toml").exists():
        return root / "var"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jiandao"


def external_url(*, owner: bool = False) -> str | None:
    """The address of the server that the operator named, None for the embedded one."""
    url = os.environ.get("DATABASE_URL") or None
    return (os.environ.get("DATABASE_OWNER_URL") or url) if owner and url else url


def app_role() -> str:
    """The role of the site and the workers, which gets rights on rows only."""
    return os.environ.get("JIANDAO_APP_ROLE") or APP


def databases() -> dict[str, dict[str, Any]]:
    """Value for Django's DATABASES. Raises `DatabaseProblem` when a variable cannot be read."""
    role = os.environ.get("JIANDAO_DATABASE_ROLE", "app")
    if role not in {"app", "owner"}:
        raise DatabaseProblem(f"JIANDAO_DATABASE_ROLE is “{role}”; it must be app or owner.")
    url = external_url(owner=role == "owner")
    if url:
        return {"default": from_url(url)}
    here = place(data_folder())
    return {
        "default": _COMMON
        | {
            "NAME": os.environ.get("JIANDAO_DATABASE_NAME") or DATABASE,
            "USER": OWNER if role == "owner" else APP,
            "HOST": str(here.sockets),
            "PORT": str(PORT),
            # libpq reads the password itself when it connects: settings hold no secret, and may be loaded before
            # the first start has written one.
            "OPTIONS": _options() | {"passfile": str(here.passwords)},
        }
    }


def from_url(url: str) -> dict[str, Any]:
    """One entry of DATABASES from postgresql://user:password@host:port/name?option=value (libpq's options)."""
    parts = urlsplit(url)
    try:
        port = str(parts.port or "")
    except ValueError:
        port = "?"
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgres", "postgresql"} or port == "?" or not name or "/" in name:
        raise DatabaseProblem(
            "DATABASE_URL cannot be read; it must look like postgresql://user:password@host:5432/name "
            "(signs such as @ : / in a password written as %40 %3A %2F)."
        )
    options = dict(parse_qsl(parts.query))
    # A socket's folder may stand as the host, its slashes written as %2F, or as the option `host`.
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if parts.hostname and "%2f" in parts.hostname.lower():  # urlsplit makes names lower case, which folders are not
        host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
    return _COMMON | {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": _options() | options,
    }


def _options() -> dict[str, Any]:
    return {"application_name": "jiandao", "connect_timeout": 10}
