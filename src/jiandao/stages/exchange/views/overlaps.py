"""The page on which the office sees what overlaps a record, side by side; and what a form says of it while one types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import Link, SentencePair
from jiandao.kernel.components.formats import percent
from jiandao.kernel.pages import editing
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.quotas import quota
from jiandao.kernel.search.index import MatchIndexError, Overlapped
from jiandao.stages.exchange import overlaps, policy, queries
from jiandao.stages.exchange.matching import kind_of
from jiandao.stages.exchange.models import Need, ResearchResult

SHOWN_PASSAGES = 3  # in a hint


@dataclass(frozen=True)
class Alike:
    """A record that overlaps: what kind it is, its share in words, and the texts or passages side by side."""

    title: str
    url: str
    kind: str
    owner: str
    share: str
    compare_url: str = ""
    current: bool = False
    pairs: Sequence[SentencePair] = ()


@page(policy.NEED_HISTORY, see=policy.READ_NEED, records=queries.need_records)
@quota("search")
def need_overlap(request: Request, record: Need) -> HttpResponse:
    return _page(request, record)


@page(policy.RESULT_HISTORY, see=policy.READ_RESULT, records=queries.result_records)
@quota("search")
def result_overlap(request: Request, record: ResearchResult) -> HttpResponse:
    return _page(request, record)


def link(actor: Actor, record: Any) -> list[Link]:
    """The way to the page from the record's own, for those whom it is for."""
    rule = policy.NEED_HISTORY if isinstance(record, Need) else policy.RESULT_HISTORY
    return [Link(_("Overlap"), _url(record), "file-text")] if rule.decide(actor, record) else []


def _page(request: Request, record: Any) -> HttpResponse:
    try:
        found, missing = overlaps.of_record(request.actor, record), False
    except MatchIndexError:
        found, missing = [], True
    wanted = request.GET.get("with", "")
    chosen = next((one for one in found if one.record.public_id == wanted), found[0] if found else None)
    context = {
        "title": _("Overlap: %(title)s") % {"title": record.title},
        "crumbs": [Link(record.title, url_of(record))],
        "index_missing": missing,
        "rows": [_row(one, record, current=one is chosen) for one in found],
        "chosen": chosen.record if chosen else None,
        "own": record,
        "pair": _side_by_side(record, chosen.record) if chosen else None,
    }
    return render(request, "exchange/overlap.html", context, status=503 if missing else 200)


def _row(one: Overlapped[Any], record: Any, *, current: bool) -> Alike:
    return Alike(
        title=one.record.title,
        url=url_of(one.record),
        kind=_("Need") if isinstance(one.record, Need) else _("Result"),
        owner=one.record.organisation.name,
        share=percent(one.overlap.containment),
        compare_url=f"{_url(record)}?{urlencode({'with': one.record.public_id})}",
        current=current,
    )


def _side_by_side(record: Any, other: Any) -> SentencePair:
    found = overlaps.pair(overlaps.written(record), overlaps.written(other))
    return SentencePair(
        found.left, found.right, [left for left, _r in found.ranges], [right for _l, right in found.ranges]
    )


def hinted(request: Request, code: str, title: str, text: str) -> list[Alike]:
    """Records that overlap what is being typed, with the passages; for the form's hints."""
    found = overlaps.of_typed(request.actor, code, title, text, own=request.POST.get("own", "")[:20])
    return [
        Alike(
            title=one.record.title,
            url=url_of(one.record),
            kind="",
            owner=one.record.organisation.name,
            share=percent(one.overlap.containment),
            pairs=_passages(f"{title}\n{text}", overlaps.written(one.record)),
        )
        for one in found
    ]


def _passages(left: str, right: str) -> list[SentencePair]:
    found = overlaps.pair(left, right)
    longest = sorted(found.ranges, key=lambda both: both[0][0] - both[0][1])[:SHOWN_PASSAGES]
    return [SentencePair(left[slice(*one)], right[slice(*other)]) for one, other in sorted(longest)]


@page(policy.CREATE_RESULT, methods=("POST",))
@quota("hints")
def result_hints(request: Request) -> HttpResponse:
    """Which published results overlap the text as it stands."""
    raw = editing.raw_of_post(request.POST)
    title, text = (" ".join(raw.get(name, []))[: overlaps.LONGEST_TYPED] for name in ("title", "text"))
    return render(
        request, "exchange/overlap_hints.html", {"alike": hinted(request, "result", title, text), "said": True}
    )


def _url(record: Any) -> str:
    slug = {"programme": record.programme.slug, "public_id": record.public_id}
    return reverse(f"exchange:{kind_of(record).code}-overlap", kwargs=slug)
