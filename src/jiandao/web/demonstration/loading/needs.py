"""Needs in every state with their indicators and technology checks, and the challenges that they became."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from jiandao.kernel import clock
from jiandao.kernel.database.copying import copy_records
from jiandao.kernel.secrecy import Knower, Level
from jiandao.stages.exchange.models import (
    Challenge,
    ChallengeIndicator,
    ChallengeSource,
    Need,
    TargetIndicator,
    TechnologyCheck,
)
from jiandao.web.demonstration.composing import needs
from jiandao.web.demonstration.composing.blocks import topics
from jiandao.web.demonstration.composing.needs import IndicatorText, NeedText
from jiandao.web.demonstration.composing.plan import chance, pick
from jiandao.web.demonstration.loading.frame import SOURCE, Frame, Step, lots

# Verbs in the order in which one day's are written, with the state that each leads to.
RANKS = ("import", "submit", "check", "pass", "assess", "publish", "merge", "return", "reject", "withdraw", "join")
LEADS_TO = {
    "submit": "submitted", "check": "checking", "pass": "assessing", "publish": "published", "merge": "merged",
    "return": "returned", "reject": "rejected", "withdraw": "withdrawn",
}  # fmt: skip
WAYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "draft": ((),),
    "submitted": (("submit",),),
    "checking": (("submit", "check"),),
    "assessing": (("submit", "check", "pass"), ("submit", "check", "pass", "assess")),
    "returned": (("submit", "check", "return"),),
    "published": (("submit", "check", "pass", "assess", "publish"),),
    "expired": (("submit", "check", "pass", "assess", "publish"),),
    "merged": (("submit", "check", "pass", "merge"), ("submit", "check", "pass", "assess", "merge")),
    "rejected": (("submit", "check", "reject"), ("submit", "check", "pass", "assess", "reject")),
    "withdrawn": (("submit", "withdraw"), ("submit", "check", "pass", "assess", "publish", "withdraw")),
}
# What waits for somebody came in lately: at most so many days ago.
WAITING = {"draft": 40, "submitted": 8, "checking": 14, "assessing": 30}
RETURNED = {
    "return.vague": "问题描述过于笼统：请写明在哪一道工序、哪一台设备、什么条件下出现，影响多大。",
    "return.indicators": "请补充可以检测的考核指标和测试方法，写明目前水平和希望达到的数值。",
    "return.incomplete": "请补充已经做过的尝试、可以提供的试验条件和资金安排。",
}
REJECTED = {
    "reject.exists": "省内已有成熟产品可以直接采购，建议与供应商联系，无需立项攻关。",
    "reject.scope": "所提问题属于市场推广和产能建设，不在本工程支持范围。",
    "reject.no-technology": "主要是管理和培训问题，没有需要攻关的技术难点。",
    "reject.duplicate": "本单位去年已就同一问题提出需求，请查看已有对接结果。",
}
CHECKS: tuple[tuple[str, str, str], ...] = (
    ("nowhere", "", "检索近五年论文、专利和行业报告，未见达到全部指标的公开成果。"),
    ("nowhere", "", "国内外均处于实验室阶段，距产线应用尚有较大差距，有攻关价值。"),
    ("partly", "省内一家研究院", "主要指标已达到一半，尚未在产线环境下验证。"),
    ("partly", "省外两所高校", "小样性能接近要求，放大和寿命问题没有解决。"),
    ("abroad", "国外两家供应商", "国外已有量产产品，国内仅见中试样品，存在断供风险。"),
    ("unknown", "", "公开资料不足以判断，建议请专家进一步论证。"),
)
EXISTS = ("province", "省内两家企业", "已有成熟产品，指标满足要求，可直接采购。")
SAME = "与已发布榜题问的是同一个问题，合并征集。"
WITHDRAWN = "企业已与合作单位达成协议，不再征集。"
WRITER = "writer"


@dataclass
class Lot:
    """Rows that are written together."""

    needs: list[Need] = field(default_factory=list)
    texts: list[NeedText] = field(default_factory=list)
    indicators: list[TargetIndicator] = field(default_factory=list)
    histories: list[list[Step]] = field(default_factory=list)


@dataclass(frozen=True)
class Published:
    """A need that was published, with its challenge."""

    pk: int
    index: int
    organisation_id: int
    title: str
    challenge_id: int
    day: int


@dataclass(frozen=True)
class Told:
    """A need as the journal knows it."""

    pk: int
    programme_id: int
    kind: str = Need.kind


class Questions:
    """Loads the needs; keeps which challenges there are, so that later needs can join them."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.today = clock.local(frame.now).date()
        self.prefectures = {unit.pk: unit.prefecture_id for unit in frame.units}
        self.out: list[Published] = []
        self.histories: list[tuple[Told, list[Step]]] = []
        self.by_subject: dict[int | str, list[Challenge]] = {}  # by the number of the topic, and by field
        self.by_need: dict[int, Challenge] = {}

    def load(self, start: int) -> None:
        """Needs from that index on; those that joined a challenge come last, when all challenges are there."""
        frame = self.frame
        merged: list[NeedText] = []
        done = start
        for texts in lots(needs(frame.plan, start)):
            merged += [text for text in texts if text.state == "merged"]
            self._write([text for text in texts if text.state != "merged"])
            done += len(texts)
            frame.wrote("needs", done - len(merged), frame.plan.needs)
        for texts in lots(merged):
            self._write(texts)
        frame.journal_steps(self.histories)
        self.histories.clear()
        frame.wrote("needs", done, frame.plan.needs)

    def _write(self, texts: list[NeedText]) -> None:
        lot = Lot()
        for text in texts:
            self._add(lot, text)
        copy_records(Need, lot.needs)
        for need, text in zip(lot.needs, lot.texts, strict=True):
            lot.indicators += _indicators(TargetIndicator, "need", need, text.indicators)
        copy_records(TargetIndicator, lot.indicators)
        self._admit(lot)
        self._check(lot)
        self._publish(lot)
        self._join(lot)
        # Written at the end: the more records share a day and a verb, the fewer writes.
        self.histories += [
            (Told(need.pk, need.programme_id), steps) for need, steps in zip(lot.needs, lot.histories, strict=True)
        ]

    def _add(self, lot: Lot, text: NeedText) -> None:
        frame = self.frame
        if not frame.units[text.organisation].verified and text.state in {"published", "expired"}:
            text = replace(text, state="assessing")  # the need of a unit that nobody has verified is not published
        draw = chance(frame.plan.seed, "history", text.index)
        way = pick(draw, WAYS[text.state])
        days = _days(draw, text, way, frame)
        steps = [Step(days[0], 0, "import", WRITER, {}, {"state": "draft"})]
        state = "draft"
        for verb, day in zip(way, days[1:], strict=True):
            step = _step(draw, verb, day, state, text)
            steps.append(step)
            state = step.after.get("state", state)
        lot.needs.append(self._need(text, draw, state, steps))
        lot.texts.append(text)
        lot.histories.append(steps)

    def _need(self, text: NeedText, draw: random.Random, state: str, steps: list[Step]) -> Need:
        frame = self.frame
        at = {step.verb: frame.moment(step.day, step.rank) for step in steps}
        dropped = [step for step in steps if step.verb in {"return", "reject", "merge"}]
        deadline = _deadline(text, draw, self.today, at.get("publish", frame.now).date())
        secret = text.confidential and text.index % 3 == 0
        made = Need(
            programme=frame.programme,
            organisation_id=frame.units[text.organisation].pk,
            created_by=frame.accounts[WRITER],
            state=state,
            title=text.title[:200],
            problem=text.problem,
            goal=text.goal,
            conditions=text.conditions,
            keywords=[word[:40] for word in text.keywords],
            secrecy=Level.TRADE_SECRET if secret else Level.PUBLIC,
            secret_until=deadline + timedelta(days=730) if secret else None,
            anonymous=text.confidential and not secret,
            intellectual_property=text.intellectual_property,
            activity_type=pick(draw, ("applied-research", "applied-research", "experimental-development")),
            solution_mode=pick(draw, ("commissioned", "joint", "joint")),
            direction=frame.term("direction", text.direction),
            cluster=frame.term("cluster", text.cluster),
            discipline=frame.term("discipline", text.discipline),
            field=frame.term("field", text.field),
            industry=frame.term("industry", "C"),
            budget_fen=text.budget_fen,
            deadline=deadline,
            needed_by=deadline + timedelta(days=pick(draw, range(180, 540))),
            submitted_at=at.get("submit"),
            form_passed_at=at.get("pass"),
            assessed_at=at.get("assess"),
            published_at=at.get("publish"),
            dropped_at=at[dropped[-1].verb] if dropped else None,
            drop_cause=_cause(dropped[-1]) if dropped else "",
            version=len(steps),
            created_at=at["import"],
            changed_at=max(at.values()),
            source=SOURCE,
            source_id=str(text.index),
        )
        made.refresh_search()
        return made

    def _admit(self, lot: Lot) -> None:
        """Who wrote a need-to-know need and one officer are on its list."""
        accounts = (self.frame.accounts[WRITER], self.frame.accounts["officer"])
        Knower.objects.bulk_create(
            Knower(kind=Need.kind, record_id=need.pk, account=account, granted_by=accounts[0])
            for need in lot.needs
            if need.is_need_to_know
            for account in accounts
        )

    def _check(self, lot: Lot) -> None:
        rows = []
        for need, steps in zip(lot.needs, lot.histories, strict=True):
            rows += [
                TechnologyCheck(
                    programme=self.frame.programme,
                    need=need,
                    verdict=step.facts["verdict"],
                    where=step.facts["where"],
                    note=step.facts["note"],
                    at=self.frame.moment(step.day, step.rank),
                    by=self.frame.accounts["department"],
                )
                for step in steps
                if step.verb == "assess"
            ]
        copy_records(TechnologyCheck, rows)

    def _publish(self, lot: Lot) -> None:
        """The challenges of the published needs, in their own words."""
        made: list[tuple[Challenge, Need, NeedText, int]] = []
        for need, text, steps in zip(lot.needs, lot.texts, lot.histories, strict=True):
            day = next((step.day for step in steps if step.verb == "publish"), None)
            if day is not None and not need.is_need_to_know:
                made.append((self._challenge(need), need, text, day))
        copy_records(Challenge, [challenge for challenge, *_ in made])
        indicators: list[ChallengeIndicator] = []
        for challenge, need, text, day in made:
            indicators += _indicators(ChallengeIndicator, "challenge", challenge, text.indicators)
            if challenge.state == "published":
                self.by_need[text.index] = challenge
                for key in (text.index % len(topics()), text.field):
                    self.by_subject.setdefault(key, []).append(challenge)
                unit = need.organisation_id
                self.out.append(Published(need.pk, text.index, unit, need.title, challenge.pk, day))
        copy_records(ChallengeIndicator, indicators)
        self._lineage([(one, need, need.published_at, "origin") for one, need, *_ in made])
        self.frame.journal_steps(
            (
                challenge,
                [Step(day, RANKS.index("publish"), "create", "officer", {}, {"state": "published"},
                      {"need": need.public_id})],
            )
            for challenge, need, _text, day in made
        )  # fmt: skip

    def _challenge(self, need: Need) -> Challenge:
        taken = (
            "title", "language", "keywords", "conditions", "intellectual_property", "direction", "cluster", "field",
            "budget_fen", "deadline", "secrecy",
        )  # fmt: skip
        challenge = Challenge(
            programme=self.frame.programme,
            created_by=self.frame.accounts["officer"],
            state="withdrawn" if need.state == "withdrawn" else "published",
            published_at=need.published_at,
            issuer_id=need.organisation_id,
            issuer_shown=not need.anonymous,
            text=f"{need.problem}\n\n{need.goal}",
            prefecture_id=self.prefectures[need.organisation_id] if not need.anonymous else None,
            created_at=need.published_at or need.created_at,
            changed_at=need.changed_at,
            source=SOURCE,
            source_id=need.source_id,
            **{name: getattr(need, name) for name in taken},
        )
        challenge.refresh_search()
        return challenge

    def _lineage(self, rows: list[tuple[Challenge, Need, Any, str]]) -> None:
        copy_records(
            ChallengeSource,
            [
                ChallengeSource(
                    programme=self.frame.programme,
                    challenge=challenge,
                    need=need,
                    how=how,
                    at=at,
                    by=self.frame.accounts["officer"],
                )
                for challenge, need, at, how in rows
            ],
        )

    def _join(self, lot: Lot) -> None:
        """Needs that ask for the same join the challenge of their twin, or one of their topic, or else of their field."""
        rows, entries = [], []
        for number, (need, text) in enumerate(zip(lot.needs, lot.texts, strict=True)):
            if need.state != "merged":
                continue
            topic = self.by_subject.get(text.index % len(topics()), [])
            every = self.by_subject.get(text.field, [])
            there = next((some for group in (topic, every) if (some := [c for c in group if _before(c, need)])), every)
            same = self.by_need.get(text.twin_of) if text.twin_of is not None else None
            challenge = same if same in there else there[text.index % len(there)] if there else None
            if challenge is None:
                raise RuntimeError(f"no challenge of the field {text.field} to join: the plan is too small")
            steps = lot.histories[number]
            last = steps[-1]
            facts = {"challenge": challenge.public_id}
            steps[-1] = Step(last.day, last.rank, "merge", last.by, last.before, last.after, facts, SAME)
            rows.append((challenge, need, need.dropped_at, "merged"))
            joined = Step(last.day, RANKS.index("join"), "join", "officer", {}, {}, {"need": need.public_id}, SAME)
            entries.append((challenge, [joined]))
        self._lineage(rows)
        self.frame.journal_steps(entries)


