"""Building the demonstration programme through the actions that people use; its history lies in the last weeks."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from jiandao.kernel import clock, journal, knowers, secrecy
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.programme import Programme, in_programme
from jiandao.kernel.search.changes import note_changes
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import actions
from jiandao.stages.exchange.knowers import NEED_KNOWERS
from jiandao.stages.exchange.models import Challenge, Need, ResearchResult
from jiandao.stages.people import actions as people
from jiandao.stages.people.models import Organisation
from jiandao.web.demonstration import content, meeting

SLUG = "demo"
PASSWORD = "jiandao-demo"  # noqa: S105 - printed in the manual; works only in demonstration mode on this machine
NEEDS, RESULTS = 60, 400


@dataclass(frozen=True)
class Player:
    """One demonstration account: sign-in name, the person's name, roles held in the own organisation or programme."""

    username: str
    name: str
    roles: tuple[Role, ...]
    organisation: int | None = None  # number of an enterprise, or of an institute when negative (-1 is the first)


PLAYERS = (
    Player("officer", "周明(省厅攻关处)", (Role.PROGRAMME_OFFICER,)),
    Player("officer2", "吴霞(省厅攻关处)", (Role.PROGRAMME_OFFICER,)),
    Player("enterprise", "李强(存储科技)", (Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR), 0),
    Player("colleague", "陈静(存储科技)", (Role.NEED_OWNER,), 0),
    Player("researcher", "王磊(光电大学)", (Role.RESEARCHER,), -1),
    Player("research-office", "赵敏(光电大学科研院)", (Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR), -1),
    Player("technology-manager", "孙浩(技术经理人)", (Role.TECHNOLOGY_MANAGER,)),
    Player("expert", "郑教授", (Role.EXPERT,)),
    Player("finance", "刘燕(资金处)", (Role.FINANCE_OFFICER,)),
    Player("integrity", "何平(监督处)", (Role.INTEGRITY_OFFICER,)),
    Player("department", "黄涛(经信厅)", (Role.DEPARTMENT,)),
    Player("leader", "林厅长", (Role.LEADER,)),
    Player("auditor", "徐审计", (Role.AUDITOR,)),
    Player("system-admin", "系统管理员", (Role.SYSTEM_ADMINISTRATOR,)),
    Player("security-admin", "安全管理员", (Role.SECURITY_ADMINISTRATOR,)),
    Player("audit-admin", "审计管理员", (Role.AUDIT_ADMINISTRATOR,)),
)

# How far each need goes, by its number modulo the length: a funnel with every state in it. The length is odd, so that
# every fourth need (those of the enterprise that visitors sign in as) meets all of them.
JOURNEYS: tuple[tuple[str, ...], ...] = (
    ("submit", "check", "pass", "assess", "publish"),
    ("submit", "pass", "assess", "publish"),
    ("submit", "check", "pass", "assess", "publish"),
    ("submit",),
    ("submit", "pass", "assess", "publish"),
    (),
    ("submit", "check", "return"),
    ("submit", "pass", "assess", "publish"),
    ("submit", "check"),
    ("submit", "check", "pass", "assess", "publish", "expire"),
    ("submit", "pass", "assess", "publish", "withdraw"),
    ("submit", "check", "pass"),
    ("submit", "pass", "assess", "reject"),
    ("submit", "check", "pass", "assess"),
    ("submit", "check", "pass", "merge"),
)
REASONS = {
    "return": "请补充测试条件:在什么温度、什么产线上测得,用哪台仪器。",
    "withdraw": "公司已与外部单位达成合作,不再征集。",
    "merge": "与已发布榜题问的是同一个问题,合并征集。",
    "reject": "省内已有两家单位的成熟产品可以直接采购,无需立项攻关。",
}
CAUSES = {"return": "return.indicators", "reject": "reject.exists"}
NO_CODE = "演示数据:虚构的单位,没有统一社会信用代码。"
CHECKS: tuple[dict[str, str], ...] = (
    {"verdict": "nowhere", "note": "检索近五年论文、专利和行业报告,未见达到全部指标的公开成果;最接近的是实验室样品。"},
    {"verdict": "abroad", "where": "国外两家供应商", "note": "国外已有量产产品,国内仅见中试样品,寿命差距最大。"},
    {"verdict": "partly", "where": "省内一家研究院", "note": "主要指标达到一半,尚未在产线环境下验证。"},
)


