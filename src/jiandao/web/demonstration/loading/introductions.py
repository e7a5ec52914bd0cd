"""Introductions of published needs to results of their topic, meetings, cooperations and what came of them."""

import random
from dataclasses import dataclass
from datetime import timedelta

from jiandao.kernel.database.copying import copy_records
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Meeting, Outcome
from jiandao.web.demonstration.composing.blocks import topics
from jiandao.web.demonstration.composing.plan import chance, pick
from jiandao.web.demonstration.loading.frame import Frame, Step, lots
from jiandao.web.demonstration.loading.needs import WRITER, Published, Questions
from jiandao.web.demonstration.loading.results import Answer

SHARE = 0.3  # of the published needs are introduced to somebody
# How far it goes: the verbs after the proposal.
WAYS = (
    (), ("decline",), ("decline",), ("consent", "open"), ("consent", "open", "meet"), ("consent", "open", "meet"),
    ("consent", "open", "meet", "close"), ("consent", "open", "meet", "agree", "confirm"),
    ("consent", "open", "meet", "agree", "confirm"), ("consent", "open", "meet", "agree"),
)  # fmt: skip
RANKS = ("create", "consent", "open", "decline", "meet", "close", "agree", "confirm")
STATES = {"decline": "declined", "open": "open", "meet": "met", "close": "closed", "agree": "agreed"}
CAUSES = ("object", "immature", "indicators", "money", "time")
MESSAGE = "我们的成果指标与该需求接近，希望安排一次技术交流（演示数据）。"
NOTE = "双方交流了现场条件和样品测试数据，约定下一步试制（演示数据）。"
REASONS = {"decline": "目前不具备合作条件（演示数据）。", "close": "多次交流后指标仍有差距（演示数据）。"}
KINDS = ("development", "development", "joint", "service", "licence", "consulting")


@dataclass(frozen=True)
class Met:
    """An introduction with its history and what follows from it."""

    record: Introduction
    steps: list[Step]
    title: str


def load_introductions(frame: Frame, questions: Questions, answers: list[Answer]) -> None:
    """`answers`: results in the order of the plan."""
    chosen = [one for one in questions.out if chance(frame.plan.seed, "met", one.index).random() < SHARE]
    done = 0
    for lot in lots(chosen):
        met = [one for need in lot if (one := _met(frame, need, answers)) is not None]
        copy_records(Introduction, [one.record for one in met])
        frame.journal_steps((one.record, [step for step in one.steps if step.verb != "confirm"]) for one in met)
        _meetings(frame, met)
        _cooperations(frame, met)
        done += len(lot)
        frame.wrote("introductions", done, len(chosen))


def _met(frame: Frame, need: Published, answers: list[Answer]) -> Met | None:
    draw = chance(frame.plan.seed, "introduction", need.index)
    answer = _answer(draw, need, answers)
    if answer is None or answer.organisation_id == need.organisation_id:
        return None
    steps = _steps(draw, need.day, frame)
    at = {step.verb: frame.moment(step.day, step.rank) for step in steps}
    state = next((STATES[step.verb] for step in reversed(steps) if step.verb in STATES), "proposed")
    no = next((step.facts["cause"] for step in steps if "cause" in step.facts), "")
    record = Introduction(
        programme=frame.programme,
        created_by=frame.accounts[WRITER],
        state=state,
        need_id=need.pk,
        challenge_id=need.challenge_id,
        result_id=answer.pk,
        asker_id=need.organisation_id,
        answerer_id=answer.organisation_id,
        proposed_by="answerer",
        message=MESSAGE,
        answerer_consented_at=at["create"],
        answerer_consented_by=frame.accounts[WRITER],
        asker_consented_at=at.get("consent"),
        opened_at=at.get("open"),
        met_at=at.get("meet"),
        agreed_at=at.get("agree"),
        closed_at=at.get("decline", at.get("close")),
        close_cause=no,
        closed_by="asker" if no else "",
        reminded_at=frame.now,
        version=len(steps),
        created_at=at["create"],
        changed_at=max(at.values()),
    )
    return Met(record, steps, need.title)


