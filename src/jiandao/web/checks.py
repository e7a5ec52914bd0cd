"""What stands against serving the public from here: demonstration accounts, DEBUG, default keys, a wrong clock."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.models import Account

CLOCK_TOLERANCE = timedelta(seconds=5)
SHORTEST_KEY = 50


def faults_of_deployment() -> list[str]:
    """One sentence a fault; empty when the site may be opened to others."""
    found = []
    if settings.DEBUG:
        found.append(_("JIANDAO_DEBUG is on: error pages would show the inside of the site. Unset it."))
    if settings.SECRET_KEY == settings.JIANDAO_INSECURE_KEY:
        found.append(_("JIANDAO_SECRET_KEY is not set; everybody knows the default key. Set 50 random characters."))
    elif len(settings.SECRET_KEY) < SHORTEST_KEY:
        found.append(_("JIANDAO_SECRET_KEY is shorter than 50 characters. Set 50 random characters."))
    if settings.JIANDAO_DEMONSTRATION:
        found.append(_("JIANDAO_DEMONSTRATION is on: its passwords are printed in the manual. Unset it."))
    if Account.objects.filter(is_demonstration=True, is_active=True).exists():
        found.append(_("There are demonstration accounts with known passwords. Use a data folder without them."))
    if not settings.SESSION_COOKIE_SECURE:
        found.append(
            _("JIANDAO_HTTPS is not set: passwords would travel readable. Put a TLS gateway in front and set it.")
        )
    if set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]"}:
        found.append(_("JIANDAO_HOSTS names no public host name. Set the name under which people reach the site."))
    return [*found, *_clock()]


def _clock() -> list[str]:
    """The clock of this machine against the database's, and against the newest thing that was written."""
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), (SELECT max(at) FROM jd_kernel_journalentry)")
        there, newest = cursor.fetchone()
    here = before + (datetime.now(UTC) - before) / 2
    if abs(here - there) > CLOCK_TOLERANCE:
        seconds = int(abs(here - there).total_seconds())
        return [
            _("The clocks of this machine and of the database differ by %(seconds)s s. Set them by NTP.")
            % {"seconds": seconds}
        ]
    if newest is not None and newest > here + CLOCK_TOLERANCE:
        return [
            _("The journal holds an entry of the future (%(at)s): the clock was set back. Set it by NTP.")
            % {"at": newest.isoformat()}
        ]
    return []