def build(report: Callable[[str], None] = lambda sentence: None) -> Programme:
    """The demonstration programme; the one that is there is left as it is."""
    found = Programme.objects.filter(slug=SLUG).first()
    if found is not None:
        return found
    with transaction.atomic():
        programme = Programme.objects.create(
            slug=SLUG,
            name_zh="尖刀技术攻关工程(演示)",
            name_en="Spearhead programme (demonstration)",
            is_demonstration=True,
        )
        start = clock.now() - timedelta(days=75)
        with clock.frozen(start):
            enterprises, institutes = _organisations()
            accounts = _accounts(programme, enterprises, institutes)
            officer = load_actor(accounts["officer"])
            for organisation in (*enterprises, *institutes):
                perform(actor=officer, record=organisation, verb="verify")
        with in_programme(programme):
            report("needs")
            _needs(programme, enterprises, accounts, start)
            report("results")
            _results(programme, institutes)
            meeting.build(programme, institutes[0], enterprises[0], accounts, start)
        Notification.objects.filter(created_at__lt=clock.now() - timedelta(days=14)).update(read_at=clock.now())
    return programme


def _organisations() -> tuple[list[Organisation], list[Organisation]]:
    prefectures = {term.code: term for term in Term.objects.filter(vocabulary="prefecture")}
    enterprises = [
        people.enter_organisation(
            actor=Actor(),
            values={
                "name": name,
                "organisation_kind": "enterprise",
                "prefecture": prefectures.get(code),
                "introduction": NO_CODE,
                "is_demonstration": True,
            },
        )
        for name, code in zip(content.ENTERPRISES, content.PREFECTURES, strict=True)
    ]
    institutes = [
        people.enter_organisation(
            actor=Actor(),
            values={
                "name": name,
                "organisation_kind": kind,
                "prefecture": prefectures.get("4201"),
                "introduction": NO_CODE,
                "is_demonstration": True,
            },
        )
        for name, kind in content.INSTITUTES
    ]
    return enterprises, institutes


def _accounts(
    programme: Programme, enterprises: list[Organisation], institutes: list[Organisation]
) -> dict[str, Account]:
    hashed = make_password(PASSWORD)  # once: hashing is slow on purpose
    accounts = {}
    for player in PLAYERS:
        account = Account.objects.create(username=player.username, password=hashed, is_demonstration=True)
        person = people.create_person(actor=Actor(), values={"name": player.name}, account=account)
        at = player.organisation
        home = None if at is None else enterprises[at] if at >= 0 else institutes[-at - 1]
        if home is not None:
            people.join(actor=Actor(), person=person, organisation=home)
        for role in player.roles:
            if home is not None:
                scope, scope_id = Scope.ORGANISATION, home.pk
            elif role in {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}:
                scope, scope_id = Scope.SITE, None
            else:
                scope, scope_id = Scope.PROGRAMME, programme.pk
            granting.grant(account=account, role=role, scope=scope, scope_id=scope_id, by=None)
        accounts[player.username] = account
    # Every other enterprise has a writer too, so that its needs are not orphans; nobody signs in as one.
    for number, enterprise in enumerate(enterprises[1:], start=1):
        writer = Account(username=f"writer-{number}", is_demonstration=True)
        writer.set_unusable_password()
        writer.save()
        people.create_person(actor=Actor(), values={"name": f"联系人{number}"}, account=writer)
        granting.grant(account=writer, role=Role.NEED_OWNER, scope=Scope.ORGANISATION, scope_id=enterprise.pk, by=None)
        accounts[f"writer-{number}"] = writer
    return accounts


def _terms() -> Callable[[str, str], Term | None]:
    found = {(term.vocabulary, term.code): term for term in Term.objects.all()}
    return lambda vocabulary, code: found.get((vocabulary, code))


