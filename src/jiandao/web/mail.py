"""How mails leave: by SMTP when a host is named, else into files, unless the operator names another way."""

import smtplib
from dataclasses import dataclass
from email.errors import MessageError
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiandao.web.environment import Environment, is_loopback

FILES = "django.core.mail.backends.filebased.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
NOBODY = "jiandao@localhost"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
ONLY_WITH_HOST = (
    "JIANDAO_SMTP_PORT",
    "JIANDAO_SMTP_USER",
    "JIANDAO_SMTP_PASSWORD",
    "JIANDAO_SMTP_PASSWORD_FILE",
    "JIANDAO_SMTP_TLS",
)  # a sender alone is of use with another backend


@dataclass(frozen=True)
class Mail:
    """The transport behind the outbox. `tls`: starttls, tls or none. `chosen`: the operator said how mails leave."""

    backend: str
    host: str
    port: int
    user: str
    password: str
    tls: str
    sender: str
    chosen: bool


def read_mail(given: Environment) -> Mail:
    """What the environment says about mail; what cannot be meant is added to its faults."""
    host, backend = given.text("JIANDAO_SMTP_HOST"), given.text("JIANDAO_EMAIL_BACKEND")
    for name in () if host else ONLY_WITH_HOST:
        if given.text(name):
            given.wrong(_("%(name)s is set and JIANDAO_SMTP_HOST is not; name the mail server too."), name=name)
    if host and not _is_host(host):
        given.wrong(
            _("JIANDAO_SMTP_HOST is “%(value)s”; set the name of the mail server alone, without port."), value=host
        )
    if backend and "." not in backend:
        given.wrong(_("JIANDAO_EMAIL_BACKEND is “%(value)s”; set the dotted path of a class."), value=backend)
    at_once = given.text("JIANDAO_SMTP_PORT") == str(PORTS["tls"])  # on that port TLS begins with the first byte
    tls = given.choice("JIANDAO_SMTP_TLS", tuple(PORTS), "tls" if at_once else "starttls")
    user, password = given.text("JIANDAO_SMTP_USER"), _password(given)
    if password is not None and bool(user) != bool(password):
        given.wrong(_("Of JIANDAO_SMTP_USER and its password only one is set; set both or neither."))
    if user and tls == "none" and not is_loopback(host):
        given.wrong(
            _("JIANDAO_SMTP_TLS is none: the password would travel readable to %(host)s. Set starttls or tls."),
            host=host,
        )
    return Mail(
        backend=backend or (SMTP if host else FILES),
        host=host or "localhost",
        port=given.number("JIANDAO_SMTP_PORT", PORTS[tls], least=1, most=65535),
        user=user,
        password=password or "",
        tls=tls,
        sender=_sender(given, needed=bool(host)),
        chosen=bool(host or backend),
    )


def _is_host(value: str) -> bool:
    if value.count(":") > 1:  # an IPv6 address
        return not set(value.lower()) - set("0123456789abcdef:.[]")
    return not set(value) & set(":/@ \t")


def _password(given: Environment) -> str | None:
    """Given itself, or as the first line of a file, which no child process inherits. None after a fault."""
    password, file = given.text("JIANDAO_SMTP_PASSWORD"), given.text("JIANDAO_SMTP_PASSWORD_FILE")
    if not file:
        return password
    if password:
        given.wrong(_("JIANDAO_SMTP_PASSWORD and JIANDAO_SMTP_PASSWORD_FILE are both set; keep one."))
        return None
    try:
        read = Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "UTF-8"
        given.wrong(
            _("The file of JIANDAO_SMTP_PASSWORD_FILE (%(file)s) cannot be read (%(why)s); check its name and rights."),
            file=file, why=why,
        )  # fmt: skip
        return None
    if not read:
        given.wrong(
            _("The first line of %(file)s (JIANDAO_SMTP_PASSWORD_FILE) is empty; write the password there."), file=file
        )
    return read or None


def _sender(given: Environment, *, needed: bool) -> str:
    value = given.text("JIANDAO_SMTP_FROM")
    if not value:
        if needed:
            given.wrong(_("JIANDAO_SMTP_FROM is not set; name the address from which mails come."))
        return NOBODY
    try:
        validate_email(parseaddr(value)[1])
    except (ValidationError, MessageError):
        given.wrong(
            _("JIANDAO_SMTP_FROM is “%(value)s”; set an address, such as Jiandao <jiandao@example.cn>."), value=value
        )
        return NOBODY
    return value


def way() -> str:
    """One sentence: how mails leave this server."""
    if settings.EMAIL_BACKEND == FILES:
        return gettext("Mails are written to files in %(folder)s and leave this machine in no other way.") % {
            "folder": settings.EMAIL_FILE_PATH
        }
    if settings.EMAIL_BACKEND != SMTP:
        return gettext("Mails leave by %(backend)s, from %(sender)s.") % {
            "backend": settings.EMAIL_BACKEND, "sender": settings.DEFAULT_FROM_EMAIL,
        }  # fmt: skip
    tls = "TLS" if settings.EMAIL_USE_SSL else "STARTTLS" if settings.EMAIL_USE_TLS else gettext("without encryption")
    return gettext("Mails leave by SMTP through %(host)s, port %(port)s (%(tls)s, %(who)s), from %(sender)s.") % {
        "host": settings.EMAIL_HOST,
        "port": settings.EMAIL_PORT,
        "tls": tls,
        "who": gettext("as %(user)s") % {"user": settings.EMAIL_HOST_USER}
        if settings.EMAIL_HOST_USER
        else gettext("without signing in"),
        "sender": settings.DEFAULT_FROM_EMAIL,
    }


def try_out(address: str) -> str:
    """Send a test mail to `address`; empty when the transport took it, else a sentence."""
    from django.core.mail import EmailMessage

    try:
        validate_email(address)
    except ValidationError:
        return gettext("“%(address)s” is no mail address; write it as name@example.cn.") % {"address": address}
    message = EmailMessage(
        gettext("Jiandao: a test mail"),
        gettext("Whoever operates %(site)s tries out how its mails leave. Nothing is to be done.")
        % {"site": settings.JIANDAO_BASE_URL},
        to=[address],
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ImportError, ValueError) as error:
        return gettext("The test mail could not be sent: %(why)s. Check host, port, TLS, user and password.") % {
            "why": " ".join(str(error).split()) or type(error).__name__
        }
    return ""
