"""The certificates in force of both sides, entered once in the directory, on the page of an opened introduction."""

from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.components import Due, Panel, PanelRow
from jiandao.kernel.pages import records as pages
from jiandao.stages.exchange.models import Introduction
from jiandao.stages.people import lifecycle, queries

MOST = 20  # of each side


def certificates_panel(record: Introduction) -> Panel | None:
    """What each side holds today, and whether an officer has compared it; scans stay with whoever entered them."""
    today = clock.today()
    rows = []
    for unit in (record.asker, record.answerer):
        for one in queries.certificates_in_force(unit, today).order_by("certificate_kind", "title", "pk")[:MOST]:
            until = Due.of(one.valid_until, today) if one.valid_until else _("without end")
            state = pages.state_badge(lifecycle.CERTIFICATE, one.state)
            rows.append(PanelRow((unit.name, one.title, one.number, one.issuer, until, state)))
    if not rows:
        return None
    return Panel(
        title=_("Certificates in force"),
        slug="certificates",
        columns=(_("organisation"), _("title"), _("number"), _("issued by"), _("valid until"), _("state")),
        rows=rows,
    )
