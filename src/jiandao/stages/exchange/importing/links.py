"""The button of a list that leads to the import of its kind, for those who may import."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Link
from jiandao.kernel.policy import Rule
from jiandao.kernel.programme import Programme
from jiandao.stages.exchange.importing import policy


def import_links(request: Any, rule: Rule, what: str) -> list[Link]:
    """On a list outside all programmes, of the newest programme in which the reader may import."""
    programmes = [request.programme] if request.programme is not None else Programme.objects.order_by("-pk")[:10]
    here = next((one for one in programmes if rule.decide(request.actor, one)), None)
    if here is None:
        return []
    return [Link(_("Import"), reverse("exchange:import", kwargs={"programme": here.slug, "what": what}), "upload")]


def of_organisations(request: Any) -> list[Link]:
    return import_links(request, policy.IMPORT_ORGANISATIONS, "organisations")


def of_experts(request: Any) -> list[Link]:
    return import_links(request, policy.IMPORT_EXPERTS, "experts")
