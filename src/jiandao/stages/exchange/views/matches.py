"""The match page: for a question the best answers, for an answer the best questions, each with its reasons."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiandao.kernel.components import (
    Day,
    Facet,
    Fact,
    Link,
    MatchPage,
    NotThis,
    Panel,
    PanelButton,
    PanelRow,
)
from jiandao.kernel.lifecycle import lifecycle_of
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.records import state_badge, state_of
from jiandao.kernel.programme import Programme
from jiandao.kernel.quotas import quota
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.stages.exchange import demands, matching, policy, queries, refusals
from jiandao.stages.exchange.capabilities import policy as capability_policy
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.capabilities.views.capabilities import levels_of, price_of
from jiandao.stages.exchange.introductions import policy as introduction_policy
from jiandao.stages.exchange.introductions.shown import sealed
from jiandao.stages.exchange.models import Capability, Challenge, Need, ResearchResult, SetAside, Side
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.exchange.offers.setting_aside import title_of
from jiandao.stages.exchange.views.match_words import match_in_words, weights_in_words
from jiandao.stages.people import policy as people_policy
from jiandao.stages.people import queries as people_queries
from jiandao.stages.people.models import Expert

SHOWN = 10  # at first; the rest of what was looked at is one press away
MOST_OPTIONS = 8
PROGRAMMES = 3
TITLES: dict[str, Callable[[], str]] = {
    "need": lambda: _("Answers for a need"),
    "challenge": lambda: _("Answers for a challenge"),
    "result": lambda: _("Questions for a result"),
    "capability": lambda: _("Questions for a capability"),
    "expert": lambda: _("Questions for an expert"),
}


@page(policy.READ_NEED, records=queries.asking_needs)
@quota("search")
def need_matches(request: Request, record: Need) -> HttpResponse:
    return _page(request, record)


@page(policy.READ_CHALLENGE, records=queries.challenge_records)
@quota("search")
def challenge_matches(request: Request, record: Challenge) -> HttpResponse:
    return _page(request, record)


@page(policy.READ_RESULT, records=queries.result_records)
@quota("search")
def result_matches(request: Request, record: ResearchResult) -> HttpResponse:
    return _page(request, record)


@page(capability_policy.READ_CAPABILITY, records=capability_queries.capability_records)
@quota("search")
def capability_matches(request: Request, record: Capability) -> HttpResponse:
    return _page(request, record)


@page(people_policy.READ_EXPERT, records=people_queries.expert_records)
@quota("search")
def expert_matches(request: Request, record: Expert) -> HttpResponse:
    return _page(request, record)


@page(setting_aside.RULES["need"], see=policy.READ_NEED, records=queries.need_records, methods=("POST",))
def need_aside(request: Request, record: Need) -> HttpResponse:
    return _aside(request, record)


@page(setting_aside.RULES["challenge"], see=policy.READ_CHALLENGE, records=queries.challenge_records, methods=("POST",))
def challenge_aside(request: Request, record: Challenge) -> HttpResponse:
    return _aside(request, record)


@page(setting_aside.RULES["result"], see=policy.READ_RESULT, records=queries.result_records, methods=("POST",))
def result_aside(request: Request, record: ResearchResult) -> HttpResponse:
    return _aside(request, record)


@page(
    setting_aside.RULES["capability"],
    see=capability_policy.READ_CAPABILITY,
    records=capability_queries.capability_records,
    methods=("POST",),
)
def capability_aside(request: Request, record: Capability) -> HttpResponse:
    return _aside(request, record)


@page(
    setting_aside.RULES["expert"],
    see=people_policy.READ_EXPERT,
    records=people_queries.expert_records,
    methods=("POST",),
)
def expert_aside(request: Request, record: Expert) -> HttpResponse:
    return _aside(request, record)


def _aside(request: Request, record: Any) -> HttpResponse:
    """Set a match aside, or take it up again (`back`)."""
    wanted = request.POST.get("kind", "")
    if wanted not in matching.others(matching.kind_of(record)):
        wanted = matching.others(matching.kind_of(record))[0]
    kind = matching.BY_CODE[wanted]
    public_id = request.POST.get("id", "")[:20].replace("\0", "")
    other = kind.records().filter(kind.see.q(request.actor), public_id=public_id).first()
    if other is None:
        messages.error(request, _("There is no such match, or it is hidden from you."))
    elif request.POST.get("back"):
        setting_aside.take_back(actor=request.actor, record=record, other=other)
        messages.success(request, _("It counts as a match again."))
    elif request.POST.get("why") in SetAside.Why.values:
        setting_aside.set_aside(
            actor=request.actor, record=record, other=other, why=request.POST["why"], note=request.POST.get("note", "")
        )
        messages.success(request, _("Set aside; it stands below, with your reason."))
    else:
        messages.error(request, _("Choose why it is not the right one."))
    return redirect(f"{_url(request, record, 'matches')}?{urlencode({'kind': wanted})}")


def _page(request: Request, record: Any) -> HttpResponse:
    own = matching.kind_of(record)
    offered = matching.others(own)
    wanted = request.GET.get("kind", "")
    wanted = wanted if wanted in offered else offered[0]
    try:
        found = matching.best(
            request.actor, record, wanted, matching.LOOKED_AT, programme=request.programme, reasons=False
        )
        missing = False
    except MatchIndexError:
        found, missing = [], True
    may_set_aside = bool(setting_aside.RULES[own.code].decide(request.actor, record))
    aside = setting_aside.set_aside_for(request.actor, record, wanted) if may_set_aside else []
    if may_set_aside:
        kept = set(refusals.without(record, [one.record for one in found]))
        found = [one for one in found if one.record in kept]
    highest = found[0].match.score if found else 1.0
    facets, found = _narrowed(request, found, wanted)
    most = matching.LOOKED_AT if request.GET.get("all") else SHOWN
    total = len(found)
    try:
        found = matching.explained(request.actor, record, wanted, found[:most]) if found else []
    except MatchIndexError:
        found, total, missing = [], 0, True
    shown = MatchPage(
        title=TITLES[own.code](),
        subject=Link(title_of(record), url_of(record)),
        subject_text=(record.problem if isinstance(record, Need) else record.text)[:300],
        matches=[
            match_in_words(
                rank,
                one,
                highest,
                state=state_badge(lifecycle_of(one.record.kind), state_of(one.record, request.actor)),
                facts=_facts(one.record),
                links=_links(request, record, one.record, rank),
                not_this=_not_this(request, record, one.record) if may_set_aside else None,
                asked=demands.demands(record, one.record),
            )
            for rank, one in enumerate(found, start=1)
        ],
        method=_method(request, found)
        + _(
            "Scores are BM25 over characters, pairs of characters and English word stems; the best answer is 100 %. "
            "The shares say how much of the text's score each shared term made. What is known beside the texts (field, maturity, "
            "money, prefecture, what both have finished together) adds or takes away a few hundredths each."
        ),
        left_label=_("The question says") if own.code in matching.QUESTIONS else _("The answer says"),
        right_label=_("The answer says") if own.code in matching.QUESTIONS else _("The question says"),
        crumbs=[Link(title_of(record), url_of(record))],
        kinds=[
            Link(str(matching.BY_CODE[code].label), f"?{urlencode({'kind': code})}", current=code == wanted)
            for code in offered
        ],
        facets=facets,
        panels=[_aside_panel(request, record, aside, wanted)] if aside else [],
        total=total,
        more=_more(request, wanted, total - len(found)),
    )
    status = 503 if missing else 200
    return render(request, "exchange/matches.html", {"match": shown, "index_missing": missing}, status=status)


def _method(request: Request, found: Sequence[Found[Any]]) -> str:
    """Said where more than words made the scores: by which weights."""
    channels = found[0].channels if found else None
    if channels is None or len(channels) < 2:
        return ""
    if "dense" in channels and not any(one.name == "dense" for match in found for one in match.match.signals):
        return _("Meaning was not compared: the text asked for has no vector of the language model.") + " "
    return weights_in_words(channels, index.channels(request.actor)) + " "


# Facets


def _prefecture(record: Any) -> Any:
    if isinstance(record, Expert):
        return None
    return record.prefecture if isinstance(record, Challenge) else record.organisation.prefecture


def _level(record: Any) -> Any:
    return record.trl if isinstance(record, ResearchResult) else None


def _narrowed(request: Request, found: list[Found[Any]], wanted: str) -> tuple[list[Facet], list[Found[Any]]]:
    """The facets of what was found, with counts, and what is left of it."""
    facets = []
    reads: list[tuple[str, str, Callable[[Any], Any]]] = [
        ("field", _("technical field"), lambda record: getattr(record, "field", None)),
        ("prefecture", _("prefecture"), _prefecture),
        ("level", _("readiness level"), _level),
    ]
    for name, label, read in reads:
        if any(name == "prefecture" and getattr(one.record, "anonymous", False) for one in found):
            continue  # where somebody does not want to be named, the place would give it away
        terms = {one.record.pk: read(one.record) for one in found}
        counts = Counter(term for term in terms.values() if term is not None)
        chosen = request.GET.get(name, "")
        if len(counts) < 2 and not chosen:
            continue
        largest = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].position))[:MOST_OPTIONS]
        options = [
            Link(
                f"{_short(name, term)} ({count})",
                _query(request, wanted, name, term.code),
                current=term.code == chosen,
            )
            for term, count in largest
        ]
        facets.append(Facet(label, [Link(_("any"), _query(request, wanted, name, ""), current=not chosen), *options]))
        if chosen:
            found = [one for one in found if (term := terms[one.record.pk]) is not None and term.code == chosen]
    return facets, found


def _more(request: Request, wanted: str, count: int) -> Link | None:
    """The way to those that are not shown at first."""
    if count <= 0:
        return None
    words = ngettext("Show %(count)s more", "Show %(count)s more", count) % {"count": count}
    return Link(words, f"{_query(request, wanted, 'all', '1')}")


def _short(name: str, term: Any) -> str:
    return f"TRL {term.code}" if name == "level" else str(term)


def _query(request: Request, wanted: str, name: str, value: str) -> str:
    kept = {one: request.GET[one] for one in ("field", "prefecture", "level") if request.GET.get(one)}
    chosen = {"kind": wanted} | kept | {name: value}
    return "?" + urlencode({one: text for one, text in chosen.items() if text})


# What stands beside a match


def _facts(record: Any) -> Sequence[Fact]:
    if isinstance(record, ResearchResult):
        return [
            Fact("TRL", record.trl, source=record.trl.edition if record.trl else ""),
            Fact(_("terms"), record.get_terms_display()),
        ]
    if isinstance(record, Capability):
        return [
            Fact(_("kind"), record.get_capability_kind_display()),
            Fact(_("readiness levels"), levels_of(record)),
            Fact(_("price"), price_of(record)),
        ]
    if isinstance(record, Expert):
        return [Fact(_("professional title"), record.post), Fact(_("works"), len(record.works.all()), "number")]
    return [Fact(_("money to be spent"), record.budget_fen, "money"), Fact(_("answers until"), record.deadline, "day")]


def _links(request: Request, record: Any, other: Any, rank: int) -> list[Link]:
    if isinstance(other, Expert) or isinstance(record, Expert):
        return []  # experts are asked for advice, not introduced
    if not introduction_policy.PROPOSE.decide(request.actor, record.programme):
        return []
    units = {unit.same_id for unit in map(setting_aside.unit_of, (record, other)) if unit is not None}
    if not request.actor.roles & introduction_policy.BROKERS and not units & request.actor.organisations:
        return []  # for others one proposes nothing
    pair = {code: one.public_id for code, one in setting_aside.pair_of(record, other).items()}
    pair["shown"] = sealed(rank, record, other)
    url = reverse("exchange:introduction-new", kwargs={"programme": record.programme.slug})
    return [Link(_("Propose an introduction"), f"{url}?{urlencode(pair)}")]


def _not_this(request: Request, record: Any, other: Any) -> NotThis:
    fields = (("kind", matching.kind_of(other).code), ("id", other.public_id))
    return NotThis(_url(request, record, "aside"), fields, [(code, str(words)) for code, words in SetAside.Why.choices])


def _aside_panel(request: Request, record: Any, aside: Iterable[SetAside], wanted: str) -> Panel:
    rows = []
    own = setting_aside.unit_of(record)
    for one in aside:
        other = getattr(one, wanted)
        by_own = one.organisation is not None and own is not None and one.organisation.same_id == own.same_id
        who = {Side.OFFICE.value: _("the programme office")}.get(one.side) or (
            one.organisation.name if by_own and one.organisation else _("the other side")
        )
        fields = (("kind", wanted), ("id", other.public_id), ("back", "1"))
        button = PanelButton(_("Take up again"), _url(request, record, "aside"), about=title_of(other), fields=fields)
        note = one.note if by_own else ""  # words are for those who wrote them; the cause helps both
        rows.append(
            PanelRow(
                (Link(title_of(other), url_of(other)), one.get_why_display(), note, who, Day(one.at)),
                buttons=[button] if by_own or one.side == Side.OFFICE else [],
                muted=True,
            )
        )
    return Panel(
        title=_("Set aside"),
        slug="aside",
        columns=(_("title"), _("why not"), _("in words"), _("by"), _("on")),
        rows=rows,
    )


def _url(request: Request, record: Any, name: str) -> str:
    programme = request.programme if isinstance(record, Expert) else record.programme  # experts lie in none
    slug = {"programme": programme.slug, "public_id": record.public_id}  # type: ignore[union-attr]
    return reverse(f"exchange:{matching.kind_of(record).code}-{name}", kwargs=slug)


def links_of_expert(request: Request, record: Expert) -> list[Link]:
    """On the page of an expert, which stands in no programme: the questions of each running programme."""
    keys = {"public_id": record.public_id}
    return [
        Link(
            _("Questions in %(programme)s") % {"programme": one},
            reverse("exchange:expert-matches", kwargs={"programme": one.slug, **keys}),
            "arrows-exchange",
        )
        for one in Programme.objects.order_by("-pk")[:PROGRAMMES]
    ]
