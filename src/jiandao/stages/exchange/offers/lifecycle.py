"""The state table of offers."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel.lifecycle import Cause, Lifecycle, Tone, Transition
from jiandao.kernel.lifecycle.perform import Event
from jiandao.stages.exchange.models import Offer, SetAside, Side
from jiandao.stages.exchange.offers import policy
from jiandao.stages.exchange.offers.states import OFFER_STATES, REFUSED, SENT, TAKEN_UP

OWNER = "offer.partner"
REFUSE_CAUSES = (
    Cause("offer.object", _("right words, another thing")),
    Cause("offer.immature", _("not mature enough")),
    Cause("offer.indicators", _("does not reach the indicators")),
    Cause("offer.known", _("we know it and tried it")),
    Cause("offer.price", _("money or terms do not fit")),
    Cause(OWNER, _("nothing from this owner")),
    Cause("offer.solved", _("solved in another way")),
    Cause("offer.other", _("another reason")),
)


def keep_for_the_need(event: Event) -> None:
    """The no counts on the match page of the need, too."""
    offer = event.record
    if offer.need_id is None or event.actor.account is None:
        return
    why = event.facts["cause"].removeprefix("offer.")
    values: dict[str, Any] = {"why": why, "by": event.actor.account, "programme_id": offer.programme_id}
    SetAside.objects.get_or_create(
        side=Side.ASKER,
        organisation=offer.need.organisation,
        need=offer.need,
        result=offer.result,
        taken_back_at=None,
        defaults=values,
    )


OFFER = Lifecycle(
    kind=Offer.kind,
    label=_("offer"),
    model=Offer,
    initial=SENT,
    states=OFFER_STATES,
    transitions=(
        Transition(
            "take-up",
            _("ask for an introduction"),
            frozenset({SENT, REFUSED}),
            TAKEN_UP,
            policy.ANSWER_OFFER,
            stamps=("answered_at",),
            on_page=True,
            hint=_("The owner is asked whether it wants to meet you."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "refuse",
            pgettext_lazy("offer", "not for us"),
            frozenset({SENT}),
            REFUSED,
            policy.ANSWER_OFFER,
            effects=(keep_for_the_need,),
            stamps=("answered_at",),
            causes=REFUSE_CAUSES,
            keeps_cause="cause",
            hint=_("You are not offered it again; the cause helps to offer you what fits better."),
            tone=Tone.STOP,
        ),
    ),
)
