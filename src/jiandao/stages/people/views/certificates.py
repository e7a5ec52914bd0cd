"""Certificates: their list, page and editor."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.components import Due, Fact, Link, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import attachments
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.attachments import doors
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.people import actions, holders, lifecycle, policy, queries, states
from jiandao.stages.people.filters import CertificateFilter
from jiandao.stages.people.forms import CertificateForm
from jiandao.stages.people.models import Certificate
from jiandao.stages.people.views.organisations import organisation_url

attach, detach = doors(holders.CERTIFICATE, programme=False)


def certificate_url(certificate: Certificate) -> str:
    return reverse("people:certificate", kwargs={"public_id": certificate.public_id})


def _due(certificate: Certificate) -> Due | None:
    until = certificate.valid_until
    if until is None:
        return None
    # The end of one that does not count any more is a fact, not a warning.
    return Due.of(until, clock.today()) if certificate.state in {states.ENTERED, states.CHECKED} else Due(until, 999)


CERTIFICATES = ListOf(
    title=gettext_lazy("Certificates"),
    name="certificates",
    columns=(
        ListColumn(gettext_lazy("title"), lambda c: c.title, primary=True, sort="title", order_by=("title",)),
        ListColumn(
            gettext_lazy("organisation"),
            lambda c: c.organisation.name,
            sort="organisation",
            order_by=("organisation__sort_key",),
        ),
        ListColumn(
            gettext_lazy("kind"),
            lambda c: c.get_certificate_kind_display(),
            sort="kind",
            order_by=("certificate_kind",),
        ),
        ListColumn(gettext_lazy("number"), lambda c: c.number),
        ListColumn(gettext_lazy("issued on"), lambda c: c.issued_on, "day", sort="issued", order_by=("issued_on",)),
        ListColumn(
            gettext_lazy("valid until"),
            _due,
            "due",
            sort="until",
            order_by=("valid_until",),
            exported=lambda c: c.valid_until,
        ),
        ListColumn(gettext_lazy("state"), lambda c: pages.state_badge(lifecycle.CERTIFICATE, c.state_now), "badge"),
        ListColumn(gettext_lazy("id"), lambda c: c.public_id, only_exported=True),
    ),
    filters=CertificateFilter,
    default_order="until",
    url=certificate_url,
    empty=gettext_lazy("No certificate is here that you may see."),
    muted=lambda c: c.state_now in {states.ENDED, states.WITHDRAWN},
    route="people:certificates",
    in_programme=False,
)


@page(policy.SEE_CERTIFICATES, programme=False)
def certificates(request: Request) -> HttpResponse:
    may_write = bool(policy.CREATE_CERTIFICATE.decide(request.actor, None))
    listing = CERTIFICATES.listing(
        request,
        queries.certificates(request.actor),
        exports=export_links(lambda form: reverse("people:certificate-export", kwargs={"form": form})),
        create=Link(_("Enter a certificate"), reverse("people:certificate-new")) if may_write else None,
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_CERTIFICATES, programme=False)
@quota("export")
def certificate_export(request: Request, form: str) -> HttpResponse:
    return CERTIFICATES.export(request, queries.certificates(request.actor), form)


@page(policy.READ_CERTIFICATE, records=queries.certificate_records, programme=False)
def certificate(request: Request, record: Certificate) -> HttpResponse:
    links = []
    if policy.EDIT_CERTIFICATE.decide(request.actor, record):
        links.append(Link(_("Edit"), _url("certificate-edit", record), "pencil"))
    shown = RecordPage(
        title=record.title,
        kind=_("Certificate"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.CERTIFICATE, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("organisation"), Link(record.organisation.name, organisation_url(record.organisation)), "object"),
            Fact(_("kind"), record.get_certificate_kind_display()),
            Fact(_("number"), record.number),
            Fact(_("issued by"), record.issuer),
            Fact(_("issued on"), record.issued_on, "day"),
            Fact(_("valid until"), _due(record) or _("without end"), "object"),
        ],
        evidence=attachments.evidence(request, record),
        attach_url=attachments.attach_url(request, record),
        actions=pages.next_actions(request.actor, record, lambda verb: _url("certificate-do", record, verb=verb)),
        timeline=whole_timeline(record),
        crumbs=[Link(_("Certificates"), reverse("people:certificates"))],
        links=links,
    )
    return render(request, "record.html", {"record": shown})


@page(policy.READ_CERTIFICATE, records=queries.certificate_records, programme=False, methods=("POST",))
def certificate_do(request: Request, record: Certificate, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, certificate_url)


class CertificateEditor(Editor[Certificate]):
    name = "people.certificate"

    def titles(self) -> tuple[str, str]:
        return _("New certificate"), _("Edit certificate")

    def sections(self) -> Sequence[Section]:
        return [
            Section(_("The certificate"), ("organisation", "certificate_kind", "title", "number", "issuer")),
            Section(_("Its days"), ("issued_on", "valid_until")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        return [Link(_("Certificates"), reverse("people:certificates"))]

    def urls(self, request: Request, record: Certificate | None) -> tuple[str, str, str]:
        if record is None:
            new = reverse("people:certificate-new")
            return new, reverse("people:certificate-new-autosave"), reverse("people:certificates")
        return _url("certificate-edit", record), _url("certificate-autosave", record), certificate_url(record)

    def url_of(self, record: Certificate) -> str:
        return certificate_url(record)

    def fresh(self, record: Certificate) -> Certificate:
        return queries.certificate_records().get(pk=record.pk)

    def form(self, request: Request, record: Certificate | None, **more: Any) -> CertificateForm:
        if record is None:
            mine = queries.organisations_of(request.actor, policy.UNIT).first()
            more["initial"] = {"organisation": mine} | more.get("initial", {})
        return CertificateForm(actor=request.actor, instance=record or Certificate(), **more)

    def save(
        self, request: Request, record: Certificate | None, version: int, form: CertificateForm, rows: Rows
    ) -> Certificate:
        values = dict(form.cleaned_data)
        if record is None:
            return actions.create_certificate(actor=request.actor, values=values)
        return actions.edit_certificate(
            actor=request.actor, certificate=record, expected_version=version, values=values
        )


editor = CertificateEditor()


@page(policy.CREATE_CERTIFICATE, programme=False, methods=("GET", "POST"))
def certificate_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_CERTIFICATE,
    see=policy.READ_CERTIFICATE,
    records=queries.certificate_records,
    programme=False,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def certificate_edit(request: Request, record: Certificate) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_CERTIFICATE, programme=False, methods=("POST",))
@quota("autosave")
def certificate_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(
    policy.EDIT_CERTIFICATE,
    see=policy.READ_CERTIFICATE,
    records=queries.certificate_records,
    programme=False,
    methods=("POST",),
)
@quota("autosave")
def certificate_autosave(request: Request, record: Certificate) -> JsonResponse:
    return editor.autosave(request, record)


def _url(name: str, record: Certificate, **more: str) -> str:
    return reverse(f"people:{name}", kwargs={"public_id": record.public_id, **more})
