"""Small makers of records for tests. Each test says only what it is about."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client

from jiandao.kernel import clock, secrecy
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.programme import Programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import actions as exchange
from jiandao.stages.exchange.models import (
    Booking,
    Capability,
    Challenge,
    ChallengeIndicator,
    ChallengeSource,
    CooperationRecord,
    Introduction,
    Need,
    Offer,
    ResearchResult,
    TargetIndicator,
)
from jiandao.stages.people.models import (
    Certificate,
    Expert,
    ExpertWork,
    FamilyTie,
    IntegrityRecord,
    Membership,
    MergeProposal,
    Organisation,
    Person,
)

_numbers = count(1)
PASSWORD = "correct horse battery"


def next_number() -> int:
    """For names that are made once."""
    return next(_numbers)


def programme(**more: Any) -> Programme:
    number = next(_numbers)
    return Programme.objects.create(
        **{"slug": f"programme-{number}", "name_zh": f"攻关工程{number}", "name_en": f"Programme {number}"} | more
    )


def organisation(name: str = "", **more: Any) -> Organisation:
    made = Organisation.objects.create(
        **{
            "name": name or f"示范单位{next(_numbers)}",
            "organisation_kind": "enterprise",
            "state": "verified",
            "verified_at": clock.now(),
        }
        | more
    )
    made.refresh_from_db()
    return made


_hashed = cache(make_password)  # argon2 is slow on purpose: once a password and process


def account(name: str = "", password: str | None = None) -> Account:
    """Without a password nobody can sign in by the form."""
    made = Account(username=name or f"account{next(_numbers)}")
    if password is None:
        made.set_unusable_password()
    else:
        made.password = _hashed(password)
    made.save()
    return made


def person(name: str, of: Account | None = None) -> Person:
    return Person.objects.create(name=name, account=of)


def grant(to: Account, role: Role, scope: Any = None) -> None:
    """`scope`: a programme, an organisation, or none for the whole site."""
    kind = {Programme: Scope.PROGRAMME, Organisation: Scope.ORGANISATION}.get(type(scope), Scope.SITE)
    granting.grant(account=to, role=role, scope=kind, scope_id=scope.pk if scope is not None else None, by=None)


def actor(*grants: tuple[Role, Any], name: str = "") -> Actor:
    """Somebody with these roles, who asks for the need-to-know lists when they count: a test admits people later."""
    one = account(name)
    for role, scope in grants:
        grant(one, role, scope)
    return replace(load_actor(one), known=None)


def english_client(by: Actor | None = None) -> Client:
    """A browser whose reader chose English, signed in when somebody is named."""
    client = Client()
    client.cookies["jd_language"] = "en"
    if by is not None:
        client.force_login(by.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def reloaded(one: Actor) -> Actor:
    """The same person at this moment (an actor carries the moment at which it was made)."""
    return load_actor(one.account)


def term(vocabulary: str, code: str = "x") -> Term:
    found = Term.objects.filter(vocabulary=vocabulary).order_by("position").first()
    if found is not None:
        return found
    return Term.objects.create(
        vocabulary=vocabulary,
        edition="test",
        code=code,
        label_zh=code,
        label_en=code,
        valid_from=date(2020, 1, 1),
        source="test",
    )


def need(
    inside: Programme, of: Organisation, *, state: str = "draft", knowers: Any = (), complete: bool = False, **more: Any
) -> Need:
    """A need as a row, in any state; `complete` fills all that a submission asks for."""
    values: dict[str, Any] = {"title": f"碳化硅外延缺陷控制{next(_numbers)}"}
    if complete or state not in {"draft"}:
        values |= {
            "problem": "8英寸碳化硅外延片缺陷密度为3个/cm²,需要降到1个/cm²以下,已试过两种衬底清洗方法仍不稳定。",
            "conditions": "有外延设备和检测手段。",
            "intellectual_property": "shared",
            "activity_type": "applied-research",
            "direction": term("direction"),
            "field": term("field"),
            "industry": term("industry"),
            "budget_fen": 300_000_000,
            "deadline": clock.today() + timedelta(days=60),
            "needed_by": clock.today() + timedelta(days=400),
        }
    if state in {"published", "withdrawn"}:
        values["published_at"] = clock.now()
    if state == "expired":
        state, values["published_at"] = "published", clock.now()
        values["deadline"] = clock.today() - timedelta(days=1)
    made = Need.objects.with_scopes_disabled().create(programme=inside, organisation=of, state=state, **values | more)
    if complete or state != "draft":
        TargetIndicator.objects.with_scopes_disabled().create(
            programme=inside, need=made, name="缺陷密度", comparator="le", threshold=1, unit="个/cm²", test_method="KLA"
        )
    if made.is_need_to_know:
        secrecy.admit(kind=made.kind, record_id=made.pk, accounts=list(knowers), by=None)
    return made


def result(
    inside: Programme, of: Organisation, *, state: str = "published", knowers: Any = (), **more: Any
) -> ResearchResult:
    values: dict[str, Any] = {
        "title": f"低缺陷碳化硅外延生长技术{next(_numbers)}",
        "text": "通过氯基外延和原位刻蚀,把8英寸碳化硅外延片的缺陷密度降到0.5个/cm²。",
    }
    if state in {"published", "withdrawn"}:
        values["published_at"] = clock.now()
    made = ResearchResult.objects.with_scopes_disabled().create(
        programme=inside, organisation=of, state=state, **values | more
    )
    if made.is_need_to_know:
        secrecy.admit(kind=made.kind, record_id=made.pk, accounts=list(knowers), by=None)
    return made


def tie(member: Organisation, head: Organisation, **more: Any) -> FamilyTie:
    values = {"tie_kind": "subsidiary", "since": date(2020, 1, 1), "source": "公司年报"} | more
    return FamilyTie.objects.create(member=member, head=head, **values)


def proposal(one: Organisation, other: Organisation, **more: Any) -> MergeProposal:
    first, second = sorted((one, other), key=lambda organisation: organisation.pk)
    return MergeProposal.objects.create(first=first, second=second, **{"note": "同一单位的两个写法"} | more)


def certificate(of: Organisation, *, state: str = "entered", **more: Any) -> Certificate:
    """A certificate in any state; "ended" is one whose last day was yesterday."""
    values: dict[str, Any] = {"title": f"高新技术企业证书{next(_numbers)}", "certificate_kind": "high-tech"}
    if state == "ended":
        state, values["valid_until"] = "entered", clock.today() - timedelta(days=1)
    if state == "checked":
        values["checked_at"] = clock.now()
    return Certificate.objects.create(organisation=of, state=state, **values | more)


def assess(need: Need, by: Actor, **more: Any) -> None:
    """The department's answer: the technology does not exist."""
    values = {"verdict": "nowhere", "where": "", "trl": None, "note": "国内外均无达到该指标的产品。"} | more
    exchange.assess(
        actor=load_actor(by.account), need=Need.everywhere().get(pk=need.pk), expected_version=None, values=values
    )


