"""Certificates of organisations, and measures for breaches of integrity, through the API."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import STRICT, Deed, Text, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.files import file_routes
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut, state_out, verbs_out
from jiandao.kernel.api.writing import checked, do, write
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.stages.people import actions, holders, policy, queries
from jiandao.stages.people.api import router
from jiandao.stages.people.family_api import EntryOfDirectory
from jiandao.stages.people.forms import CertificateForm, MeasureForm
from jiandao.stages.people.models import Certificate, IntegrityRecord
from jiandao.stages.people.views.certificates import CERTIFICATES, editor
from jiandao.stages.people.views.integrity import MEASURES

NewCertificate = body_of("NewCertificate", CertificateForm)
ChangedCertificate = body_of("ChangedCertificate", CertificateForm, version=True)
NewMeasure = body_of("NewMeasure", MeasureForm)


class VoidMeasure(BaseModel):
    """Why a measure was wrong."""

    model_config = STRICT
    reason: Text = Field(min_length=1, max_length=500)


class CertificateRow(TypedDict):
    """A certificate as the list shows it."""

    id: str
    version: int
    organisation: EntryOfDirectory
    certificate_kind: str
    title: str
    number: str
    issuer: str
    issued_on: date | None
    valid_until: date | None
    state: StateOut


class CertificatePage(PageOut):
    """One page of certificates."""

    items: list[CertificateRow]


class CertificateOut(CertificateRow):
    """A certificate, and what the caller may do with it."""

    may_edit: bool
    verbs: list[VerbOut]


class MeasureRow(TypedDict):
    """A measure against a person or an organisation, with its term and source."""

    id: str
    person: str | None
    organisation: EntryOfDirectory | None
    measure: str
    since: date
    until: date | None
    source: str
    reason: str
    void: bool
    voided_because: str


class MeasurePage(PageOut):
    """One page of measures."""

    items: list[MeasureRow]


@endpoint(
    router, "GET", "/certificates", policy.SEE_CERTIFICATES, programme=False, name="certificates",
    answer=CertificatePage, parameters=list_parameters(CERTIFICATES),
)  # fmt: skip
def certificates(request: Request) -> Any:
    """The certificates that the caller may see."""
    return listed(request, CERTIFICATES, queries.certificates(request.actor), certificate_row)


@endpoint(
    router, "POST", "/certificates", policy.CREATE_CERTIFICATE, programme=False, name="certificate-create",
    answer=CertificateOut, status=201,
)  # fmt: skip
def certificate_create(request: Request, body: NewCertificate) -> CertificateOut:  # type: ignore[valid-type]
    """Enter a certificate once; while it is in force the other side of an opened introduction sees it too."""
    return _again(request, write(request, editor, None, body))


@endpoint(
    router, "GET", "/certificates/{public_id}", policy.READ_CERTIFICATE, records=queries.certificate_records,
    programme=False, name="certificate", answer=CertificateOut,
)  # fmt: skip
def certificate(request: Request, record: Certificate) -> CertificateOut:
    """A certificate."""
    return certificate_out(request, record)


file_routes(router, holders.CERTIFICATE, "/certificates/{public_id}", "certificate", programme=False)


@endpoint(
    router, "PATCH", "/certificates/{public_id}", policy.EDIT_CERTIFICATE, see=policy.READ_CERTIFICATE,
    records=queries.certificate_records, programme=False, name="certificate-change", answer=CertificateOut,
)  # fmt: skip
def certificate_change(request: Request, record: Certificate, body: ChangedCertificate) -> CertificateOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return _again(request, write(request, editor, record, body))


@endpoint(
    router, "POST", "/certificates/{public_id}/do/{verb}", policy.READ_CERTIFICATE,
    records=queries.certificate_records, programme=False, name="certificate-do", answer=CertificateOut,
)  # fmt: skip
def certificate_do(request: Request, record: Certificate, verb: str, body: Deed) -> CertificateOut:
    """Do a verb of the lifecycle: check, refuse, withdraw."""
    return _again(request, do(request, record, verb, body))


@endpoint(
    router, "GET", "/measures", policy.SEE_INTEGRITY, programme=False, name="measures", answer=MeasurePage,
    parameters=list_parameters(MEASURES),
)  # fmt: skip
def measures(request: Request) -> Any:
    """The measures for breaches of integrity, void ones too."""
    return listed(request, MEASURES, queries.measures(), measure_row)


@endpoint(
    router, "POST", "/measures", policy.KEEP_INTEGRITY, programme=False, name="measure-create", answer=MeasureRow,
    status=201,
)  # fmt: skip
def measure_create(request: Request, body: NewMeasure) -> MeasureRow:  # type: ignore[valid-type]
    """Enter a measure: against whom, how long, who decided it in which document."""
    form = checked(body, MeasureForm)
    return measure_row(actions.enter_measure(actor=request.actor, values=dict(form.cleaned_data)))


@endpoint(
    router, "POST", "/measures/{public_id}/void", policy.KEEP_INTEGRITY, see=policy.SEE_INTEGRITY,
    records=queries.measures, programme=False, name="measure-void", answer=MeasureRow,
)  # fmt: skip
def measure_void(request: Request, record: IntegrityRecord, body: VoidMeasure) -> MeasureRow:
    """Declare a measure void that was wrong; it stays, with the reason."""
    return measure_row(actions.void_measure(actor=request.actor, measure=record, reason=body.reason))


def certificate_row(one: Any) -> CertificateRow:
    """A certificate of `queries.certificates`, as the list shows it."""
    return CertificateRow(
        id=one.public_id,
        version=one.version,
        organisation=EntryOfDirectory(id=one.organisation.public_id, name=one.organisation.name),
        certificate_kind=one.certificate_kind,
        title=one.title,
        number=one.number,
        issuer=one.issuer,
        issued_on=one.issued_on,
        valid_until=one.valid_until,
        state=state_out(Certificate.kind, one.state_now),
    )


def certificate_out(request: Request, record: Certificate) -> CertificateOut:
    """A certificate, and what this caller may do with it."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return CertificateOut(
        **certificate_row(record),
        may_edit=bool(policy.EDIT_CERTIFICATE.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


def measure_row(one: Any) -> MeasureRow:
    """A measure of `queries.measures`, as the list shows it."""
    unit = one.organisation
    return MeasureRow(
        id=one.public_id,
        person=one.person.name if one.person is not None else None,
        organisation=EntryOfDirectory(id=unit.public_id, name=unit.name) if unit is not None else None,
        measure=one.measure,
        since=one.since,
        until=one.until,
        source=one.source,
        reason=one.reason,
        void=one.voided_at is not None,
        voided_because=one.voided_because,
    )


def _again(request: Request, saved: Certificate) -> CertificateOut:
    return certificate_out(request, queries.certificate_records().get(pk=saved.pk))


__all__ = ["certificate_row", "measure_row", "router"]
