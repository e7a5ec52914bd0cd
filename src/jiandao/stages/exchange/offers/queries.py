"""What can be asked about offers and wishes."""

from django.db.models import QuerySet

from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange.models import Offer, OfferWish
from jiandao.stages.exchange.offers import policy, states
from jiandao.stages.people.models import Organisation

_RELATED = ("programme", "organisation", "need", "result", "result__organisation", "result__trl")


def offers(actor: Actor) -> QuerySet[Offer]:
    """Offers of the current programme that the actor may see, with `state_now`."""
    found = Offer.objects.filter(policy.READ_OFFER.q(actor)).select_related(*_RELATED)
    return states.offer_reader.annotate(found, actor.at)


def offer_records() -> QuerySet[Offer]:
    """Offers of the current programme for `access`, with all that a page of one shows."""
    return Offer.objects.select_related(*_RELATED, "result__programme", "need__programme")


def wish_of(organisation: Organisation) -> OfferWish | None:
    """What an organisation wants to be offered in the current programme; none when it never said."""
    found: OfferWish | None = (
        OfferWish.objects.filter(organisation__same_id=organisation.root_id)
        .prefetch_related("fields")
        .order_by("pk")
        .first()
    )
    return found
