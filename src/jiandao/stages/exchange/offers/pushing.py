"""Supply speaks (M6): each new result is offered to the organisations that it fits and that have asked for offers.

It fits a need when each finds the other: the need is among the best for the result, and the result among the best for
the need. So no score has to be compared with a number that nobody can defend. The same holds for the text of a wish.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from jiandao.engines.matching import Document
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.jobs import every
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange import policy, queries, states
from jiandao.stages.exchange.matching import need_document, text_document
from jiandao.stages.exchange.models import Need, Offer, OfferWish, ResearchResult, SetAside
from jiandao.stages.exchange.offers.lifecycle import OWNER
from jiandao.stages.people.queries import ids_same_as

MESSAGES["offer.send"] = _("A new result may fit: %(title)s (%(owner)s)")
NEEDS_LOOKED_AT, RESULTS_LOOKED_AT = 40, 10
AT_ONCE = 100  # results a run; the next run takes the others
WEEK = timedelta(days=7)
TERMS_KEPT = 8
LEAST_WORDS = 2


@every(600, "exchange.offer.push", lane="daily")
def push() -> int:
    """Look for each result that was published since the last time whom it fits; how many offers were made."""
    waiting = ResearchResult.everywhere().filter(
        state=states.PUBLISHED, may_be_offered=True, offered_at__isnull=True, secrecy__in=SHARED
    )
    made = 0
    for key in waiting.order_by("published_at", "pk").values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            made += _push_one(key)
    return made


def _push_one(key: int) -> int:
    """Offer one result. Not yet in the index: it is looked at again in the next run."""
    locked = ResearchResult.everywhere().select_for_update(of=("self",), skip_locked=True)
    result = locked.filter(pk=key, offered_at__isnull=True, state=states.PUBLISHED).first()
    if result is None:
        return 0
    result = ResearchResult.everywhere().select_related("programme", "organisation", "field", "trl").get(pk=key)
    with in_programme(result.programme):
        wishes = _wishes(result)
        try:
            if wishes and not _is_indexed(result):
                return 0
            fitting = _fitting(result, wishes)
        except MatchIndexError:
            return 0
        made = sum(_offer(result, wish, need, found) for wish, need, found in fitting)
        ResearchResult.everywhere().filter(pk=key).update(offered_at=clock.now())
    return made


def _wishes(result: ResearchResult) -> list[OfferWish]:
    """Of organisations that want offers now, in this field, at this level, and are below their limit of the week."""
    now = clock.now()
    found = (
        OfferWish.objects.filter(Q(paused_until__isnull=True) | Q(paused_until__lt=clock.today()), wanted=True)
        .exclude(organisation__same_id=result.organisation.same_id)
        .select_related("organisation")
        .prefetch_related("fields")
    )
    level = int(result.trl.code) if result.trl is not None and result.trl.code.isdecimal() else 0
    sent = dict(
        Offer.objects.filter(created_at__gt=now - WEEK)
        .order_by()
        .values_list("organisation__same_id")
        .annotate(count=Count("pk"))
    )
    kept = []
    for wish in found:
        fields = {term.pk for term in wish.fields.all()}
        if fields and result.field_id not in fields:
            continue
        if wish.least_level is not None and level < wish.least_level:
            continue
        if sent.get(wish.organisation.same_id, 0) < wish.most_a_week:
            kept.append(wish)
    return kept


def _is_indexed(result: ResearchResult) -> bool:
    """Whether the follower has put it into an index already."""
    document = replace(text_document(result), id="?")  # a document does not find itself
    labels = {"kind": (result.kind,), "programme": (str(result.programme_id),)}
    return any(
        index.opened(audience).search(document, 1, allowed=[result.public_id], labels=labels)
        for audience in index.AUDIENCES
    )


def _fitting(result: ResearchResult, wishes: list[OfferWish]) -> Iterator[tuple[OfferWish, Need | None, Found[Any]]]:
    """Each wish that the result fits, by its best need or by its own text."""
    by_unit = {wish.organisation.same_id: wish for wish in wishes}
    if not by_unit:
        return
    for found in _needs_for(result, list(by_unit)):
        wish = by_unit.get(found.record.organisation.same_id)
        if wish is not None and _share_words(found) and _finds(need_document(found.record), result):
            del by_unit[wish.organisation.same_id]
            yield wish, found.record, found
    for wish in by_unit.values():
        if wish.text.strip() or wish.keywords:
            fit = _finds(Document(f"wish-{wish.pk}", text=wish.text, keywords=tuple(wish.keywords)), result)
            if fit is not None and _share_words(fit):
                yield wish, None, fit


def _share_words(found: Found[Any]) -> bool:
    """Both use some words of more than one character: in a small register anything is among the best."""
    terms = found.match.reasons.terms if found.match.reasons else ()
    return sum(1 for term in terms if not term.scattered and len(term.term) > 1) >= LEAST_WORDS


def _needs_for(result: ResearchResult, units: list[int]) -> list[Found[Need]]:
    """The open needs of these organisations that fit best; need-to-know ones are in no index."""
    is_open = states.need_reader.q([states.PUBLISHED], clock.now())
    return index.find_all(
        query=text_document(result),
        kind=Need.kind,
        programme_id=result.programme_id,
        records=queries.need_records().filter(is_open, organisation__same_id__in=units),
        top=NEEDS_LOOKED_AT,
    )


def _finds(document: Document, result: ResearchResult) -> Found[ResearchResult] | None:
    """The result, if it is among the best for the document."""
    best = index.find_all(
        query=document,
        kind=ResearchResult.kind,
        programme_id=result.programme_id,
        records=queries.result_records().filter(state=states.PUBLISHED),
        top=RESULTS_LOOKED_AT,
    )
    return next((one for one in best if one.record.pk == result.pk), None)


def _offer(result: ResearchResult, wish: OfferWish, need: Need | None, found: Found[Any]) -> bool:
    """Make the offer, unless it was made before, or the organisation has said no to it or to its owner."""
    unit = wish.organisation
    said_no = Q(need=need, result=result) if need is not None else Q(result=result, organisation__same_id=unit.same_id)
    if SetAside.objects.filter(said_no, taken_back_at__isnull=True).exists():
        return False
    before = Offer.objects.filter(organisation__same_id=unit.same_id)
    if before.filter(
        Q(result=result) | Q(cause=OWNER, result__organisation__same_id=result.organisation.same_id)
    ).exists():
        return False
    if result.secrecy not in SHARED or (need is not None and need.is_need_to_know):
        return False
    terms = found.match.reasons.terms if found.match.reasons else ()
    offer: Offer = Offer.objects.create(
        programme_id=result.programme_id,
        organisation=unit,
        result=result,
        need=need,
        score=found.match.score,
        terms=[[term.term, round(term.share, 4)] for term in terms if not term.scattered][:TERMS_KEPT],
    )
    journal.record(actor=anonymous(), verb="create", record=offer, rule=policy.READ_RESULT.code)
    told = holders({Role.NEED_OWNER}, Scope.ORGANISATION, ids_same_as(unit.pk))
    facts = {"title": result.title, "owner": result.organisation.name}
    tell(accounts=list(told), code="offer.send", record=offer, actor=anonymous(), facts=facts)
    return True
