"""Offers and wishes through the API; and setting matches aside."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import STRICT, Deed, Text, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.problems import ApiFault, Where, mend
from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut, moment, state_out, verbs_out
from jiandao.kernel.api.terms import TermOut, term_out
from jiandao.kernel.api.writing import do, overlaid
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.stages.exchange import matching, policy
from jiandao.stages.exchange import queries as exchange
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.api.shapes import UnitOut
from jiandao.stages.exchange.api.units import unit_out
from jiandao.stages.exchange.capabilities import policy as capability_policy
from jiandao.stages.exchange.capabilities import queries as capabilities
from jiandao.stages.exchange.models import Capability, Challenge, Need, Offer, OfferWish, ResearchResult, SetAside
from jiandao.stages.exchange.offers import actions, queries, setting_aside
from jiandao.stages.exchange.offers import policy as rules
from jiandao.stages.exchange.offers.forms import WishForm
from jiandao.stages.exchange.offers.views import OFFERS
from jiandao.stages.people import policy as people_policy
from jiandao.stages.people import queries as people_queries
from jiandao.stages.people.models import Expert, Organisation
from jiandao.stages.people.queries import organisations_of

ChangedWish = body_of("ChangedWish", WishForm, version=True, first_version=0)


class OfferRow(TypedDict):
    """An offer as the list shows it."""

    id: str
    version: int
    state: StateOut
    result: str
    title: str
    owner: UnitOut
    organisation: UnitOut
    need: str | None
    offered_at: str


class OfferPage(PageOut):
    """One page of offers."""

    items: list[OfferRow]


class OfferOut(OfferRow):
    """An offer with the shared terms."""

    terms: list[tuple[str, float]]
    verbs: list[VerbOut]


class WishOut(TypedDict):
    """What an organisation wants to be offered; version 0 when it never said."""

    organisation: UnitOut
    version: int
    wanted: bool
    text: str
    keywords: list[str]
    fields_wanted: list[TermOut]
    least_level: int | None
    most_a_week: int
    paused_until: date | None


class Aside(BaseModel):
    """Which match is not the right one, and why; `back` takes it up again."""

    model_config = STRICT
    kind: Text = Field(max_length=20, description="need, challenge, result, capability or expert.")
    id: Text = Field(max_length=20)
    why: Text = Field("", max_length=20, description=", ".join(SetAside.Why.values))
    note: Text = Field("", max_length=500)
    back: bool = False


class AsideOut(TypedDict):
    """What is set aside for the record now, by either side."""

    items: list["AsideRow"]


class AsideRow(TypedDict):
    """A match that was set aside."""

    kind: str
    id: str
    side: str
    why: str
    at: str


@endpoint(
    router, "GET", "/offers", rules.SEE_OFFERS, name="offers", answer=OfferPage, parameters=list_parameters(OFFERS)
)
def offers(request: Request) -> Any:
    """The offers that the caller may see."""
    return listed(request, OFFERS, queries.offers(request.actor), offer_row)


@endpoint(
    router, "GET", "/offers/{public_id}", rules.READ_OFFER, records=queries.offer_records, name="offer",
    answer=OfferOut,
)  # fmt: skip
def offer(request: Request, record: Offer) -> OfferOut:
    """An offer, and what the caller may do with it."""
    return offer_out(request, record)


@endpoint(
    router, "POST", "/offers/{public_id}/do/{verb}", rules.READ_OFFER, records=queries.offer_records, name="offer-do",
    answer=OfferOut,
)  # fmt: skip
def offer_do(request: Request, record: Offer, verb: str, body: Deed) -> OfferOut:
    """Do a verb of the lifecycle: refuse. An offer is taken up by proposing an introduction for its result."""
    saved = do(request, record, verb, body)
    return offer_out(request, queries.offer_records().get(pk=saved.pk))


_OF = {
    "name": "of",
    "in": "query",
    "required": False,
    "description": "Id of an organisation that the caller acts for; without it the first.",
    "schema": {"type": "string", "minLength": 1},
}


@endpoint(router, "GET", "/wish", rules.CHOOSE_OFFERS, name="wish", answer=WishOut, parameters=[_OF])
def wish(request: Request) -> WishOut:
    """What the caller's organisation wants to be offered."""
    return _wish_out(_own_unit(request))


@endpoint(router, "PATCH", "/wish", rules.CHOOSE_OFFERS, name="wish-change", answer=WishOut, parameters=[_OF])
def wish_change(request: Request, body: ChangedWish) -> WishOut:  # type: ignore[valid-type]
    """Change what is sent; the version is 0 where nothing was said before."""
    assert request.programme is not None
    unit = _own_unit(request)
    found = queries.wish_of(unit)
    version = body.version  # type: ignore[attr-defined]
    if version != (found.version if found is not None else 0):
        raise ApiFault(409, "stale", _("Somebody has changed this in between; read it again, and send it again."))
    usual = found or OfferWish()  # what nobody has said yet is as a new one has it
    form = overlaid(body, WishForm(instance=usual), lambda data: WishForm(data, instance=usual))
    values = dict(form.cleaned_data)
    actions.choose(
        actor=request.actor,
        programme=request.programme,
        organisation=unit,
        fields=list(values.pop("fields_wanted")),
        values=values,
        expected_version=version or None,
    )
    return _wish_out(unit)


