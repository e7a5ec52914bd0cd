"""Attaching files to records and taking them away again: one pair of routes for each kind that holds files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Evidence
from jiandao.kernel.files import FileRefused, holding
from jiandao.kernel.files.holding import Holder
from jiandao.kernel.pages.gate import Request, View, page


def evidence(request: Request, record: Any) -> list[Evidence]:
    """The files of a record as its page shows them."""
    holder = holding.holder_of(record.kind)
    found = list(holding.readable(request.actor, record))
    told = bool(holder.history.decide(request.actor, record))  # who attached it is nothing for the public
    names = names_of({one.created_by_id for one in found}) if found and told else {}
    removable = bool(found) and holding.may_attach(request.actor, record)
    return [
        Evidence(
            title=one.name,
            url=reverse("file", kwargs={"public_id": one.public_id}),
            bytes=one.size,
            digest=one.digest,
            who=names.get(one.created_by_id, "") if one.created_by_id else "",
            at=one.created_at,
            note=one.caption,
            remove_url=(
                _url(holder, record, "-detach", file=one.public_id)
                if removable and holding.may_detach(request.actor, record, one)
                else ""
            ),
        )
        for one in found
    ]


def attach_url(request: Request, record: Any) -> str:
    """Where the form sends a file; nothing when this person may not attach one now."""
    if not holding.may_attach(request.actor, record):
        return ""
    return _url(holding.holder_of(record.kind), record, "-attach")


def doors(holder: Holder, *, programme: bool = True) -> tuple[View, View]:
    """The views that attach and detach; `programme`: their addresses have the slug of one."""

    @page(holder.attach, records=holder.records, see=holder.read, programme=programme, methods=("POST",))
    def attach(request: Request, record: Any) -> HttpResponse:
        upload = request.FILES.get("file")
        if upload is None:
            messages.error(request, _("Choose a file first."))
        else:
            try:
                caption = request.POST.get("caption", "")
                stored = holding.attach(actor=request.actor, record=record, upload=upload, caption=caption)
                messages.success(request, _("“%(name)s” is attached.") % {"name": stored.name})
            except FileRefused as refused:
                messages.error(request, f"{upload.name}: {refused.sentence}")
        return redirect(f"{_url(holder, record)}#evidence-title")

    @page(holder.attach, records=holder.records, see=holder.read, programme=programme, methods=("POST",))
    def detach(request: Request, record: Any, file: str) -> HttpResponse:
        stored = holding.readable(request.actor, record).filter(public_id=file).first()
        if stored is None:
            raise Http404
        holding.detach(actor=request.actor, record=record, stored=stored, reason=request.POST.get("reason", "")[:300])
        gone = _("“%(name)s” was removed; the timeline keeps its digest.")
        messages.success(request, gone % {"name": stored.name})
        return redirect(f"{_url(holder, record)}#evidence-title")

    return attach, detach


def _url(holder: Holder, record: Any, what: str = "", **more: str) -> str:
    kwargs = {"public_id": record.public_id, **more}
    if getattr(record, "programme_id", None) is not None:
        kwargs["programme"] = record.programme.slug
    return reverse(f"{holder.route}{what}", kwargs=kwargs)
