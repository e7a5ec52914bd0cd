"""What needs and results of the demonstration come to: capabilities, experts, introductions in every state, a wish."""

from datetime import datetime, timedelta
from typing import Any

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.programme import Programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.capabilities import actions as capabilities
from jiandao.stages.exchange.introductions import actions as introductions
from jiandao.stages.exchange.models import Capability, Introduction, Need, ResearchResult
from jiandao.stages.exchange.offers import actions as offers
from jiandao.stages.people import actions as people
from jiandao.stages.people.models import Organisation, Person

CAPABILITIES: tuple[dict[str, Any], ...] = (
    {
        "title": "12英寸三维存储刻蚀中试线", "capability_kind": "pilot-line", "level_from": 4, "level_to": 6,
        "text": "可做高深宽比刻蚀、原子层沉积和键合的小批量试制，月产50片，提供在线量测和剖面分析。", "price_fen": 8_000_000,
        "price_unit": "batch", "opening_hours": "周一至周六 8:00–20:00",
    },
    {
        "title": "场发射透射电镜", "capability_kind": "instrument", "level_from": None, "level_to": None,
        "text": "点分辨率0.19纳米，可做界面、位错和元素分布分析，含制样和数据判读。", "price_fen": 60_000,
        "price_unit": "hour", "opening_hours": "周一至周五 9:00–17:00",
    },
    {
        "title": "高功率激光加工联合实验室", "capability_kind": "laboratory", "level_from": 3, "level_to": 6,
        "text": "备有6千瓦和12千瓦光纤激光器、三轴与五轴工作台，可做焊接、切割和熔覆工艺开发与评价。", "price_fen": 300_000,
        "price_unit": "day", "opening_hours": "工作日 9:00–18:00",
    },
    {
        "title": "可靠性与失效分析团队", "capability_kind": "team", "level_from": 3, "level_to": 7,
        "text": "十二人团队，做器件加速寿命试验、失效定位和根因分析，近三年完成四十余家企业委托。", "price_fen": None,
        "price_unit": "", "opening_hours": "",
    },
)  # fmt: skip
PURPOSES = ("两批12英寸样片的高深宽比刻蚀，需剖面照片和选择比数据。", "刻蚀后侧壁界面的成分分析，样品为六片切片。")
EXPERTS = (
    ("郑教授", "教授", "存储器件可靠性", ("三维闪存电荷保持特性研究", "高深宽比刻蚀的侧壁钝化机理")),
    ("陈思远", "研究员", "光纤激光器与非线性效应", ("万瓦级光纤激光器模式不稳定抑制", "掺镱光纤光暗化测试方法")),
    ("李文静", "教授级高工", "特殊钢冶炼与检测", ("轴承钢大颗粒夹杂物控制", "超纯净钢的超声检测")),
)
# How far each introduction goes.
STEPS = (
    ("propose",), ("propose", "consent"), ("propose", "consent", "meet"), ("propose", "consent", "meet", "agree", "confirm"),
    ("propose", "decline"),
)  # fmt: skip


def build(
    programme: Programme,
    institute: Organisation,
    enterprise: Organisation,
    accounts: dict[str, Account],
    start: datetime,
) -> None:
    """Through the same actions as people, at moments of the last weeks."""
    office, owner = accounts["research-office"], accounts["enterprise"]
    with clock.frozen(start + timedelta(days=2)):
        lent = _capabilities(programme, institute, load_actor(office))
        _experts(institute, load_actor(office), accounts["expert"])
        _wish(programme, enterprise, load_actor(owner))
    _bookings(enterprise, lent, load_actor(owner), load_actor(office))
    needs = list(Need.objects.filter(organisation=enterprise, state="published", secrecy="public").order_by("pk"))
    for number, (steps, need) in enumerate(zip(STEPS, needs, strict=False)):
        at = max(need.published_at or start, start) + timedelta(days=1)
        _introduce(programme, institute, need, steps, owner, office, at, number)


