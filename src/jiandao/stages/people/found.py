"""What the global search finds in the directory and in the library of experts."""

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.pages.found import FoundGroup, found_group
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.programme import Programme
from jiandao.stages.people import lifecycle, policy, queries, states
from jiandao.stages.people.models import Expert, Organisation


def found_organisations(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    """Organisations one of whose names or codes contains the text, for those who may open the directory."""
    found: QuerySet[Organisation] = queries.organisations(actor).filter(queries.known_as(text))
    if "\0" in text or not policy.READ_ORGANISATION.decide(actor, None):
        found = Organisation.objects.none()
    return found_group(
        _("Organisations"),
        states.organisation_reader.annotate(found, actor.at),
        lifecycle.ORGANISATION,
        url=url_of,
        all_url=_list("people:organisations", text),
        named=lambda one: str(one.name),
        after=True,
    )


def found_experts(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    """Experts whose name, unit, words or works contain the text, as far as the reader may see them."""
    found: QuerySet[Expert] = queries.experts(actor).filter(queries.expert_known_by(text))
    if "\0" in text or not policy.SEE_EXPERTS.decide(actor, None):
        found = Expert.objects.none()
    return found_group(
        _("Experts"),
        found,
        lifecycle.EXPERT,
        url=url_of,
        all_url=_list("people:experts", text),
        owner=lambda one: "".join(unit.name for unit in queries.units_of(one.person)[:1]),
        named=lambda one: str(one.person.name),
        after=True,
    )


def _list(name: str, text: str) -> str:
    return f"{reverse(name)}?{urlencode({'name': text})}"


__all__ = ["found_experts", "found_organisations"]
