"""What can be asked about offers and wishes."""

from django.db.models import Case, QuerySet, When

from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange.models import Offer, OfferWish, ResearchResult
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


def wishes() -> QuerySet[OfferWish]:
    """What organisations want in the current programme, one wish for each: of entries that are one, the wish of the entry
    that stands for both counts, else the newest."""
    own = Case(When(organisation__canonical__isnull=True, then=0), default=1)
    return OfferWish.objects.order_by("organisation__same_id", own, "-changed_at", "-id").distinct(
        "organisation__same_id"
    )


def wish_of(organisation: Organisation) -> OfferWish | None:
    """What an organisation wants to be offered in the current programme; none when it never said."""
    found: OfferWish | None = (
        wishes().filter(organisation__same_id=organisation.root_id).prefetch_related("fields").first()
    )
    return found


def suits(wish: OfferWish, result: ResearchResult) -> bool:
    """Whether a result is of another house, in a field and at a level that the wish names."""
    fields = {term.pk for term in wish.fields.all()}
    level = int(result.trl.code) if result.trl is not None and result.trl.code.isdecimal() else 0
    return (
        result.organisation.same_id != wish.organisation.same_id
        and (not fields or result.field_id in fields)
        and (wish.least_level is None or level >= wish.least_level)
    )
