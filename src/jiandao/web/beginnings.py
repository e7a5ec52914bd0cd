"""What can be begun on this site, room by room; a room of its own app declares its own in `AppConfig.ready`."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.commands import Command, declare
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.capabilities import policy as capabilities
from jiandao.stages.exchange.importing import policy as importing
from jiandao.stages.exchange.offers import policy as offers
from jiandao.stages.people import policy as people


def register() -> None:
    """Called once the rooms are ready."""
    declare(
        Command(_("New need"), "exchange:need-new", exchange.CREATE_NEED, on_desk=True),
        Command(_("New result"), "exchange:result-new", exchange.CREATE_RESULT, on_desk=True),
        Command(_("New capability"), "exchange:capability-new", capabilities.CREATE_CAPABILITY),
        Command(_("What we want to be offered"), "exchange:offer-wish", offers.CHOOSE_OFFERS),
        Command(_("Import needs"), "exchange:import", exchange.IMPORT_NEEDS, "upload", more={"what": "needs"}),
        Command(_("Import results"), "exchange:import", exchange.IMPORT_RESULTS, "upload", more={"what": "results"}),
        Command(
            _("Import capabilities"),
            "exchange:import",
            importing.IMPORT_CAPABILITIES,
            "upload",
            more={"what": "capabilities"},
        ),
        Command(
            _("Import organisations"),
            "exchange:import",
            importing.IMPORT_ORGANISATIONS,
            "upload",
            more={"what": "organisations"},
        ),
        Command(_("Import experts"), "exchange:import", importing.IMPORT_EXPERTS, "upload", more={"what": "experts"}),
        Command(_("New organisation"), "people:organisation-new", people.CREATE_ORGANISATION, in_programme=False),
        Command(_("New expert"), "people:expert-new", people.CREATE_EXPERT, in_programme=False),
        Command(_("Enter a measure"), "people:measure-new", people.KEEP_INTEGRITY, in_programme=False),
        Command(_("New certificate"), "people:certificate-new", people.CREATE_CERTIFICATE, in_programme=False),
        Command(
            _("One organisation under two names"),
            "people:proposals",
            people.SEE_PROPOSALS,
            "building",
            in_programme=False,
        ),
        Command(_("One family?"), "people:family", people.ASK_FAMILY, "users", in_programme=False),
    )