def triaged(need: Need, officer: Actor) -> Need:
    """A submitted need, through the form check and the technology check to its publication."""
    need = perform(actor=load_actor(officer.account), record=need, verb="pass")
    assess(need, officer)
    return perform(actor=load_actor(officer.account), record=need, verb="publish")


def challenge(inside: Programme, issuer: Organisation, *, state: str = "published", **more: Any) -> Challenge:
    """A challenge with an indicator and the need behind it."""
    values: dict[str, Any] = {
        "title": f"碳化硅外延缺陷控制榜题{next(_numbers)}",
        "text": "8英寸碳化硅外延片缺陷密度为3个/cm²,需要降到1个/cm²以下。",
        "deadline": clock.today() + timedelta(days=60),
    }
    if state == "expired":
        state, values["deadline"] = "published", clock.today() - timedelta(days=1)
    if state in {"published", "solved"}:
        values["published_at"] = clock.now()
    made = Challenge.objects.with_scopes_disabled().create(
        programme=inside, issuer=issuer, state=state, **values | more
    )
    ChallengeIndicator.objects.with_scopes_disabled().create(
        programme=inside,
        challenge=made,
        name="缺陷密度",
        comparator="le",
        threshold=1,
        unit="个/cm²",
        test_method="KLA",
    )
    behind = need(
        inside,
        issuer,
        state="published" if state != "draft" else "assessing",
        title="榜题背后的需求",
        problem="见榜题。",
    )
    ChallengeSource.objects.with_scopes_disabled().create(programme=inside, challenge=made, need=behind, how="origin")
    return made


