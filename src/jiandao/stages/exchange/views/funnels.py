"""The funnel of needs as a page: the steps, the causes of the drops, cut by direction, field, prefecture or month."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Badge, Chart, Link, Panel, PanelRow, Series
from jiandao.kernel.components.formats import percent
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
    context = {
        "chart": Chart(
            id="funnel",
            title=_("From the need to the challenge"),
            kind="funnel",
            categories=[str(STEPS[step]) for step in whole.counts],
            series=[Series(_("needs"), list(whole.counts.values()))],
            category_label=_("step"),
            source=_("the needs that you may see, drafts left out"),
        ),
        "steps": _steps(whole, needs_url, kept),
        "causes": _causes(needs, needs_url, kept),
        "by": _by(needs, cut, needs_url, kept),
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


def _steps(whole: funnels.Line, needs_url: str, kept: dict[str, str]) -> Panel:
    rows = [
        PanelRow(
            (
                Link(str(STEPS[step]), f"{needs_url}?{urlencode({**kept, 'reached': step})}"),
                count,
                percent(share) if share is not None else "",
            )
        )
        for step, count, share in funnels.shares(whole)
    ]
    columns = (_("step"), _("needs"), _("of the step before"))
    return Panel(title=_("Steps"), slug="steps", columns=columns, rows=rows)


def _causes(needs: Any, needs_url: str, kept: dict[str, str]) -> Panel:
    labels = dict(drop_causes())
    rows = []
    for state, cause, count in funnels.causes(needs):
        query = {**kept, "state": state} | ({"drop_cause": cause} if cause in labels else {})
        badge: Badge = state_badge(lifecycle.NEED, state)
        words = str(labels.get(cause, _("reason in the timeline")))
        rows.append(PanelRow((Link(words, f"{needs_url}?{urlencode(query)}"), badge, count)))
    return Panel(
        title=_("Why needs dropped out"),
        slug="causes",
        columns=(_("cause"), _("state"), _("needs")),
        rows=rows,
        empty=_("None has dropped out."),
        note=_("Who decided and the reason in words stand in the timeline of each need."),
    )


def _by(needs: Any, cut: str, needs_url: str, kept: dict[str, str]) -> Panel:
    lines = funnels.by(needs, cut)
    names = {} if cut == "month" else Term.objects.in_bulk([line.key for line in lines if line.key])
    rows = []
    for line in lines:
        label = (
            line.key.strftime("%Y-%m") if cut == "month" and line.key else str(names.get(line.key) or _("not stated"))
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
