"""Supply speaks (M6): each new result is offered to the organisations that it fits and that have asked for offers.

It fits a need when each finds the other: the need is among the best for the result, and the result among the best for
the need. So no score has to be compared with a number that nobody can defend. The same holds for the text of a wish.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import transaction

from jiandao.engines.matching import Document
from jiandao.kernel import clock
from jiandao.kernel.jobs import every
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange import queries as records
from jiandao.stages.exchange import states
from jiandao.stages.exchange.matching import need_document, text_document
from jiandao.stages.exchange.models import Need, Offer, OfferWish, ResearchResult, WaitingOffer
from jiandao.stages.exchange.offers import queries
from jiandao.stages.exchange.offers.delivering import deliver

NEEDS_LOOKED_AT, RESULTS_LOOKED_AT = 40, 10
AT_ONCE = 100  # results a run; the next run takes the others
TERMS_KEPT = 8
LEAST_WORDS = 2


@every(600, "exchange.offer.push", lane="daily")
def push() -> int:
    """Look for each result that was published since the last time whom it fits, and offer what there is room for; how many
    offers were made."""
    new = ResearchResult.everywhere().filter(
        state=states.PUBLISHED, may_be_offered=True, offered_at__isnull=True, secrecy__in=SHARED
    )
    for key in new.order_by("published_at", "pk").values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            _look_at(key)
    return deliver()


def _look_at(key: int) -> None:
    """Note whom one result fits. Not yet in the index: it is looked at again in the next run."""
    locked = ResearchResult.everywhere().select_for_update(of=("self",), skip_locked=True)
    result = locked.filter(pk=key, offered_at__isnull=True, state=states.PUBLISHED).first()
    if result is None:
        return
    result = ResearchResult.everywhere().select_related("programme", "organisation", "field", "trl").get(pk=key)
    with in_programme(result.programme):
        wishes = [wish for wish in _wishes() if queries.suits(wish, result)]
        try:
            if wishes and not _is_indexed(result):
                return
            fitting = list(_fitting(result, wishes))
        except MatchIndexError:
            return
        known = set(Offer.objects.filter(result=result).values_list("organisation__same_id", flat=True))
        WaitingOffer.objects.bulk_create(
            [
                _waiting(result, wish, need, rank, found)
                for wish, need, rank, found in fitting
                if wish.organisation.same_id not in known
            ],
            ignore_conflicts=True,
        )
        ResearchResult.everywhere().filter(pk=key).update(offered_at=clock.now())


def _wishes() -> list[OfferWish]:
    """One for each organisation that wants offers, now or after a pause."""
    found = queries.wishes().select_related("organisation").prefetch_related("fields")
    return [wish for wish in found if wish.wanted]


def _waiting(result: ResearchResult, wish: OfferWish, need: Need | None, rank: int, found: Found[Any]) -> WaitingOffer:
    terms = found.match.reasons.terms if found.match.reasons else ()
    return WaitingOffer(
        programme_id=result.programme_id,
        organisation_id=wish.organisation.root_id,
        result=result,
        need=need,
        rank=rank,
        score=found.match.score,
        terms=[[term.term, round(term.share, 4)] for term in terms if not term.scattered][:TERMS_KEPT],
    )


def _is_indexed(result: ResearchResult) -> bool:
    """Whether the follower has put it into an index already."""
    document = replace(text_document(result), id="?")  # a document does not find itself
    labels = {"kind": (result.kind,), "programme": (str(result.programme_id),)}
    return any(
        index.opened(audience).search(document, 1, allowed=[result.public_id], labels=labels)
        for audience in index.AUDIENCES
    )


def _fitting(
    result: ResearchResult, wishes: list[OfferWish]
) -> Iterator[tuple[OfferWish, Need | None, int, Found[Any]]]:
    """Each wish that the result fits, by its best need or by its own text; the rank of the result, and why it fits."""
    by_unit = {wish.organisation.same_id: wish for wish in wishes}
    if not by_unit:
        return
    for found in _needs_for(result, list(by_unit)):
        wish = by_unit.get(found.record.organisation.same_id)
        ranked = _ranked(need_document(found.record), result) if wish is not None and _share_words(found) else None
        if wish is not None and ranked is not None:
            del by_unit[wish.organisation.same_id]
            yield wish, found.record, ranked[0], found
    for wish in by_unit.values():
        if wish.text.strip() or wish.keywords:
            document = Document(f"wish-{wish.pk}", text=wish.text, keywords=tuple(wish.keywords))
            ranked = _ranked(document, result)
            if ranked is not None and _share_words(ranked[1]):
                yield wish, None, *ranked


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
        records=records.need_records().filter(is_open, organisation__same_id__in=units),
        top=NEEDS_LOOKED_AT,
        on=clock.today(),
    )


def _ranked(document: Document, result: ResearchResult) -> tuple[int, Found[ResearchResult]] | None:
    """The result and its rank, if it is among the best for the document."""
    best = index.find_all(
        query=document,
        kind=ResearchResult.kind,
        programme_id=result.programme_id,
        records=records.result_records().filter(state=states.PUBLISHED),
        top=RESULTS_LOOKED_AT,
    )
    return next(((rank, one) for rank, one in enumerate(best, start=1) if one.record.pk == result.pk), None)
