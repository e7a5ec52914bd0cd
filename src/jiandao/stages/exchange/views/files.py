"""Attaching files to needs and results, and taking them away again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Evidence
from jiandao.kernel.files import FileRefused
from jiandao.kernel.pages.gate import Request, page
from jiandao.stages.exchange import attachments, policy, queries
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.exchange.views.lists import need_url, result_url

_HISTORY = {Need.kind: policy.NEED_HISTORY, ResearchResult.kind: policy.RESULT_HISTORY}
_ROUTES = {Need.kind: "exchange:need", ResearchResult.kind: "exchange:result"}


def evidence(request: Request, record: Need | ResearchResult) -> list[Evidence]:
    """The files of a record as its page shows them."""
    found = list(attachments.attached(record))
    told = bool(_HISTORY[record.kind].decide(request.actor, record))  # who attached it is nothing for the public
    names = names_of({one.created_by_id for one in found}) if found and told else {}
    removable = bool(found) and attachments.may_attach(request.actor, record)
    return [
        Evidence(
            title=one.name,
            url=reverse("file", kwargs={"public_id": one.public_id}),
            bytes=one.size,
            digest=one.digest,
            who=names.get(one.created_by_id, "") if one.created_by_id else "",
            at=one.created_at,
            note=one.caption,
            remove_url=_url(record, "detach", file=one.public_id) if removable else "",
        )
        for one in found
    ]


def attach_url(request: Request, record: Need | ResearchResult) -> str:
    """Where the form sends a file; nothing when this person may not attach one now."""
    return _url(record, "attach") if attachments.may_attach(request.actor, record) else ""


def _url(record: Need | ResearchResult, what: str, **more: str) -> str:
    slugs = {"programme": record.programme.slug, "public_id": record.public_id}
    return reverse(f"{_ROUTES[record.kind]}-{what}", kwargs={**slugs, **more})


@page(policy.ATTACH_TO_NEED, records=queries.need_records, see=policy.READ_NEED, methods=("POST",))
def need_attach(request: Request, record: Need) -> HttpResponse:
    return _attach(request, record, need_url)


@page(policy.ATTACH_TO_RESULT, records=queries.result_records, see=policy.READ_RESULT, methods=("POST",))
def result_attach(request: Request, record: ResearchResult) -> HttpResponse:
    return _attach(request, record, result_url)


@page(policy.ATTACH_TO_NEED, records=queries.need_records, see=policy.READ_NEED, methods=("POST",))
def need_detach(request: Request, record: Need, file: str) -> HttpResponse:
    return _detach(request, record, file, need_url)


@page(policy.ATTACH_TO_RESULT, records=queries.result_records, see=policy.READ_RESULT, methods=("POST",))
def result_detach(request: Request, record: ResearchResult, file: str) -> HttpResponse:
    return _detach(request, record, file, result_url)


def _attach(request: Request, record: Any, url: Callable[[Any], str]) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file first."))
    else:
        try:
            stored = attachments.attach(
                actor=request.actor, record=record, upload=upload, caption=request.POST.get("caption", "")
            )
            messages.success(request, _("“%(name)s” is attached.") % {"name": stored.name})
        except FileRefused as refused:
            messages.error(request, f"{upload.name}: {refused.sentence}")
    return redirect(f"{url(record)}#evidence-title")


def _detach(request: Request, record: Any, file: str, url: Callable[[Any], str]) -> HttpResponse:
    stored = attachments.attached(record).filter(public_id=file).first()
    if stored is None:
        raise Http404
    attachments.detach(actor=request.actor, record=record, stored=stored, reason=request.POST.get("reason", "")[:300])
    messages.success(request, _("“%(name)s” was removed; the timeline keeps its digest.") % {"name": stored.name})
    return redirect(f"{url(record)}#evidence-title")
