"""Organisations with their further names, families, certificates and clusters; some of them twice, as in life."""

from datetime import timedelta
from typing import Any

from jiandao.kernel.database.copying import copy_records
from jiandao.kernel.search.analysis import pinyin_key
from jiandao.stages.people.models import Certificate, FamilyTie, Organisation, OrganisationName
from jiandao.web.demonstration.composing import organisations
from jiandao.web.demonstration.composing.blocks import fields
from jiandao.web.demonstration.composing.organisations import OrganisationText
from jiandao.web.demonstration.loading.frame import LOT, SOURCE, Frame, Step, Unit, lots

FICTIONAL = "演示数据：虚构的单位。"


def load_organisations(frame: Frame) -> None:
    """Fills `frame.units`, in the order of the plan."""
    total = frame.plan.organisations
    ties: list[tuple[int, OrganisationText]] = []
    for lot in lots(organisations(frame.plan), LOT):
        written = [_organisation(frame, text) for text in lot]
        copy_records(Organisation, written)
        for text, made in zip(lot, written, strict=True):
            frame.units.append(Unit(made.pk, made.prefecture_id, made.state == "verified"))
            if text.tie is not None:
                ties.append((made.pk, text))
        _belongings(frame, lot, written)
        frame.journal_steps((made, _history(made)) for made in written)
        frame.wrote("organisations", len(frame.units), total)
    for some in lots(ties):
        _tie(frame, some)


def _organisation(frame: Frame, text: OrganisationText) -> Organisation:
    field = fields()[text.field].name if text.field is not None else ""
    doubled = text.same_as is not None
    state = "entered" if doubled or text.index % 23 == 10 else "doubted" if text.index % 97 == 60 else "verified"
    begun = frame.moment(0)
    return Organisation(
        name=text.name,
        organisation_kind=text.kind,
        credit_code=text.credit_code or None,
        prefecture_id=frame.term_id("prefecture", text.prefecture),
        introduction=f"{FICTIONAL}主营{field}。" if field else FICTIONAL,
        state=state,
        verified_at=begun + timedelta(hours=2) if state == "verified" else None,
        is_demonstration=True,
        sort_key=pinyin_key(text.name),
        created_at=begun,
        changed_at=begun + timedelta(hours=2),
    )


def _history(made: Organisation) -> list[Step]:
    entered = Step(0, 0, "import", "", {}, {"state": "entered"})
    if made.state == "entered":
        return [entered]
    verb = "verify" if made.state == "verified" else "doubt"
    reason = "同一地址登记了多家单位，请提供营业执照。" if verb == "doubt" else ""
    done = Step(0, 2, verb, "officer", {"state": "entered"}, {"state": made.state}, reason=reason)
    return [entered, done]


def _belongings(frame: Frame, texts: list[OrganisationText], written: list[Organisation]) -> None:
    names, certificates, clusters = [], [], []
    through = Organisation.clusters.through
    for text, made in zip(texts, written, strict=True):
        names += [OrganisationName(organisation=made, name=one.name, name_kind=one.name_kind) for one in text.names]
        certificates += [_certificate(frame, made, one) for one in text.certificates]
        codes = (frame.term_id("cluster", code) for code in text.clusters)
        clusters += [through(organisation_id=made.pk, term_id=term) for term in codes if term is not None]
    copy_records(OrganisationName, names)
    copy_records(Certificate, certificates)
    copy_records(through, clusters)


def _certificate(frame: Frame, made: Organisation, text: Any) -> Certificate:
    checked = made.pk % 7 != 0
    return Certificate(
        organisation=made,
        certificate_kind=text.certificate_kind,
        title=text.name,
        number=text.number,
        issuer="湖北省（演示）",
        issued_on=text.issued,
        valid_until=text.expires,
        state="checked" if checked else "entered",
        checked_at=frame.moment(1) if checked else None,
        reminded=0,  # an old certificate of a fictional firm asks nobody for a new one
        created_at=frame.moment(0),
        changed_at=frame.moment(1),
    )


def _tie(frame: Frame, some: list[tuple[int, OrganisationText]]) -> None:
    rows = []
    for member, text in some:
        assert text.tie is not None
        rows.append(
            FamilyTie(
                member_id=member,
                head_id=frame.units[text.tie.parent].pk,
                tie_kind=text.tie.tie_kind,
                since=text.tie.since,
                source=SOURCE,
                created_at=frame.moment(0),
                changed_at=frame.moment(0),
            )
        )
    copy_records(FamilyTie, rows)