def _own_unit(request: Request) -> Organisation:
    mine = organisations_of(request.actor, policy.ASKERS).order_by("sort_key", "pk")
    of = request.GET.get("of")
    unit = next(iter(mine if of is None else mine.filter(public_id=of.replace("\0", ""))), None)
    if unit is None:
        sentence = _("Name an organisation that you act for.")
        raise mend([Where(where="of", code="unknown", sentence=sentence)])
    return unit


def _wish_out(unit: Organisation) -> WishOut:
    found = queries.wish_of(unit) or OfferWish(organisation=unit, version=0)
    return WishOut(
        organisation=unit_out(unit),
        version=found.version,
        wanted=found.wanted,
        text=found.text,
        keywords=list(found.keywords),
        fields_wanted=[one for one in map(term_out, found.fields.all() if found.pk else ()) if one is not None],
        least_level=found.least_level,
        most_a_week=found.most_a_week,
        paused_until=found.paused_until,
    )


@endpoint(
    router, "POST", "/needs/{public_id}/aside", rules.SET_ASIDE_NEED, see=policy.READ_NEED,
    records=exchange.need_records, name="need-aside", answer=AsideOut,
)  # fmt: skip
def need_aside(request: Request, record: Need, body: Aside) -> AsideOut:
    """Set an answer for a need aside, or take it up again."""
    return _aside(request, record, body)


@endpoint(
    router, "POST", "/challenges/{public_id}/aside", rules.SET_ASIDE_CHALLENGE, see=policy.READ_CHALLENGE,
    records=exchange.challenge_records, name="challenge-aside", answer=AsideOut,
)  # fmt: skip
def challenge_aside(request: Request, record: Challenge, body: Aside) -> AsideOut:
    """Set an answer for a challenge aside, or take it up again."""
    return _aside(request, record, body)


@endpoint(
    router, "POST", "/results/{public_id}/aside", rules.SET_ASIDE_RESULT, see=policy.READ_RESULT,
    records=exchange.result_records, name="result-aside", answer=AsideOut,
)  # fmt: skip
def result_aside(request: Request, record: ResearchResult, body: Aside) -> AsideOut:
    """Set a question for a result aside, or take it up again."""
    return _aside(request, record, body)


@endpoint(
    router, "POST", "/capabilities/{public_id}/aside", rules.SET_ASIDE_CAPABILITY,
    see=capability_policy.READ_CAPABILITY, records=capabilities.capability_records, name="capability-aside",
    answer=AsideOut,
)  # fmt: skip
def capability_aside(request: Request, record: Capability, body: Aside) -> AsideOut:
    """Set a question for a capability aside, or take it up again."""
    return _aside(request, record, body)


@endpoint(
    router, "POST", "/experts/{public_id}/aside", rules.SET_ASIDE_EXPERT, see=people_policy.READ_EXPERT,
    records=people_queries.expert_records, name="expert-aside", answer=AsideOut,
)  # fmt: skip
def expert_aside(request: Request, record: Expert, body: Aside) -> AsideOut:
    """Set a question for an expert aside, or take it up again."""
    return _aside(request, record, body)


def _aside(request: Request, record: Any, body: Aside) -> AsideOut:
    offered = [kind for kind in matching.others(matching.kind_of(record)) if kind in setting_aside.RULES]
    if body.kind not in offered:
        sentence = _("It is matched with one of these: %(kinds)s.") % {"kinds": _(", ").join(offered)}
        raise mend([Where(where="kind", code="invalid_choice", sentence=sentence)])
    kind = matching.BY_CODE[body.kind]
    seen = kind.records().filter(kind.see.q(request.actor), public_id=body.id.replace("\0", ""))
    other = seen.first()
    if other is None:
        raise mend([Where(where="id", code="unknown", sentence=_("There is no record of that id."))])
    if body.back:
        setting_aside.take_back(actor=request.actor, record=record, other=other)
    elif body.why in SetAside.Why.values:
        setting_aside.set_aside(actor=request.actor, record=record, other=other, why=body.why, note=body.note)
    else:
        raise mend([Where(where="why", code="invalid_choice", sentence=_("Choose why it is not the right one."))])
    return AsideOut(
        items=[
            AsideRow(
                kind=body.kind,
                id=getattr(one, body.kind).public_id,
                side=one.side,
                why=one.why,
                at=moment(one.at) or "",
            )
            for one in setting_aside.set_aside_for(request.actor, record, body.kind)
        ]
    )


def offer_row(one: Any) -> OfferRow:
    """An offer of `queries.offers`, as the list shows it."""
    return OfferRow(
        id=one.public_id,
        version=one.version,
        state=state_out(Offer.kind, one.state_now),
        result=one.result.public_id,
        title=one.result.title,
        owner=unit_out(one.result.organisation),
        organisation=unit_out(one.organisation),
        need=one.need.public_id if one.need is not None else None,
        offered_at=moment(one.created_at) or "",
    )


def offer_out(request: Request, record: Offer) -> OfferOut:
    """An offer with the shared terms."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return OfferOut(
        **offer_row(record),
        terms=[(term, share) for term, share in record.terms],
        verbs=verbs_out(request.actor, record),
    )
