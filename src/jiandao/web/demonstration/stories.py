"""The first needs of the plan, told step by step through the actions that people use: one journey for each state."""

import random
from datetime import datetime, timedelta
from typing import Any

from jiandao.kernel import clock, knowers, secrecy
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.programme import Programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import actions
from jiandao.stages.exchange.knowers import NEED_KNOWERS
from jiandao.stages.exchange.models import Challenge, Need
from jiandao.stages.people.models import Organisation
from jiandao.web.demonstration.composing import Plan, needs
from jiandao.web.demonstration.composing.needs import NeedText
from jiandao.web.demonstration.composing.plan import chance
from jiandao.web.demonstration.loading.needs import indicator_values

DAYS = 75
# How far each need goes: the enterprise that visitors sign in as sees all of it on its own list.
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
    ("submit", "pass", "assess", "publish"),
    ("submit", "check", "pass", "assess", "publish"),
    ("submit", "pass", "assess", "publish"),
)
SECRET = {15: secrecy.Level.TRADE_SECRET, 16: secrecy.Level.WORK_SECRET}
REASONS = {
    "return": "请补充测试条件：在什么温度、什么产线上测得，用哪台仪器。",
    "withdraw": "公司已与外部单位达成合作，不再征集。",
    "merge": "与已发布榜题问的是同一个问题，合并征集。",
    "reject": "省内已有两家单位的成熟产品可以直接采购，无需立项攻关。",
}
CAUSES = {"return": "return.indicators", "reject": "reject.exists"}
CHECKS: tuple[dict[str, str], ...] = (
    {
        "verdict": "nowhere",
        "note": "检索近五年论文、专利和行业报告，未见达到全部指标的公开成果；最接近的是实验室样品。",
    },
    {"verdict": "abroad", "where": "国外两家供应商", "note": "国外已有量产产品，国内仅见中试样品，寿命差距最大。"},
    {"verdict": "partly", "where": "省内一家研究院", "note": "主要指标达到一半，尚未在产线环境下验证。"},
)


def tell_needs(programme: Programme, plan: Plan, home: Organisation, accounts: dict[str, Account]) -> int:
    """Enters the first needs of the plan, all of `home`; how many indices of the plan are used up."""
    terms = {(term.vocabulary, term.code): term for term in Term.objects.all()}
    start = clock.now() - timedelta(days=DAYS)
    told = 0
    for text in needs(plan):
        if told == len(JOURNEYS):
            return text.index
        if text.vague or text.twin_of is not None:
            continue  # nobody gets far with these; the composed ones after these hold plenty
        _tell(programme, text, told, home, accounts, start, terms)
        told += 1
    return plan.needs


def _tell(
    programme: Programme,
    text: NeedText,
    number: int,
    home: Organisation,
    accounts: dict[str, Account],
    start: datetime,
    terms: dict[tuple[str, str], Term],
) -> None:
    draw = chance(programme.pk, "story", number)
    journey = JOURNEYS[number]
    writer = accounts["enterprise"] if number % 4 else accounts["colleague"]
    officer = accounts["officer" if number % 3 else "officer2"]
    written = start + timedelta(days=draw.uniform(1, DAYS - 20))
    deadline = clock.local(written).date() + timedelta(days=10 if "expire" in journey else draw.randrange(90, 200))
    secret = SECRET.get(number)
    values: dict[str, Any] = {
        "organisation": home,
        "title": text.title,
        "problem": text.problem,
        "goal": text.goal,
        "conditions": text.conditions,
        "keywords": list(text.keywords),
        "budget_fen": text.budget_fen,
        "intellectual_property": text.intellectual_property,
        "activity_type": "applied-research",
        "solution_mode": draw.choice(("commissioned", "joint")),
        "direction": terms.get(("direction", text.direction)),
        "field": terms.get(("field", text.field)),
        "cluster": terms.get(("cluster", text.cluster)),
        "industry": terms.get(("industry", "C")),
        "deadline": deadline,
        "needed_by": deadline + timedelta(days=draw.randrange(180, 540)),
    }
    if secret:
        values |= {"secrecy": secret, "secret_until": deadline + timedelta(days=730)}
    with clock.frozen(written):
        need = actions.create_need(
            actor=load_actor(writer),
            programme=programme,
            values=values,
            indicators=[indicator_values(one) for one in text.indicators],
        )
        if secret:
            knowers.admit(actor=load_actor(writer), record=need, rules=NEED_KNOWERS, accounts=[officer])
    by = {"submit": writer, "withdraw": writer, "assess": accounts["department"]}
    if secret:
        by["assess"] = officer  # the department is on no list
    _travel(need, journey, by, officer, written, draw)


def _travel(
    need: Need,
    journey: tuple[str, ...],
    by: dict[str, Account],
    officer: Account,
    written: datetime,
    draw: random.Random,
) -> None:
    at = written
    for verb in journey:
        at += timedelta(hours=draw.uniform(3, 60))
        if verb == "expire":
            continue
        with clock.frozen(at):
            actor = load_actor(by.get(verb, officer))
            if verb == "assess":
                values = dict(draw.choice(CHECKS))
                actions.assess(actor=actor, need=need, expected_version=need.version, values=values)
                need.refresh_from_db()
                continue
            need = perform(
                actor=actor,
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