def _needs(
    programme: Programme, enterprises: list[Organisation], accounts: dict[str, Account], start: datetime
) -> None:
    chance = random.Random(content.SEED + 2)  # noqa: S311 - a demonstration, not a draw
    term = _terms()
    directions = ["industry", "industry", "national", "future"]
    for number, (enterprise, values, indicators) in enumerate(content.needs(NEEDS)):
        journey = JOURNEYS[number % len(JOURNEYS)]
        writer = accounts["enterprise" if enterprise == 0 else f"writer-{enterprise}"]
        written = start + timedelta(days=chance.uniform(1, 55))
        deadline = clock.local(written).date() + timedelta(
            days=10 if "expire" in journey else chance.randrange(90, 200)
        )
        secret = {17: secrecy.Level.TRADE_SECRET, 24: secrecy.Level.WORK_SECRET}.get(number)
        values |= {
            "organisation": enterprises[enterprise],
            "intellectual_property": chance.choice(("asker", "shared", "agreed")),
            "activity_type": "applied-research",
            "solution_mode": chance.choice(("commissioned", "joint")),
            "direction": term("direction", directions[number % 4]),
            "field": term("field", content.field_code(number)),
            "industry": term("industry", "C"),
            "deadline": deadline,
            "needed_by": deadline + timedelta(days=chance.randrange(180, 540)),
        }
        if secret:
            values |= {"secrecy": secret, "secret_until": deadline + timedelta(days=730)}
        officer = accounts["officer" if number % 3 else "officer2"]
        with clock.frozen(written):
            need = actions.create_need(
                actor=load_actor(writer), programme=programme, values=values, indicators=indicators
            )
            if secret:
                knowers.admit(actor=load_actor(writer), record=need, rules=NEED_KNOWERS, accounts=[officer])
        _travel(need, journey, writer, officer, written, chance)


def _travel(
    need: Need, journey: tuple[str, ...], writer: Account, officer: Account, written: datetime, chance: random.Random
) -> None:
    at = written
    for verb in journey:
        at += timedelta(hours=chance.uniform(3, 60))
        if verb == "expire":
            continue
        by = writer if verb in {"submit", "withdraw"} else officer
        with clock.frozen(at):
            if verb == "assess":
                values = chance.choice(CHECKS)
                actions.assess(actor=load_actor(by), need=need, expected_version=need.version, values=dict(values))
                need.refresh_from_db()
            else:
                need = perform(
                    actor=load_actor(by),
                    record=need,
                    verb=verb,
                    reason=REASONS.get(verb, ""),
                    cause=CAUSES.get(verb, ""),
                    facts=_asked_before(need) if verb == "merge" else None,
                )


def _asked_before(need: Need) -> dict[str, str]:
    """The challenge of the same field that a merged need joins; of another field where there is none yet."""
    out = Challenge.objects.filter(state="published").order_by("-published_at")
    found = out.filter(field=need.field).first() or out.first()
    return {"challenge": found.public_id if found else ""}


def _results(programme: Programme, institutes: list[Organisation]) -> None:
    term = _terms()
    rows = []
    for number, (institute, values) in enumerate(content.results(RESULTS)):
        state = "draft" if number % 33 == 7 else "withdrawn" if number % 50 == 11 else "published"
        level, evidence = values.pop("level"), values.pop("evidence")
        maturity = term("trl", str(level))
        result = ResearchResult(
            programme=programme,
            organisation=institutes[institute],
            state=state,
            published_at=clock.now() if state == "published" else None,
            field=term("field", content.field_code(number)),
            trl=maturity,
            trl_evidence=evidence if maturity else "",
            source="demonstration",
            source_id=str(number),
            **values,
        )
        result.refresh_search()
        rows.append(result)
    made = ResearchResult.objects.bulk_create(rows, batch_size=200)
    note_changes(ResearchResult.kind, [result.pk for result in made])
    journal.record(
        actor=Actor(), verb="import", record=_Batch(programme), facts={"results": len(made), "source": "demonstration"}
    )


class _Batch:
    """The demonstration as a record of the journal: one entry for all its results."""

    kind = "web.demonstration"

    def __init__(self, programme: Programme) -> None:
        self.pk = programme.pk
        self.programme_id = programme.pk


def player_lines() -> list[tuple[str, Any]]:
    """(sign-in name, roles in words) of every demonstration account."""
    return [(player.username, ", ".join(str(role.label) for role in player.roles)) for player in PLAYERS]
