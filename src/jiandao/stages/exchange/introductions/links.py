"""From a question or an answer to the proposal of an introduction: for those whose organisation could be the other side."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.roles import Scope
from jiandao.kernel.components import Link
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.introductions import policy
from jiandao.stages.exchange.offers.setting_aside import unit_of
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS

PUBLISHED = "published"  # the state in which needs, challenges, results and capabilities can be found


def proposing(request: Request, record: Any) -> list[Link]:
    """The way to propose that one's own organisation meets the one behind a published record.

    A visitor of the public pages is led there by way of the sign-in.
    """
    unit = unit_of(record)
    if unit is None or record.secrecy != "public" or state_of(record, request.actor) != PUBLISHED:
        return []
    code = matching.kind_of(record).code
    form = reverse("exchange:introduction-new", kwargs={"programme": record.programme.slug})
    address = f"{form}?{urlencode({code: record.public_id})}"
    if request.actor.account is None:
        sign_in = f"{reverse('account_login')}?{urlencode({'next': address})}"
        return [Link(_("Sign in to propose an introduction"), sign_in, "users")]
    roles = ANSWERERS if code in matching.QUESTIONS else ASKERS
    mine = {one for role in roles for one in request.actor.scopes(role, Scope.ORGANISATION)}
    if not mine - {unit.pk, unit.root_id} or not policy.PROPOSE.decide(request.actor, record.programme):
        return []
    return [Link(_("Propose an introduction"), address, "users")]
