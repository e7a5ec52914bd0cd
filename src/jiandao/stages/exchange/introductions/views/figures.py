"""The figures of introductions as a page: matching rate, time to the first answer, success, money."""

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
from jiandao.stages.exchange.introductions import figures as counted
from jiandao.stages.exchange.introductions import policy
from jiandao.stages.exchange.models import Outcome


@page(policy.SEE_FIGURES)
def figures(request: Request) -> HttpResponse:
    """`?cut=field|prefecture|year`."""
    assert request.programme is not None
    cut = request.GET.get("cut", "field")
    cut = cut if cut in counted.KEYS else "field"
    whole, lines = counted.lines(request.actor, cut)
    slug = {"programme": request.programme.slug}
    context = {
        "chart": Chart(
            id="figures",
            title=_("From the published need to the cooperation"),
            kind="funnel",
            categories=[_("published"), _("introduced"), _("in contact"), _("cooperating")],
            series=[Series(_("needs"), [whole.published, whole.introduced, whole.in_contact, whole.cooperating])],
            category_label=_("step"),
            source=_(
                "needs that were published once and that you may see; cooperations that both sides confirmed and nobody gave up"
            ),
        ),
        "panels": [_whole(whole, counted.money(request.actor)), _lines(lines, cut)],
        "cuts": [Link(label, f"?{urlencode({'cut': name})}", current=name == cut) for name, label in _cuts().items()],
        "crumbs": [Link(_("Introductions"), reverse("exchange:introductions", kwargs=slug))],
    }
    return render(request, "exchange/figures.html", context)


def _cuts() -> dict[str, str]:
    return {"field": _("technical field"), "prefecture": _("prefecture"), "year": _("year of publication")}


def _percent(value: float | None) -> str:
    return percent(value, 1)


def _days(value: float | None) -> str:
    return NOTHING if value is None else _("%(days)s days") % {"days": f"{value:.1f}"}


def _whole(whole: counted.Line, money: counted.Money) -> Panel:
    uses = dict(Outcome.Use.choices)
    rows = [
        (_("Matching rate"), _percent(whole.matching_rate), _("published needs whose two sides came into contact")),
        (
            _("Conversion"),
            _percent(whole.conversion),
            _("published needs with a confirmed cooperation, not given up"),
        ),
        (
            _("Success of talks"),
            _percent(whole.success),
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


def _lines(lines: list[counted.Line], cut: str) -> Panel:
    names = {} if cut == "year" else Term.objects.in_bulk([line.key for line in lines if line.key is not None])
    rows = []
    for line in lines:
        label = str(line.key or "") if cut == "year" else str(names.get(line.key) or _("not stated"))
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
        ),
        rows=rows,
        empty=_("Nothing is counted yet."),
    )
