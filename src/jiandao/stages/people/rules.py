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
