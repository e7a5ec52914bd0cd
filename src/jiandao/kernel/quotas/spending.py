"""Spending a quota: one statement a use."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import connection
from django.http import HttpRequest

from jiandao.kernel import clock
from jiandao.kernel.quotas.models import QuotaUse
from jiandao.kernel.visitors import counted_as

V = TypeVar("V", bound=Callable[..., Any])

# name -> (how many, in how many seconds). Searching costs the database, uploads cost the disk. Sign-in is limited by
# django-axes, which also keeps the failures for the security administrator.
LIMITS: dict[str, tuple[int, int]] = {
    "search": (240, 60),
    "palette": (300, 60),  # asked while somebody types
    "export": (30, 60),
    "hints": (120, 60),
    "upload": (60, 3600),
    "import-check": (300, 3600),  # whoever mends a mapping checks many times
    "autosave": (240, 60),
    "api": (600, 60),
    "feed": (120, 60),
    "sign-in": (200, 3600),  # of one account from all addresses together; axes counts those of each address
    "second-factor": (10, 900),
    "old-password": (10, 900),
    "reset-mails": (5, 3600),  # of one address, and to one account
    "token-faults": (20, 60),  # a wrong token: nobody tries many by mistake
}

_SPEND = """
INSERT INTO jd_kernel_quotause (name, who, "window", used) VALUES (%s, %s, %s, 1)
ON CONFLICT (name, who, "window") DO UPDATE SET used = jd_kernel_quotause.used + 1 RETURNING used
"""


class QuotaExceeded(Exception):
    """Too many of one kind; `seconds` until the next window."""

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(name)
        self.name = name
        self.seconds = seconds


def spend(name: str, who: str) -> None:
    """Count one use; raises QuotaExceeded when the window is full."""
    most, seconds = LIMITS[name]
    at = int(clock.now().timestamp())
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [name, who, at - at % seconds])
        used = cursor.fetchone()[0]
    if used > most:
        raise QuotaExceeded(name, seconds - at % seconds)


def forget_old() -> int:
    """Remove windows that are over; a periodic job calls it."""
    longest = max(seconds for _most, seconds in LIMITS.values())
    removed, _by_model = QuotaUse.objects.filter(window__lt=int(clock.now().timestamp()) - 2 * longest).delete()
    return removed


def spender(request: HttpRequest) -> str:
    """Whose quota a request spends: the account's, else the address's."""
    actor = getattr(request, "actor", None)
    if actor is not None and actor.account_id is not None:
        return f"account-{actor.account_id}"
    return address_spender(request)


def address_spender(request: HttpRequest) -> str:
    """The quota of where a request comes from, whoever it says to be."""
    return f"address-{counted_as(request) or ''}"


def quota(name: str, when: Callable[[HttpRequest], bool] = lambda request: True) -> Callable[[V], V]:
    """A view under a quota, for the requests that `when` picks."""

    def decorate(view: V) -> V:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if when(request):
                spend(name, spender(request))
            return view(request, *args, **kwargs)

        return cast(V, counted)

    return decorate