def _bookings(enterprise: Organisation, lent: list[Capability], owner: Actor, office: Actor) -> None:
    """One that the unit has answered, and one that waits for its answer."""
    for number, (capability, purpose) in enumerate(zip(lent, PURPOSES, strict=False)):
        first = clock.today() + timedelta(days=10 + 7 * number)
        values = {
            "organisation": enterprise, "purpose": purpose, "first_day": first, "last_day": first + timedelta(days=2),
            "quantity": 2,
        }  # fmt: skip
        made = capabilities.book(actor=owner, capability=capability, values=values)
        if number == 0:
            perform(actor=office, record=made, verb="accept")


def _capabilities(programme: Programme, institute: Organisation, office: Actor) -> list[Capability]:
    found = []
    for values in CAPABILITIES:
        made = capabilities.create_capability(
            actor=office, programme=programme, values={"organisation": institute, "keywords": [], **values}
        )
        found.append(perform(actor=office, record=made, verb="publish"))
    return found


def _experts(institute: Organisation, office: Actor, professor: Account) -> None:
    field = Term.objects.filter(vocabulary="field").order_by("position").first()
    for number, (name, post, text, works) in enumerate(EXPERTS):
        values = {
            "name": name, "post": post, "text": text, "keywords": [], "available": True, "away_until": None,
            "days_a_year": 10, "email": f"expert{number}@example.org",
        }  # fmt: skip
        rows = [{"work_kind": "paper", "title": title, "year": 2023, "source": "演示数据"} for title in works]
        made = people.create_expert(
            actor=office, organisation=institute, values=values, fields=[field] if field else [], works=rows
        )
        account = professor if number == 0 else Account(username=f"expert-{number}", is_demonstration=True)
        if number == 0:
            Person.objects.filter(account=account).update(account=None)
        else:
            account.set_unusable_password()
            account.save()
        Person.objects.filter(pk=made.person_id).update(account=account)
        made.refresh_from_db()
        perform(actor=load_actor(account), record=made, verb="consent")


def _wish(programme: Programme, enterprise: Organisation, owner: Actor) -> None:
    values = {
        "wanted": True, "text": "存储芯片刻蚀、键合与可靠性", "keywords": ["三维闪存"], "least_level": None, "most_a_week": 3,
        "paused_until": None,
    }  # fmt: skip
    offers.choose(actor=owner, programme=programme, organisation=enterprise, values=values, fields=[])


def _introduce(
    programme: Programme,
    institute: Organisation,
    need: Need,
    steps: tuple[str, ...],
    owner: Account,
    office: Account,
    at: datetime,
    number: int,
) -> None:
    results = ResearchResult.objects.filter(organisation=institute, state="published", field=need.field).order_by("pk")
    result = results.first() or ResearchResult.objects.filter(organisation=institute, state="published").first()
    assert result is not None
    introduction: Introduction | None = None
    for step in steps:
        at = min(at + timedelta(days=2, hours=number), clock.now())
        with clock.frozen(at):
            introduction = _step(step, programme, need, result, introduction, owner, office)


def _step(
    step: str,
    programme: Programme,
    need: Need,
    result: ResearchResult,
    found: Introduction | None,
    owner: Account,
    office: Account,
) -> Introduction:
    asker, answerer = load_actor(owner), load_actor(office)
    if found is None:
        return introductions.propose(
            actor=answerer, programme=programme, question=need, answer=result, contact=office.person,
            message="我们的成果指标与贵公司的需求接近，希望安排一次技术交流。", private="样品测试数据可在交流时提供。",
        )  # fmt: skip
    found.refresh_from_db()
    day = clock.local(clock.now()).date()
    if step == "consent":
        return introductions.consent(actor=asker, introduction=found, expected_version=None, contact=owner.person)
    if step == "meet":
        values: dict[str, Any] = {"on": day, "how": "plant", "note": "看了产线，约定两个月内试制样品。"}
        return introductions.meet(actor=asker, introduction=found, expected_version=None, values=values)
    if step == "agree":
        values = {
            "title": f"{need.title}技术开发合同", "cooperation_kind": "development", "signed_on": day,
            "amount_fen": 180_000_000, "ends_on": None, "contract_number": "",
        }  # fmt: skip
        introductions.agree(actor=asker, introduction=found, expected_version=None, values=values)
        return found
    if step == "confirm":
        perform(actor=answerer, record=found.cooperation, verb="confirm")
        return found
    return perform(
        actor=asker, record=found, verb="decline", reason="成果尚处实验室阶段，产线急需。", cause="decline.immature"
    )
