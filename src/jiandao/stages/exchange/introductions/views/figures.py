"""The figures of introductions as a page: matching rate, times, success, money, why matches were refused."""

from calendar import monthrange
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Chart, Link, Panel, PanelRow, Series
from jiandao.kernel.components.formats import NOTHING, percent
from jiandao.kernel.components.formats import money as in_money
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.filters import MET
from jiandao.stages.exchange.introductions import figures as counted
from jiandao.stages.exchange.introductions import policy
from jiandao.stages.exchange.introductions.views.learning import learning
from jiandao.stages.exchange.models import Outcome


@page(policy.SEE_FIGURES)
def figures(request: Request) -> HttpResponse:
    """`?cut=field|prefecture|year|month`."""
    assert request.programme is not None
    cut = request.GET.get("cut", "field")
    cut = cut if cut in counted.KEYS else "field"
    whole, lines = counted.lines(request.actor, cut)
    slug = {"programme": request.programme.slug}
    needs_url = reverse("exchange:needs", kwargs=slug)
    context = {
        "chart": Chart(
            id="figures",
            title=_("From the published need to the cooperation"),
            kind="funnel",
            categories=[_("published"), _("introduced"), _("in contact"), _("cooperating")],
            series=[
                Series(
                    _("needs"),
                    [whole.published, whole.introduced, whole.in_contact, whole.cooperating],
                    hrefs=[_needs(needs_url), *(_needs(needs_url, met=step) for step in MET)],
                )
            ],
            category_label=_("step"),
            source=_(
                "needs that were published once and that you may see; cooperations that both sides confirmed and nobody gave up"
            ),
        ),
        "panels": [
            _whole(whole, counted.money(request.actor), counted.shown(request.actor)),
            _lines(lines, cut, needs_url),
            _refusals(request, counted.refusals(request.actor)),
            *learning(request, cut),
        ],
        "cuts": [Link(label, f"?{urlencode({'cut': name})}", current=name == cut) for name, label in _cuts().items()],
        "crumbs": [Link(_("Introductions"), reverse("exchange:introductions", kwargs=slug))],
    }
    return render(request, "exchange/figures.html", context)


def _cuts() -> dict[str, str]:
    return {
        "field": _("technical field"),
        "prefecture": _("prefecture"),
        "year": _("year of publication"),
        "month": _("month of publication"),
    }


def _needs(url: str, **more: str) -> str:
    """The list of the published needs, narrowed."""
    return f"{url}?{urlencode({'reached': 'published', **more})}"


def _percent(value: float | None) -> str:
    return percent(value, 1)


def _days(value: float | None) -> str:
    return NOTHING if value is None else _("%(days)s days") % {"days": f"{value:.1f}"}


def _spread(spread: counted.Spread) -> str:
    if spread.half is None or spread.most is None:
        return NOTHING
    values = {"half": f"{spread.half:.1f}", "most": f"{spread.most:.1f}"}
    return _("%(half)s days; for four of five at most %(most)s") % values


def _share(part: int, of: int) -> str:
    """A share with what it stands on."""
    if not of:
        return NOTHING
    return _("%(share)s (%(part)s of %(whole)s)") % {"share": _percent(part / of), "part": part, "whole": of}


def _places(shown: counted.Shown) -> str:
    if not shown.ranks:
        return NOTHING
    return _("first: %(first)s; among the first three: %(three)s; half of them at place %(half)s or before") % {
        "first": _share(shown.within(1), len(shown.ranks)),
        "three": _share(shown.within(3), len(shown.ranks)),
        "half": f"{shown.half:g}",
    }


