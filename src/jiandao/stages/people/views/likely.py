"""Entries of the directory that may be the same as one, with the reasons of the comparison."""

from django.utils.translation import gettext as _

from jiandao.engines.names import Verdict
from jiandao.kernel.components import Link, Panel, PanelRow
from jiandao.kernel.pages.places import url_of
from jiandao.stages.people import duplicates
from jiandao.stages.people.models import Organisation

SHOWN = 8


def likely_panel(likely: list[tuple[Organisation, Verdict]]) -> Panel:
    """Entries that may be the same, each with the reasons of the comparison."""
    return Panel(
        title=_("Entries that may be the same"),
        slug="likely",
        columns=(_("name"), _("prefecture"), _("why"), _("id")),
        rows=[
            PanelRow(
                (
                    Link(one.name, url_of(one)),
                    one.prefecture,
                    " ".join(duplicates.sentences(duplicates.kept(verdict))),
                    one.public_id,
                )
            )
            for one, verdict in likely[:SHOWN]
        ],
        empty=_("None is near it; the whole directory is compared every night."),
    )
