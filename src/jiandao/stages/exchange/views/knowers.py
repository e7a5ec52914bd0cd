"""The pages on which the need-to-know lists of needs and results are changed."""

from django.http import HttpResponse
from django.urls import reverse

from jiandao.kernel.pages import knowers
from jiandao.kernel.pages.gate import Request, page
from jiandao.stages.exchange import policy, queries
from jiandao.stages.exchange.knowers import NEED_KNOWERS, RESULT_KNOWERS
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.exchange.views.lists import need_url, result_url

_ROUTES = {Need.kind: "exchange:need-knowers", ResearchResult.kind: "exchange:result-knowers"}


def knowers_url(record: Need | ResearchResult) -> str:
    """The page of a record's need-to-know list."""
    return reverse(_ROUTES[record.kind], kwargs={"programme": record.programme.slug, "public_id": record.public_id})


@page(policy.ADMIT_TO_NEED, see=policy.READ_NEED, records=queries.need_records, methods=("GET", "POST"))
def need_knowers(request: Request, record: Need) -> HttpResponse:
    return knowers.serve(request, record, NEED_KNOWERS, need_url)


@page(policy.ADMIT_TO_RESULT, see=policy.READ_RESULT, records=queries.result_records, methods=("GET", "POST"))
def result_knowers(request: Request, record: ResearchResult) -> HttpResponse:
    return knowers.serve(request, record, RESULT_KNOWERS, result_url)
