"""Offers: the list, one of them, and what an organisation wants to be offered."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import DeskGroup, DeskItem, Fact, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.components.formats import percent
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import Programme
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.models import Offer
from jiandao.stages.exchange.offers import actions, lifecycle, policy, queries, states
from jiandao.stages.exchange.offers.filters import OfferFilter
from jiandao.stages.exchange.offers.forms import WishForm
from jiandao.stages.exchange.policy import ASKERS
from jiandao.stages.people.queries import organisations_of

SHOWN = 8

OFFERS = ListOf(
    title=gettext_lazy("Offers"),
    name="offers",
    columns=(
        ListColumn(
            gettext_lazy("result"), lambda o: o.result.title, primary=True, sort="title", order_by=("result__sort_key",)
        ),
        ListColumn(gettext_lazy("owner"), lambda o: o.result.organisation.name),
        ListColumn("TRL", lambda o: o.result.trl),
        ListColumn(gettext_lazy("for the need"), lambda o: o.need.title if o.need else ""),
        ListColumn(gettext_lazy("organisation"), lambda o: o.organisation.name),
        ListColumn(gettext_lazy("state"), lambda o: pages.state_badge(lifecycle.OFFER, o.state_now), "badge"),
        ListColumn(gettext_lazy("offered"), lambda o: o.created_at, "moment", sort="offered", order_by=("created_at",)),
        ListColumn(gettext_lazy("id"), lambda o: o.public_id, only_exported=True),
    ),
    filters=OfferFilter,
    default_order="-offered",
    url=url_of,
    empty=gettext_lazy(
        "No offer is here. Say what you want to be offered; new results that fit then come by themselves."
    ),
    muted=lambda o: o.state_now in {states.REFUSED, states.RECALLED},
    route="exchange:offers",
)


@page(policy.SEE_OFFERS)
def offers(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    chooses = bool(policy.CHOOSE_OFFERS.decide(request.actor, request.programme))
    wishes = reverse("exchange:offer-wish", kwargs=slug)
    listing = OFFERS.listing(
        request,
        queries.offers(request.actor),
        exports=export_links(lambda form: reverse("exchange:offer-export", kwargs={**slug, "form": form})),
        buttons=[Link(_("What we want to be offered"), wishes, "settings")] if chooses else [],
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_OFFERS)
@quota("export")
def offer_export(request: Request, form: str) -> HttpResponse:
    return OFFERS.export(request, queries.offers(request.actor), form)


@page(policy.READ_OFFER, records=queries.offer_records)
def offer(request: Request, record: Offer) -> HttpResponse:
    need = record.need
    pair = {"result": record.result.public_id} | ({"need": need.public_id} if need is not None else {})
    propose = f"{reverse('exchange:introduction-new', kwargs={'programme': record.programme.slug})}?{urlencode(pair)}"
    do = {"programme": record.programme.slug, "public_id": record.public_id}
    shown = RecordPage(
        title=record.result.title,
        kind=_("Offer"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.OFFER, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("result"), Link(record.result.title, url_of(record.result)), "object"),
            Fact(_("owner"), record.result.organisation.name),
            Fact(_("technology readiness level"), record.result.trl),
            Fact(
                _("for the need"),
                Link(need.public_id if need.is_need_to_know else need.title, url_of(need)) if need is not None else "",
                "object",
            ),
            Fact(_("organisation"), record.organisation.name),
            Fact(_("description"), record.result.text[:600], wide=True),
        ],
        panels=[_terms(record)] if record.terms else [],
        actions=pages.next_actions(
            request.actor,
            record,
            lambda verb: reverse("exchange:offer-do", kwargs={**do, "verb": verb}),
            lambda verb: propose,
        ),
        timeline=whole_timeline(record),
        crumbs=[Link(_("Offers"), reverse("exchange:offers", kwargs={"programme": record.programme.slug}))],
    )
    return render(request, "record.html", {"record": shown})


def _terms(record: Offer) -> Panel:
    return Panel(
        title=_("Why it may fit"),
        slug="terms",
        columns=(_("shared words"), _("share of the score")),
        rows=[PanelRow((term, percent(share))) for term, share in record.terms],
        note=_("It was offered because each finds the other among the best; whether it fits, you decide."),
    )


@page(policy.READ_OFFER, records=queries.offer_records, methods=("POST",))
def offer_do(request: Request, record: Offer, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


@page(policy.CHOOSE_OFFERS, methods=("GET", "POST"))
def offer_wish(request: Request) -> HttpResponse:
    """For the organisation that `?of=` names, or the first that one acts for."""
    assert request.programme is not None
    mine = organisations_of(request.actor, ASKERS).order_by("sort_key", "pk")
    of = request.GET.get("of", "")[:20].replace("\0", "")
    unit = mine.filter(public_id=of).first() or mine.first()
    assert unit is not None  # the rule lets nobody else through
    wish = queries.wish_of(unit)
    form = WishForm(request.POST or None, instance=wish)
    back = reverse("exchange:offers", kwargs={"programme": request.programme.slug})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            actions.choose(
                actor=request.actor,
                programme=request.programme,
                organisation=unit,
                fields=list(values.pop("fields_wanted")),
                values=values,
                expected_version=number(request.POST.get("version")) if wish is not None else None,
            )
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("Kept. You can change it at any time."))
            return redirect(back)
    others = [one for one in mine if one.pk != unit.pk]
    shown = FormPage(
        title=_("What %(organisation)s wants to be offered") % {"organisation": unit.name},
        form=form,
        submit=_("Keep"),
        version=wish.version if wish is not None else 0,
        cancel_url=back,
        lead=_("New results that fit are offered to you, each once; you say why not, and are not asked again."),
        crumbs=[Link(_("Offers"), back), *(Link(one.name, f"?{urlencode({'of': one.public_id})}") for one in others)],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def waiting(actor: Actor, programme: Programme) -> list[DeskGroup]:
    """Offers that an organisation has not answered."""
    if not actor.organisations or not actor.roles & ASKERS:
        return []
    found = queries.offers(actor).filter(policy.ANSWER_OFFER.q(actor), state=states.SENT).order_by("-created_at", "-id")
    shown = list(found[: SHOWN + 1])
    slug = {"programme": programme.slug}
    return [
        DeskGroup(
            title=_("Offers for you"),
            items=[_item(one) for one in shown[:SHOWN]],
            total=len(shown) if len(shown) <= SHOWN else found.count(),
            all_url=f"{reverse('exchange:offers', kwargs=slug)}?{urlencode({'state': states.SENT})}",
        )
    ]


def _item(one: Offer) -> DeskItem:
    return DeskItem(
        title=one.result.title,
        url=url_of(one),
        task=_("Ask for an introduction, or say why not"),
        action=Link(_("Open"), url_of(one)),
        from_whom=one.result.organisation.name,
        state=pages.state_badge(lifecycle.OFFER, one.state),
    )