def _whole(whole: counted.Line, money: counted.Money, shown: counted.Shown) -> Panel:
    uses = dict(Outcome.Use.choices)
    rows = [
        (
            _("Matching rate"),
            _share(whole.in_contact, whole.published),
            _("published needs whose two sides came into contact"),
        ),
        (
            _("Conversion"),
            _share(whole.cooperating, whole.published),
            _("published needs with a confirmed cooperation, not given up"),
        ),
        (
            _("Success of talks"),
            _share(whole.cooperating, whole.in_contact),
            _("needs in contact with a confirmed cooperation, not given up"),
        ),
        (_("Given up"), str(whole.given_up), _("needs whose confirmed cooperations were all given up; no success")),
        (
            _("Time to the first answer"),
            _days(whole.days_to_first),
            _(
                "median, from the first publication to the first act of the other side: a proposal (or the office's), a consent"
            ),
        ),
        (
            _("Time to the first proposal"),
            _spread(whole.proposal),
            _("median, from the first publication to the first proposal of an introduction; needs that have one"),
        ),
        (
            _("Time to the first contact"),
            _spread(whole.contact),
            _("median, from the first publication until both sides have accepted a match; needs that came so far"),
        ),
        (
            _("Place of accepted matches"),
            _places(shown),
            _("where the match page had shown what both sides accepted; proposed from it: %(count)s of %(whole)s")
            % {"count": len(shown.ranks), "whole": shown.accepted},
        ),
        (_("Cooperations"), str(money.cooperations), _("confirmed by both sides and not given up")),
        (_("Contracts"), in_money(money.amount_fen), _("amounts of these cooperations")),
        (_("Cooperations given up"), str(money.given_up), _("confirmed by both sides and given up later")),
        (_("Contracts given up"), in_money(money.given_up_fen), _("amounts of these, in no other figure")),
        (_("Sales or savings"), in_money(money.sales_fen), _("as stated last for each cooperation, given up or not")),
    ]
    rows += [
        (_("Outcomes: %(use)s") % {"use": label}, str(money.outcomes.get(use, 0)), _("as reported last"))
        for use, label in uses.items()
    ]
    return Panel(
        title=_("In figures"),
        slug="whole",
        columns=(_("figure"), _("value"), _("what is counted")),
        rows=[PanelRow(row) for row in rows],
    )


def _lines(lines: list[counted.Line], cut: str, needs_url: str) -> Panel:
    dated = cut in {"year", "month"}
    terms = {} if dated else Term.objects.in_bulk([line.key for line in lines if line.key is not None])
    rows = []
    for line in lines:
        label = _label(line.key, cut, terms.get(line.key), needs_url)
        rows.append(
            PanelRow(
                (
                    label,
                    line.published,
                    line.introduced,
                    line.in_contact,
                    line.cooperating,
                    line.given_up,
                    _percent(line.matching_rate),
                    _percent(line.success),
                    _days(line.days_to_first),
                    _days(line.proposal.half),
                    _days(line.contact.half),
                )
            )
        )
    return Panel(
        title=_("By %(cut)s") % {"cut": _cuts()[cut]},
        slug="by",
        columns=(
            _cuts()[cut],
            _("published"),
            _("introduced"),
            _("in contact"),
            _("cooperating"),
            _("given up"),
            _("matching rate"),
            _("success of talks"),
            _("time to the first answer"),
            _("to the first proposal"),
            _("to the first contact"),
        ),
        rows=rows,
        empty=_("Nothing is counted yet."),
    )


def _label(key: Any, cut: str, term: Term | None, needs_url: str) -> Any:
    """What a line is about, and the way to its needs."""
    if isinstance(key, datetime):
        last = monthrange(key.year, key.month)[1]
        return Link(
            f"{key:%Y-%m}", _needs(needs_url, published_from=f"{key:%Y-%m}-01", published_to=f"{key:%Y-%m}-{last}")
        )
    if cut == "year":
        period = {"published_from": f"{key}-01-01", "published_to": f"{key}-12-31"}
        return Link(str(key), _needs(needs_url, **period)) if key else ""
    return Link(str(term), _needs(needs_url, **{cut: term.code})) if term is not None else _("not stated")


def _refusals(request: Request, refused: list[counted.Refused]) -> Panel:
    rows = [PanelRow((str(one.words), one.set_aside, one.declined, one.offers, one.total)) for one in refused]
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    lists = [
        (_("Declined introductions"), reverse("exchange:introductions", kwargs=slug), "declined"),
        (_("Refused offers"), reverse("exchange:offers", kwargs=slug), "refused"),
    ]
    return Panel(
        title=_("Why matches were refused"),
        slug="refused",
        columns=(
            _("cause"),
            _("set aside on a match page"),
            _("introductions declined"),
            _("offers refused"),
            _("together"),
        ),
        rows=rows,
        links=[Link(label, f"{url}?{urlencode({'state': state})}") for label, url, state in lists],
        empty=_("No match was refused yet."),
        note=_("What was taken back is not counted."),
    )
