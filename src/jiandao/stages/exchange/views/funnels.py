"""The funnel of needs as a page: the steps, the causes of the drops, cut by direction, field, prefecture or month."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Badge, Chart, Drop, Link, Panel, PanelRow, Series, TileMap
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import funnel as funnels
from jiandao.stages.exchange import lifecycle, policy
from jiandao.stages.exchange.filters import STEPS, drop_causes
from jiandao.stages.exchange.views.lists import NEEDS


@page(policy.SEE_FUNNEL)
def funnel(request: Request) -> HttpResponse:
    """Takes the query string of the list of needs, and `cut`."""
    assert request.programme is not None
    needs_url = reverse("exchange:needs", kwargs={"programme": request.programme.slug})
    shown = funnels.needs_in(request.actor)
    found, filters, _order = NEEDS.filtered(request, shown)
    needs = shown.filter(Q(pk__in=found.order_by().values("pk"))) if request.GET else shown
    cut = request.GET.get("cut", "field")
    cut = cut if cut in funnels.CUTS else "field"
    whole = funnels.counted(needs)
    asked = request.GET.dict()
    kept = {name: str(value) for name, value in asked.items() if name in filters.form.fields and value}
    dropped = funnels.drops(needs)
    lines = funnels.by(needs, cut)
    terms = {} if cut == "month" else Term.objects.in_bulk([line.key for line in lines if line.key])
    context = {
        "chart": _chart(whole, dropped, needs_url, kept),
        "causes": _causes(dropped, needs_url, kept),
        "map": _map(lines, terms, needs_url, kept) if cut == "prefecture" else None,
        "months": _months(lines) if cut == "month" and lines else None,
        "by": _by(lines, terms, cut, needs_url, kept),
        "cuts": [
            Link(label, f"?{urlencode({**kept, 'cut': name})}", current=name == cut) for name, label in _cuts().items()
        ],
        "crumbs": [Link(_("Needs"), needs_url)],
    }
    return render(request, "exchange/funnel.html", context)


def _cuts() -> dict[str, str]:
    return {
        "direction": _("direction"),
        "field": _("technical field"),
        "prefecture": _("prefecture"),
        "month": _("month of submission"),
    }


def _chart(whole: funnels.Line, dropped: Sequence[funnels.Dropped], needs_url: str, kept: dict[str, str]) -> Chart:
    labels = dict(drop_causes())
    return Chart(
        id="funnel",
        title=_("From the need to the challenge"),
        kind="funnel",
        categories=[str(STEPS[step]) for step in whole.counts],
        series=[
            Series(
                _("needs"),
                list(whole.counts.values()),
                [f"{needs_url}?{urlencode({**kept, 'reached': step})}" for step in whole.counts],
            )
        ],
        drops=[
            [
                Drop(_why(one, labels), one.count, _list_of(one.state, one.cause, labels, needs_url, kept, step))
                for one in dropped
                if one.step == step
            ]
            for step in whole.counts
        ],
        category_label=_("step"),
        source=_("the needs that you may see, and those that are a draft again; drafts never submitted are left out"),
    )


def _why(one: funnels.Dropped, labels: dict[str, Any]) -> str:
    words = labels.get(one.cause)
    return str(words) if words else str(lifecycle.NEED.state_label(one.state))


def _list_of(
    state: str, cause: str, labels: dict[str, Any], needs_url: str, kept: dict[str, str], step: str = ""
) -> str:
    query = {**kept, "state": state} | ({"drop_cause": cause} if cause in labels else {})
    return f"{needs_url}?{urlencode(query | ({'stopped': step} if step else {}))}"


def _causes(dropped: Sequence[funnels.Dropped], needs_url: str, kept: dict[str, str]) -> Panel:
    labels = dict(drop_causes())
    rows = []
    for state, cause, count in funnels.causes(dropped):
        badge: Badge = state_badge(lifecycle.NEED, state)
        words = str(labels.get(cause, _("reason in the timeline")))
        rows.append(PanelRow((Link(words, _list_of(state, cause, labels, needs_url, kept)), badge, count)))
    return Panel(
        title=_("Why needs dropped out"),
        slug="causes",
        columns=(_("cause"), _("state"), _("needs")),
        rows=rows,
        empty=_("None has dropped out."),
        note=_("Who decided and the reason in words stand in the timeline of each need."),
    )


def _map(lines: Sequence[funnels.Line], terms: dict[int, Term], needs_url: str, kept: dict[str, str]) -> TileMap:
    keys = {terms[line.key].code: line.key for line in lines if line.key in terms}
    return TileMap.of(
        "prefectures",
        _("Needs by prefecture"),
        {terms[line.key].code if line.key in terms else None: line.counts["entered"] for line in lines},
        href=lambda code: f"{needs_url}?{urlencode({**kept, 'prefecture': keys[code]})}" if code in keys else "",
        unit=_("needs"),
    )


def _months(lines: Sequence[funnels.Line]) -> Chart:
    known = [line for line in lines if line.key]
    return Chart(
        id="months",
        title=_("Needs by month of submission"),
        kind="bar",
        categories=[line.key.strftime("%Y-%m") for line in known],
        series=[Series(str(STEPS[step]), [line.counts[step] for line in known]) for step in ("submitted", "published")],
        category_label=_("month of submission"),
    )


def _by(lines: Sequence[funnels.Line], terms: dict[int, Term], cut: str, needs_url: str, kept: dict[str, str]) -> Panel:
    rows = []
    for line in lines:
        label = (
            line.key.strftime("%Y-%m") if cut == "month" and line.key else str(terms.get(line.key) or _("not stated"))
        )
        linked = cut != "month" and line.key is not None
        first = Link(label, f"{needs_url}?{urlencode({**kept, cut: line.key})}") if linked else label
        rows.append(PanelRow((first, *line.counts.values(), *line.dropped.values())))
    dropped = [str(lifecycle.NEED.state_label(state)) for state in funnels.DROPPED]
    return Panel(
        title=_("By %(cut)s") % {"cut": _cuts()[cut]},
        slug="by",
        columns=(_cuts()[cut], *(str(STEPS[step]) for step in funnels.REACHED), *dropped),
        rows=rows,
        empty=_("Nothing is counted yet."),
    )