def load_needs(frame: Frame, start: int = 0) -> Questions:
    """The needs of the plan from that index on, with what became of them."""
    questions = Questions(frame)
    questions.load(start)
    return questions


def _days(draw: random.Random, text: NeedText, way: tuple[str, ...], frame: Frame) -> list[int]:
    """The office day of the beginning and of each step: in order, the last one not after today."""
    waits = WAITING.get(text.state)
    if waits is not None:
        latest = frame.days
        earliest = latest - max(1, waits // frame.stride)
    elif text.state == "expired":
        latest, earliest = frame.days * 2 // 3, len(way)
    else:
        latest, earliest = frame.days, len(way)
    end = earliest + int(draw.random() * (latest - earliest + 1))
    days = [end]
    for _verb in way:
        days.append(max(0, days[-1] - int(draw.random() * max(2, 12 // frame.stride))))
    return days[::-1]


def _step(draw: random.Random, verb: str, day: int, state: str, text: NeedText) -> Step:
    rank = RANKS.index(verb)
    if verb == "assess":
        verdict, where, note = EXISTS if text.state == "rejected" else pick(draw, CHECKS)
        facts: dict[str, Any] = {"verdict": verdict, "where": where, "trl": "", "note": note, "answers": []}
        return Step(day, rank, verb, "department", {}, {}, facts)
    by = WRITER if verb in {"submit", "withdraw"} else "officer2" if text.index % 3 == 0 else "officer"
    cause, reason = "", WITHDRAWN if verb == "withdraw" else ""
    if verb == "return":
        cause = "return.vague" if text.vague else pick(draw, tuple(RETURNED))
        reason = RETURNED[cause]
    if verb == "reject":
        assessed = state == "assessing"
        cause = "reject.exists" if assessed else pick(draw, tuple(REJECTED)[1:])
        reason = REJECTED[cause]
    after = {"state": LEADS_TO[verb]}
    return Step(day, rank, verb, by, {"state": state}, after, {"cause": cause} if cause else {}, reason)


def _cause(step: Step) -> str:
    return "merged" if step.verb == "merge" else str(step.facts["cause"])


def _before(challenge: Challenge, need: Need) -> bool:
    """Whether the challenge was out when the need dropped out."""
    return bool(challenge.published_at and need.dropped_at and challenge.published_at < need.dropped_at)


def _deadline(text: NeedText, draw: random.Random, today: date, published: date) -> date:
    """Expired ones ended after they were published and before today; all others lie ahead."""
    if text.state == "expired":
        room = max(1, (today - published).days - 2)
        return published + timedelta(days=1 + int(draw.random() * room))
    return today + timedelta(days=text.deadline_months * 30 - pick(draw, range(25)))


def indicator_values(text: IndicatorText) -> dict[str, Any]:
    """An indicator as its record has it: the best level known is what an answer may stretch to, where it is harder."""
    threshold, best = Decimal(text.value), Decimal(text.best)
    harder = best > threshold if text.comparator == "ge" else best < threshold
    return {
        "name": text.name,
        "comparator": text.comparator,
        "threshold": threshold,
        "stretch": best if harder else None,
        "unit": text.unit or "1",  # a pure number
        "test_method": text.test_method,
    }


def _indicators(model: type[Any], owner: str, record: Any, texts: tuple[IndicatorText, ...]) -> list[Any]:
    return [
        model(programme_id=record.programme_id, position=position, **{owner: record}, **indicator_values(text))
        for position, text in enumerate(texts)
    ]