def _answer(draw: random.Random, need: Published, answers: list[Answer]) -> Answer | None:
    """A published result of the same topic: results and needs of one topic stand in step."""
    for _ in range(6):
        turn = int(draw.random() * (len(answers) // len(topics())))
        found = answers[turn * len(topics()) + need.index % len(topics())]
        if found.published:
            return found
    return None


def _steps(draw: random.Random, day: int, frame: Frame) -> list[Step]:
    """The proposal and what follows, until today."""
    day = min(day + 1 + int(draw.random() ** 2 * max(2, 30 // frame.stride)), frame.days)  # most answer soon, some late
    steps = [Step(day, 0, "create", WRITER, {}, {"message": MESSAGE}, {"side": "answerer"})]
    state = "proposed"
    for verb in pick(draw, WAYS):
        day += 1 + int(draw.random() * max(2, 25 // frame.stride))
        if day > frame.days:
            break
        after = STATES.get(verb, state)
        facts = {"side": "asker"} if verb == "consent" else {}
        if verb in REASONS:
            facts["cause"] = f"{verb}.{pick(draw, CAUSES)}"
        steps.append(
            Step(day, RANKS.index(verb), verb, WRITER, {"state": state}, {"state": after}, facts, REASONS.get(verb, ""))
        )
        state = after
    # Who has consented has opened it: nobody asked for a paper.
    return steps if steps[-1].verb != "consent" else steps[:-1]


def _day_of(met: Met, verb: str) -> int | None:
    return next((step.day for step in met.steps if step.verb == verb), None)


def _meetings(frame: Frame, met: list[Met]) -> None:
    rows = []
    for one in met:
        day = _day_of(one, "meet")
        if day is not None:
            at = frame.moment(day)
            rows.append(
                Meeting(
                    programme=frame.programme,
                    introduction=one.record,
                    on=at.date(),
                    how="plant" if one.record.pk % 2 else "online",
                    note=NOTE,
                    at=at,
                    by=frame.accounts[WRITER],
                )
            )
    copy_records(Meeting, rows)


def _cooperations(frame: Frame, met: list[Met]) -> None:
    rows, histories = [], []
    for one in met:
        day, confirmed = _day_of(one, "agree"), _day_of(one, "confirm")
        if day is None:
            continue
        draw = chance(frame.plan.seed, "cooperation", one.record.need_id or 0)
        at = frame.moment(day, RANKS.index("agree"))
        row = CooperationRecord(
            programme=frame.programme,
            created_by=frame.accounts[WRITER],
            introduction=one.record,
            asker_id=one.record.asker_id,
            answerer_id=one.record.answerer_id,
            state="running" if confirmed is not None else "entered",
            entered_by="asker",
            title=f"{one.title[:150]}技术合同（演示）",
            cooperation_kind=pick(draw, KINDS),
            signed_on=at.date(),
            amount_fen=(20 + int(draw.random() ** 2 * 480)) * 1_000_000,
            confirmed_at=frame.moment(confirmed, RANKS.index("confirm")) if confirmed is not None else None,
            reminded_at=frame.now,
            created_at=at,
            changed_at=at,
        )
        rows.append(row)
        steps = [Step(day, RANKS.index("agree"), "create", WRITER, {}, {"title": row.title})]
        if confirmed is not None:
            entered, running = {"state": "entered"}, {"state": "running"}
            steps.append(Step(confirmed, RANKS.index("confirm"), "confirm", WRITER, entered, running))
        histories.append((row, steps))
    copy_records(CooperationRecord, rows)
    frame.journal_steps(histories)
    _outcomes(frame, rows)


# Where it stands after half a year, what is said of it, and sales or savings in tenths of the contract.
CAME_OF_IT = (
    ("in-use", "已在产线使用，主要指标达到合同约定（演示数据）。", 14),
    ("trial", "样机已在产线试用，关键指标接近合同约定，稳定性仍在考核（演示数据）。", 2),
    ("developing", "仍在研制，首批样件已送检，指标尚未全部达到（演示数据）。", 0),
    ("trial", "已完成小批试用，良率较原工艺提高，扩大试用范围（演示数据）。", 3),
    ("given-up", "中试成本超出预期，双方商定终止，已付费用按合同结清（演示数据）。", 0),
)


def _outcomes(frame: Frame, rows: list[CooperationRecord]) -> None:
    """What came of those that were signed half a year ago; a third has not reported yet."""
    half_a_year = (frame.now - timedelta(days=184)).date()
    due = [row for row in rows if row.state == "running" and row.signed_on <= half_a_year and row.pk % 3]
    copy_records(Outcome, [_outcome(frame, row) for row in due])


def _outcome(frame: Frame, row: CooperationRecord) -> Outcome:
    use, note, tenths = CAME_OF_IT[row.pk % len(CAME_OF_IT)]
    amount = row.amount_fen or 0
    return Outcome(
        programme=frame.programme,
        cooperation=row,
        months=6,
        use=use,
        paid_fen=amount * 2 // 5,
        sales_fen=amount * tenths // 10 if tenths else None,
        note=note,
        by=frame.accounts[WRITER],
    )
