"""What stands against serving the public from here: demonstration accounts, DEBUG, default keys, no mail, a wrong clock."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.models import Account
from jiandao.web.environment import host_of, is_loopback

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
    if not settings.SESSION_COOKIE_SECURE:
        found.append(
            _("JIANDAO_HTTPS is not set: passwords would travel readable. Put a TLS gateway in front and set it.")
        )
    if all(map(is_loopback, settings.ALLOWED_HOSTS)):
        found.append(_("JIANDAO_HOSTS names no public host name. Set the name under which people reach the site."))
    found += _mail()
    try:
        return [*found, *_demonstration(), *_clock()]
    except OperationalError as error:
        why = " ".join(str(error).split())
        return [*found, _("The database does not answer: %(why)s. Start it, or mend DATABASE_URL.") % {"why": why}]


def _mail() -> list[str]:
    found = []
    if is_loopback(host_of(settings.JIANDAO_BASE_URL)):
        found.append(
            _("JIANDAO_BASE_URL is not set: links in mails would lead nowhere. Set the address of the site, https://….")
        )
    if not settings.JIANDAO_MAIL_CHOSEN:
        found.append(
            _(
                "No mail would leave: JIANDAO_SMTP_HOST is not set. Name a mail server, "
                "or another way by JIANDAO_EMAIL_BACKEND."
            )
        )
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError as error:
        found.append(_("JIANDAO_EMAIL_BACKEND cannot be used: %(why)s.") % {"why": error})
    return found


def _demonstration() -> list[str]:
    if Account.objects.filter(is_demonstration=True, is_active=True).exists():
        return [_("There are demonstration accounts with known passwords. Use a data folder without them.")]
    return []


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
