"""What fits an organisation is offered when there is room: the best first, so many a week, none in a pause."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.programme import Programme, current_programme, in_programme
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange import policy, rules, states
from jiandao.stages.exchange.models import Need, Offer, OfferWish, ResearchResult, WaitingOffer
from jiandao.stages.exchange.offers import queries
from jiandao.stages.exchange.refusals import no_of
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.queries import ids_same_as

MESSAGES["offer.send"] = _("A new result may fit: %(title)s (%(owner)s)")
WEEK = timedelta(days=7)


def deliver() -> int:
    """Offer to each organisation what there is room for; how many offers were made."""
    made = 0
    units = WaitingOffer.everywhere().order_by().values_list("programme", "organisation__same_id").distinct()
    programmes = {one.pk: one for one in Programme.objects.all()}
    for programme, unit in units:
        with in_programme(programmes[programme]), transaction.atomic():
            made += _deliver_to(unit)
    return made


def _deliver_to(unit: int) -> int:
    locked = Organisation.objects.select_for_update().get(pk=unit)  # two workers would both find room for the last one
    waiting = WaitingOffer.objects.filter(organisation__same_id=unit)
    wish = queries.wish_of(locked)
    oldest = clock.now() - timedelta(days=int(rules.OFFER_WAITS_DAYS.at(programme=current_programme().pk).value))
    waiting.filter(since__lt=oldest).delete()
    if wish is None or not wish.wanted:
        waiting.delete()
        return 0
    if wish.paused_until is not None and wish.paused_until >= clock.today():
        return 0
    sent = Offer.objects.filter(organisation__same_id=unit, created_at__gt=clock.now() - WEEK).count()
    made = 0
    found = waiting.select_related("organisation", "need__organisation", "result__organisation", "result__trl")
    for one in found:
        if sent + made >= wish.most_a_week:
            break
        one.delete()
        made += _offer(one, wish)
    return made


def _offer(waiting: WaitingOffer, wish: OfferWish) -> bool:
    """Make the offer, unless something has changed meanwhile, or the organisation has said no to it or to its owner."""
    result, need, unit = waiting.result, waiting.need, wish.organisation
    if not _is_offered(result) or (need is not None and not _is_open(need)) or not queries.suits(wish, result):
        return False
    if Offer.objects.filter(organisation__same_id=unit.same_id, result=result).exists():
        return False
    if no_of(question=need, answer=result, owner=result.organisation, asker=unit) is not None:
        return False
    offer: Offer = Offer.objects.create(
        programme_id=result.programme_id,
        organisation=unit,
        result=result,
        need=need,
        score=waiting.score,
        terms=waiting.terms,
    )
    journal.record(actor=anonymous(), verb="create", record=offer, rule=policy.READ_RESULT.code)
    told = holders({Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, ids_same_as(unit.pk))
    facts = {"title": result.title, "owner": result.organisation.name}
    tell(accounts=list(told), code="offer.send", record=offer, actor=anonymous(), facts=facts)
    return True


def _is_offered(result: ResearchResult) -> bool:
    return result.state == states.PUBLISHED and result.may_be_offered and result.secrecy in SHARED


def _is_open(need: Need) -> bool:
    return states.need_reader.of(need, clock.now()) == states.PUBLISHED and not need.is_need_to_know
