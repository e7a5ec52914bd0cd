"""From code and facts to words, in the language of whoever reads."""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from jiandao.kernel.notifications.models import OutboxMail
from jiandao.kernel.notifications.stopping import stop_url
from jiandao.kernel.notifications.tell import MESSAGES

_PLACE = re.compile(r"%\(\w+\)[sd]")


@dataclass(frozen=True)
class Letter:
    """A mail in words."""

    subject: str
    body: str
    stop_url: str  # ends all further mails of its kind


def sentence(code: str, facts: dict[str, Any]) -> str:
    """The message in the active language; several values of one fact are strung together."""
    if code not in MESSAGES:
        return code
    words = {name: _(", ").join(map(str, one)) if isinstance(one, list) else one for name, one in facts.items()}
    return str(MESSAGES[code]) % words


def outline(code: str) -> str:
    """The message with its places left open: for choosing which messages one wants."""
    return _PLACE.sub("…", str(MESSAGES.get(code, code))).replace("%%", "%")


def message_url(number: int | None) -> str:
    """The absolute address of a message, which leads to its record if one may see it; else of the list of messages."""
    return f"{settings.JIANDAO_BASE_URL}/messages/" + (f"{number}/" if number is not None else "")


def letter(mail: OutboxMail) -> Letter:
    """The mail in the language of its account. The subject says nothing about the record: it is shown everywhere."""
    with translation.override(mail.account.language or settings.LANGUAGE_CODE):
        where = " ".join(str(mail.programme).split()) if mail.programme else _("Jiandao")
        subject = _("%(where)s: a message for you") % {"where": where}
        stop = stop_url(mail.account_id, mail.code)
        paragraphs = [
            sentence(mail.code, mail.facts),
            _("Read it here: %(url)s") % {"url": message_url(mail.notification_id)},
            _(
                "This mail was sent by a machine; answers are not read. Which messages come by mail is your choice: "
                "%(url)s"
            )
            % {"url": f"{settings.JIANDAO_BASE_URL}/messages/settings/"},
            _("No more mails of this kind: %(url)s") % {"url": stop},
        ]
        return Letter(subject, "\n\n".join(paragraphs) + "\n", stop)
