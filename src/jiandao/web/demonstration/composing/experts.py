"""Fictional experts with what they wrote, and the teams, laboratories, instruments and pilot lines that are lent."""

from collections.abc import Iterator
from dataclasses import dataclass

from jiandao.web.demonstration.composing.blocks import fields, topics
from jiandao.web.demonstration.composing.needs import firm_of_field
from jiandao.web.demonstration.composing.organisations import HOSTS, brand_of
from jiandao.web.demonstration.composing.plan import MARK, Plan, chance, pick

_SURNAMES = tuple(
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜"
)
_GIVEN = tuple("明文志建国海宇晓佳思雨晨立新永春秋静雅丽敏慧芳琳婷颖哲睿博浩然俊杰凯峰磊鹏涛亮勇刚平安远航维振兴")
_TITLES = ("教授", "教授", "副教授", "研究员", "副研究员", "高级工程师", "正高级工程师", "工程师")
_AVAILABLE = ("available", "available", "available", "limited", "unavailable")
_WORKS = (
    "{object}{method}研究",
    "{method}在{object}中的应用",
    "{object}{name}影响因素的试验研究",
    "基于{method}的{object}{name}优化",
    "{object}{name}测试方法及不确定度分析",
    "{line}{object}问题分析与{method}",
    "{method}的建模与验证：以{object}为例",
    "{object}研究进展",
)
_HOURS = (
    "周一至周五 8:30—17:30",
    "周一至周六 9:00—18:00",
    "工作日 9:00—17:00，夜间可预约",
    "全天可预约，须提前5个工作日",
)
_CONDITIONS = (
    "须提前{days}个工作日预约，样品附成分和安全说明；首次使用前签订服务协议。",
    "由本单位人员操作，用户可到场观察；数据归委托方所有，未经同意不对外提供。",
    "用户经培训考核后可自行操作，耗材另计；涉密样品须事先说明。",
    "接受小批委托，最小批量{days}件；工艺参数由双方共同确认。",
)


@dataclass(frozen=True)
class ExpertText:
    """An expert. `keys` is the hidden truth: the objects and methods that he or she has worked on."""

    index: int
    name: str
    title: str
    organisation: int
    email: str
    fields: tuple[str, ...]
    discipline: str
    publications: tuple[str, ...]
    availability: str
    keys: frozenset[str]
    mark: str = MARK


@dataclass(frozen=True)
class CapabilityText:
    """What is lent. `kind` is that of CapabilityKind, `price_unit` of PriceUnit; the price is in fen."""

    index: int
    organisation: int
    title: str
    kind: str
    summary: str
    opening_hours: str
    conditions: str
    keywords: tuple[str, ...]
    levels: tuple[int, int]
    price_fen: int
    price_unit: str
    field: str
    keys: frozenset[str]
    mark: str = MARK


def experts(plan: Plan, start: int = 0, stop: int | None = None) -> Iterator[ExpertText]:
    """The experts of that slice."""
    for index in range(start, plan.experts if stop is None else min(stop, plan.experts)):
        yield expert(plan, index)


def expert(plan: Plan, index: int) -> ExpertText:
    """The expert of that index: one topic, seen from its several places."""
    draw = chance(plan.seed, "expert", index)
    number, topic = topics()[index % len(topics())]
    field = fields()[number]
    patterns = draw.sample(_WORKS, 2 + int(draw.random() * 7))
    works, keys = [], set()
    for pattern in patterns:
        at = int(draw.random() * topic.places)
        keys.add(topic.answer(at))
        works.append(
            pattern.format(
                object=topic.objects[at],
                method=topic.methods[at],
                name=topic.measures[at].name,
                line=pick(draw, topic.lines),
            )
        )
    given = pick(draw, _GIVEN) + (pick(draw, _GIVEN) if draw.random() < 0.8 else "")
    firm = draw.random() < 0.2
    return ExpertText(
        index=index,
        name=pick(draw, _SURNAMES) + given,
        title="高级工程师" if firm else pick(draw, _TITLES),
        organisation=firm_of_field(plan, number, draw) if firm else pick(draw, HOSTS),
        email=f"expert{index}@example.org",
        fields=(field.field,),
        discipline=field.discipline,
        publications=tuple(works),
        availability=pick(draw, _AVAILABLE),
        keys=frozenset(keys),
    )


def capabilities(plan: Plan, start: int = 0, stop: int | None = None) -> Iterator[CapabilityText]:
    """The capabilities of that slice."""
    for index in range(start, plan.capabilities if stop is None else min(stop, plan.capabilities)):
        yield capability(plan, index)


def capability(plan: Plan, index: int) -> CapabilityText:
    """The capability of that index; the four kinds take turns."""
    draw = chance(plan.seed, "capability", index)
    number, topic = topics()[index % len(topics())]
    field = fields()[number]
    at = index // len(topics()) % topic.places
    firm = draw.random() < 0.3
    organisation = firm_of_field(plan, number, draw) if firm else pick(draw, HOSTS)
    thing, method, instrument = topic.objects[at], topic.methods[at], pick(draw, field.instruments)
    brand, line, measure = brand_of(plan.seed, index + 1), pick(draw, topic.lines), topic.measures[at]
    kind, title, text, unit, price, levels = (
        (
            "team",
            f"{brand}{field.name}{method}研究团队",
            f"团队{pick(draw, range(6, 25))}人，长期研究{thing}，掌握{method}技术，可承担方案设计、样件试制和现场调试。",
            "month",
            80_000,
            (2, 6),
        ),
        (
            "laboratory",
            f"{brand}{thing}测试实验室",
            f"可按“{measure.test}”的方法测量{measure.name}，配备{instrument}，出具测试报告，并协助分析异常数据。",
            "sample",
            1_200,
            (3, 8),
        ),
        (
            "instrument",
            f"{instrument}（{brand}平台，{pick(draw, range(2015, 2026))}年购置，{thing}检测）",
            f"{instrument}面向社会开放，主要用于{thing}的检测分析，有专职人员制样、操作和解读数据。",
            "hour",
            600,
            (2, 9),
        ),
        (
            "pilot-line",
            f"{brand}{thing}中试平台（{line}）",
            f"围绕{thing}建设的中试线，与{line}工艺衔接，可做{method}的放大验证，{measure.name}随批记录。",
            "batch",
            30_000,
            (5, 8),
        ),
    )[index % 4]
    return CapabilityText(
        index=index,
        organisation=organisation,
        title=title,
        kind=kind,
        summary=text,
        opening_hours=pick(draw, _HOURS),
        conditions=pick(draw, _CONDITIONS).format(days=pick(draw, range(2, 11))),
        keywords=(field.name, thing, method),
        levels=levels,
        price_fen=int(price * (0.5 + draw.random() * 1.5) / 50) * 5_000,
        price_unit=unit,
        field=field.field,
        keys=frozenset({topic.answer(at)}),
    )
