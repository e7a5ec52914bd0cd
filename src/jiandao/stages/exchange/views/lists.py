"""The lists of needs and results, on the screen and as files."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.components import Due, Link
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.pages.remembered import remembered
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import lifecycle, policy, queries, states
from jiandao.stages.exchange.filters import NeedFilter, ResultFilter
from jiandao.stages.exchange.importing.links import import_links
from jiandao.stages.exchange.models import Need, ResearchResult


def need_url(need: Need) -> str:
    return reverse("exchange:need", kwargs={"programme": need.programme.slug, "public_id": need.public_id})


def result_url(result: ResearchResult) -> str:
    return reverse("exchange:result", kwargs={"programme": result.programme.slug, "public_id": result.public_id})


def _due(need: Need) -> Due | None:
    if need.deadline is None:
        return None
    over = need.state not in {states.DRAFT, states.SUBMITTED, states.CHECKING, states.RETURNED, states.PUBLISHED}
    # A deadline of a closed need is a fact, not a warning.
    return Due(need.deadline, 999) if over else Due.of(need.deadline, clock.today())


_NEEDS_READ = (
    "public_id", "state", "title", "budget_fen", "deadline", "changed_at", "programme__slug", "organisation__name",
    "field__label_zh", "field__label_en",
)  # fmt: skip

NEEDS = ListOf(
    title=gettext_lazy("Needs"),
    name="needs",
    columns=(
        ListColumn(gettext_lazy("title"), lambda n: n.title, primary=True, sort="title", order_by=("sort_key",)),
        ListColumn(
            gettext_lazy("organisation"),
            lambda n: n.organisation.name,
            sort="organisation",
            order_by=("organisation__sort_key",),
        ),
        ListColumn(gettext_lazy("state"), lambda n: state_badge(lifecycle.NEED, n.state_now), "badge"),
        ListColumn(gettext_lazy("technical field"), lambda n: n.field, sort="field", order_by=("field__position",)),
        ListColumn(gettext_lazy("money"), lambda n: n.budget_fen, "money", sort="money", order_by=("budget_fen",)),
        ListColumn(
            gettext_lazy("answers until"),
            _due,
            "due",
            sort="deadline",
            order_by=("deadline",),
            exported=lambda n: n.deadline,
        ),
        ListColumn(gettext_lazy("changed"), lambda n: n.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("problem"), lambda n: n.problem, only_exported=True),
        ListColumn(gettext_lazy("id"), lambda n: n.public_id, only_exported=True),
    ),
    filters=NeedFilter,
    default_order="-changed",
    url=need_url,
    empty=gettext_lazy("No need is here that you may see."),
    muted=lambda n: n.state_now in {states.WITHDRAWN, states.EXPIRED},
    route="exchange:needs",
    records=queries.needs,
    new_by="published_at",
    reads=_NEEDS_READ,
)

_RESULTS_READ = (
    "public_id", "state", "title", "terms", "changed_at", "programme__slug", "organisation__name", "field__label_zh",
    "field__label_en", "trl__label_zh", "trl__label_en",
)  # fmt: skip

RESULTS = ListOf(
    title=gettext_lazy("Results"),
    name="results",
    columns=(
        ListColumn(gettext_lazy("title"), lambda r: r.title, primary=True, sort="title", order_by=("sort_key",)),
        ListColumn(
            gettext_lazy("owner"), lambda r: r.organisation.name, sort="owner", order_by=("organisation__sort_key",)
        ),
        ListColumn(gettext_lazy("state"), lambda r: state_badge(lifecycle.RESULT, r.state_now), "badge"),
        ListColumn(gettext_lazy("technical field"), lambda r: r.field, sort="field", order_by=("field__position",)),
        ListColumn("TRL", lambda r: r.trl, sort="trl", order_by=("trl__position",)),
        ListColumn(gettext_lazy("terms"), lambda r: r.get_terms_display()),
        ListColumn(gettext_lazy("changed"), lambda r: r.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("description"), lambda r: r.text, only_exported=True),
        ListColumn(gettext_lazy("id"), lambda r: r.public_id, only_exported=True),
    ),
    filters=ResultFilter,
    default_order="-changed",
    url=result_url,
    empty=gettext_lazy("No result is here that you may see."),
    muted=lambda r: r.state_now == states.WITHDRAWN,
    route="exchange:results",
    records=queries.results,
    new_by="published_at",
    reads=_RESULTS_READ,
)


@remembered
@page(policy.SEE_NEEDS)
@quota("search", when=lambda request: bool(request.GET.get("q")))
def needs(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    may_write = bool(policy.CREATE_NEED.decide(request.actor, request.programme))
    listing = NEEDS.listing(
        request,
        queries.needs(request.actor),
        exports=[
            *export_links(lambda form: reverse("exchange:need-export", kwargs={**slug, "form": form})),
            Link("Atom", reverse("exchange:need-feed", kwargs=slug)),
            Link("iCalendar", reverse("exchange:need-deadlines", kwargs=slug)),
        ],
        create=Link(_("New need"), reverse("exchange:need-new", kwargs=slug)) if may_write else None,
        buttons=import_links(request, policy.IMPORT_NEEDS, "needs"),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_NEEDS)
@quota("export")
def need_export(request: Request, form: str) -> HttpResponse:
    return NEEDS.export(request, queries.needs(request.actor), form)


@remembered
@page(policy.SEE_RESULTS)
@quota("search", when=lambda request: bool(request.GET.get("q")))
def results(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    may_write = bool(policy.CREATE_RESULT.decide(request.actor, request.programme))
    listing = RESULTS.listing(
        request,
        queries.results(request.actor),
        exports=[
            *export_links(lambda form: reverse("exchange:result-export", kwargs={**slug, "form": form})),
            Link("Atom", reverse("exchange:result-feed", kwargs=slug)),
        ],
        create=Link(_("New result"), reverse("exchange:result-new", kwargs=slug)) if may_write else None,
        buttons=import_links(request, policy.IMPORT_RESULTS, "results"),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_RESULTS)
@quota("export")
def result_export(request: Request, form: str) -> HttpResponse:
    return RESULTS.export(request, queries.results(request.actor), form)
