"""Numbers of regulations that this room decides by."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiandao.kernel.rulebook import Kind, reads

INVITATION_DAYS = reads(
    "people.invitation.days",
    Kind.INTEGER,
    _("The link of an invitation works for this many days."),
    default=14,
    unit=_("days"),
    basis=_("the day of the invitation"),
    source=gettext_noop("Set by this software; no regulation names a number"),
    least=1,
    most=90,
    by_programme=False,
)

FILES_MOST = reads(
    "people.files.most",
    Kind.INTEGER,
    _("A certificate carries at most this many files."),
    default=10,
    unit=_("files"),
    basis=_("the moment of attaching"),
    source=gettext_noop("Set by this software, so that a reader can look through them; no regulation names a number"),
    least=1,
    most=100,
    by_programme=False,
)

REMIND_DAYS = reads(
    "people.certificate.remind_days",
    Kind.LIST,
    _(
        "Unit administrators are reminded of a certificate that ends so many days before its last day, once for each number."
    ),
    default=["90", "30", "7"],
    unit=_("calendar days"),
    basis=_("the day of the reminder"),
    source=gettext_noop(
        "Set by this software after the usual −90/−30/−7 of project offices; no regulation names a number"
    ),
    by_programme=False,
)