def capability(inside: Programme, of: Organisation, *, state: str = "published", **more: Any) -> Capability:
    """A capability in any state; "stale" is one that nobody has confirmed for a year."""
    values: dict[str, Any] = {
        "title": f"8英寸碳化硅外延中试线{next(_numbers)}",
        "capability_kind": "pilot-line",
        "text": "可承接8英寸碳化硅外延片小批量试制,在线检测缺陷密度,月产200片,提供工艺数据和检测报告。",
        "price_fen": 350_000,
        "price_unit": "day",
    }
    if state in {"published", "stale", "withdrawn"}:
        values |= {"published_at": clock.now(), "confirmed_at": clock.now()}
    if state == "stale":
        state, values["confirmed_at"] = "published", clock.now() - timedelta(days=400)
    return Capability.objects.with_scopes_disabled().create(
        programme=inside, organisation=of, state=state, **values | more
    )


def booking(of: Capability, by: Organisation, *, state: str = "asked", **more: Any) -> Booking:
    values = {
        "purpose": "试制20片外延片",
        "first_day": clock.today() + timedelta(days=7),
        "last_day": clock.today() + timedelta(days=8),
    }
    return Booking.objects.with_scopes_disabled().create(
        programme=of.programme, capability=of, organisation=by, state=state, **values | more
    )


def introduction(
    inside: Programme, asker: Organisation, answerer: Organisation, *, state: str = "proposed", **more: Any
) -> Introduction:
    """An introduction over a published need and result; opened where the state says so."""
    now = clock.now()
    values: dict[str, Any] = {"proposed_by": "asker", "message": "指标接近,建议面谈。", "asker_consented_at": now}
    if state in {"open", "met", "agreed", "closed"}:
        values |= {"answerer_consented_at": now, "opened_at": now}
    if state in {"met", "agreed"}:
        values["met_at"] = now
    if state in {"declined", "closed"}:
        values |= {"closed_at": now, "close_cause": f"{'decline' if state == 'declined' else 'close'}.other"}
    if not {"need", "challenge"} & more.keys():
        values["need"] = need(inside, asker, state="published")
    if not {"result", "capability"} & more.keys():
        values["result"] = result(inside, answerer)
    return Introduction.objects.with_scopes_disabled().create(
        programme=inside, asker=asker, answerer=answerer, state=state, **values | more
    )


def cooperation(
    inside: Programme, asker: Organisation, answerer: Organisation, *, state: str = "running", **more: Any
) -> CooperationRecord:
    """A cooperation that an introduction has led to."""
    values: dict[str, Any] = {
        "entered_by": "asker",
        "title": f"碳化硅外延缺陷控制技术开发合同{next(_numbers)}",
        "cooperation_kind": "development",
        "signed_on": clock.today() - timedelta(days=10),
        "amount_fen": 200_000_000,
    }
    if state != "entered":
        values["confirmed_at"] = clock.now()
    if "introduction" not in more:
        values["introduction"] = introduction(inside, asker, answerer, state="agreed")
    return CooperationRecord.objects.with_scopes_disabled().create(
        programme=inside, asker=asker, answerer=answerer, state=state, **values | more
    )


def offer(of: ResearchResult, to: Organisation, *, state: str = "sent", **more: Any) -> Offer:
    values: dict[str, Any] = {"score": 12.5, "terms": [["碳化硅", 0.6], ["外延", 0.4]]}
    return Offer.objects.with_scopes_disabled().create(
        programme=of.programme, result=of, organisation=to, state=state, **values | more
    )


def expert(at: Organisation, *, state: str = "active", account: Account | None = None, **more: Any) -> Expert:
    """An expert who works there, with two papers; `account`: whose entry it is."""
    who = Person.objects.filter(account=account).first() if account is not None else None
    who = who or Person.objects.create(
        name=f"专家{next(_numbers)}", account=account, phone="027-5555", email="e@example.org"
    )
    Membership.objects.get_or_create(person=who, organisation=at, until=None)
    values = {"consented_at": clock.now()} if state == "active" else {}
    made = Expert.objects.create(person=who, state=state, **values | more)
    for title in ("8英寸碳化硅外延片缺陷的原位控制", "氯基外延生长中的台阶聚集"):
        ExpertWork.objects.create(expert=made, title=title, year=2024, source="材料导报")
    return made


def measure(*, person: Person | None = None, organisation: Organisation | None = None, **more: Any) -> IntegrityRecord:
    """A measure that is in force since yesterday."""
    values = {
        "measure": "no-funding",
        "since": clock.today() - timedelta(days=1),
        "until": clock.today() + timedelta(days=365),
        "source": "科研诚信建设联席会议通报〔2026〕1号",
        "reason": "申报材料造假",
    }
    return IntegrityRecord.objects.create(person=person, organisation=organisation, **values | more)
