"""Fictional needs of enterprises, each with the hidden truth of what would answer it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jiandao.web.demonstration.composing.blocks import Field, Measure, Topic, fields, topics
from jiandao.web.demonstration.composing.organisations import field_of, kind_of
from jiandao.web.demonstration.composing.plan import MARK, Plan, chance, pick, spread

# States of exchange/states.py with their shares in percent; expired is read from the deadline of a published need.
STATE_WEIGHTS = {
    "draft": 6,
    "submitted": 8,
    "checking": 6,
    "assessing": 10,
    "returned": 6,
    "published": 40,
    "expired": 8,
    "merged": 6,
    "rejected": 5,
    "withdrawn": 5,
}
_STATES = tuple(state for state, share in STATE_WEIGHTS.items() for _ in range(share))
_STATE_STEP = 37  # coprime to 100: neighbours differ, and a hundred needs in a row have every state in its share

_DIRECTIONS = ("national",) * 2 + ("industry",) * 7 + ("future",)
# What a quantum computer or a new chip asks for is seldom a sore of today's line.
_FUTURE_FIELDS = frozenset({"neutral-atoms", "photonic-chips"})
_WISHES = ("asker", "asker", "shared", "shared", "agreed", "answerer")

_OPENINGS = (
    "我公司{line}使用的{object}，{problem}。",
    "公司在{line}上开展{object}相关工作时发现，{problem}。",
    "{object}是我公司{line}的关键环节。目前{problem}。",
    "近一年来，我公司{line}围绕{object}反复出现同一类问题：{problem}。",
    "为满足下游客户的新要求，我公司对{line}的{object}做了升级，但{problem}。",
    "我公司承担着{object}的配套任务，在{line}验证阶段，{problem}。",
)
_CAUSES = (
    "经技术部门分析，初步判断原因在于：{cause}。",
    "我们请设备厂家一起排查过，较一致的看法是{cause}。",
    "从失效样品解剖和过程数据看，{cause}，但机理还没有完全弄清。",
    "目前认为主要是{cause}，其他影响因素有待进一步确认。",
)
_TRIED = (
    "前期做过一些尝试：{tried}。",
    "内部已组织两轮攻关，结果是{tried}。",
    "此前采取的措施效果有限——{tried}。",
    "曾自行改进：{tried}。",
)
_TODAY = (
    "现阶段{name}约为{today}，客户要求{sign}{goal}。",
    "以{name}计，现有水平为{today}，项目目标是{sign}{goal}。",
    "{name}目前停留在{today}，与{sign}{goal}的要求有明显差距。",
    "按现行方法测得{name}为{today}，我们希望做到{sign}{goal}。",
)
_OFFERS = (
    "公司可提供样品、历史数据和一条可停机验证的生产线。",
    "我方配备{instrument}，可承担样件制备和日常测试。",
    "验证所需的试样和工装由我方准备，每月可安排{days}天机时。",
    "我方工艺、设备人员全程参与，已有{months}个月的连续过程数据可供分析。",
    "希望先做小批验证，通过后在{line}推广。",
)
_GOALS = (
    "形成可在{line}稳定运行的解决方案，{name}{sign}{goal}，并通过连续{batches}批验证。",
    "完成样机或样件研制并交付成套工艺文件，{name}{sign}{goal}，其他性能不低于现有水平。",
    "弄清问题机理并给出可实施的工艺窗口，使{name}由{today}改善到{sign}{goal}。",
    "交付可装机使用的软硬件及验收报告，{name}{sign}{goal}，具备向同类产线推广的条件。",
)
_CONDITIONS = (
    "应答团队须有{field}方向的项目经验，能提供第三方测试报告，驻厂调试不少于{weeks}周。",
    "须自有核心技术且无知识产权纠纷，具备{instrument}等检测条件，并指定一名技术负责人。",
    "愿意签订保密协议，可在本公司现场完成验证，验证未达标不支付尾款。",
    "高校、院所和企业均可应答，优先考虑技术成熟度6级以上、已有小批应用的方案。",
    "方案不得依赖限制进口的关键部件，测试方法按{standard}或双方确认的规范执行。",
)
# Every title is a start, a core and an ending; all of them are used up before one comes back.
_STARTS = ("", "{line}", "面向{line}的")
_CORES = (
    "{object}{change}{name}",
    "{object}的{name}{change}",
    "{object}{method}",
    "{object}{name_to_goal}",
    "{object}稳定性提升与{name}控制",
    "{object}故障机理与{name}改善",
)
_ENDINGS = (
    "技术",
    "关键技术",
    "技术需求",
    "解决方案",
    "技术攻关",
    "工艺改进",
    "合作研发",
    "技术及验证",
    "成套技术需求",
)
# Needs as too many are: no place, no number, no object. The office returns them.
_VAGUE_TITLES = (
    "提升{object}质量",
    "{object}相关技术合作",
    "{line}智能化改造需求",
    "寻求{object}方面的专家",
    "{name}产业升级改造（{object}）",
    "{object}技术改进",
    "关于{object}的难题",
    "{object}降本增效",
    "引进{object}先进技术",
    "{object}国产化合作",
    "{object}产学研对接",
    "{line}{object}质量提升",
)
_VAGUE_EVERY = 17  # shares no factor with the number of topics, so that every topic has vague ones
_VAGUE = (
    (
        "我公司主要从事{name}相关产品的研发和生产，近年来发展较快，市场前景广阔。随着行业竞争加剧，现有技术水平已不能满足"
        "发展需要，产品质量与国际先进水平相比还有一定差距，亟需引进先进技术和高层次人才，全面提升企业核心竞争力，"
        "希望政府部门牵线搭桥，帮助对接国内知名高校和科研院所，开展全方位、多层次的产学研合作，合作方式可以面谈。"
    ),
    (
        "目前我司{object}在使用中效果不够理想，客户时有反映，影响了公司形象和订单。我们希望有关专家到企业现场指导，"
        "提出切实可行的改进办法，帮助公司提高质量、降低成本、提升效率。公司领导高度重视此项工作，将在资金、场地、人员等方面"
        "给予大力支持，争取早日见到成效，具体技术指标待专家到现场了解情况以后再行商定，其他要求暂无。"
    ),
    (
        "公司计划对{line}进行数字化、智能化升级，实现降本增效和绿色发展。由于缺乏专业技术人员，不清楚采用哪一种方案更为合适，"
        "前期咨询过几家供应商，报价差别较大，方案也各不相同，难以判断优劣。希望平台推荐有实力的单位提供整体解决方案，"
        "要求技术先进、价格合理、服务及时，能够长期合作，最好有{name}行业的成功案例，时间越快越好。"
    ),
)


@dataclass(frozen=True)
class IndicatorText:
    """What is asked for or was reached; `comparator` is ge or le; numbers as they are written, all in `unit`."""

    name: str
    comparator: str
    value: str
    unit: str
    test_method: str
    current: str
    best: str


@dataclass(frozen=True)
class NeedText:
    """A need. `answered_by` is the hidden truth: keys of (object, method) that fit; results carry such a key."""

    index: int
    organisation: int
    title: str
    problem: str
    goal: str
    conditions: str
    causes_tried: tuple[str, ...]
    keywords: tuple[str, ...]
    indicators: tuple[IndicatorText, ...]
    field: str
    field_name: str
    cluster: str
    discipline: str
    direction: str
    state: str
    deadline_months: int  # negative: over since so many months
    budget_fen: int
    intellectual_property: str
    confidential: bool
    vague: bool
    twin_of: int | None  # the need of another firm that this one all but repeats
    answered_by: frozenset[str]
    mark: str = MARK


def needs(plan: Plan, start: int = 0, stop: int | None = None) -> Iterator[NeedText]:
    """The needs of that slice."""
    for index in range(start, plan.needs if stop is None else min(stop, plan.needs)):
        yield need(plan, index)


def need(plan: Plan, index: int) -> NeedText:
    """The need of that index."""
    if index % 25 == 24:  # 4 %: the same trouble at another firm
        return _twin(plan, index)
    draw = chance(plan.seed, "need", index)
    number, topic = topics()[index % len(topics())]
    field = fields()[number]
    turn = index // len(topics())
    at = turn % topic.places
    measure = topic.measures[at]
    share = draw.random()
    words = _words(draw, field, topic, at, measure, share)
    vague = index % _VAGUE_EVERY == 11
    tried: tuple[str, ...] = ()
    if vague:
        title = _vague_title(index // (_VAGUE_EVERY * len(topics()) * topic.places), words | {"name": field.name})
        problem = pick(draw, _VAGUE).format(**(words | {"name": field.name}))
        indicators: tuple[IndicatorText, ...] = ()
        goal = "技术水平达到国内领先，经济效益明显提高。"
    else:
        title = _title(turn // topic.places + index % len(topics()), topic, words)
        problem = _problem(draw, words)
        indicators = _indicators(draw, topic, at, share)
        goal, tried = pick(draw, _GOALS).format(**words), (topic.causes[at], words["tried"])
    state = _STATES[index * _STATE_STEP % len(_STATES)]
    if vague and state in {"published", "expired", "assessing", "merged"}:
        state = pick(draw, ("returned", "submitted", "rejected", "checking"))
    return NeedText(
        index=index,
        organisation=firm_of_field(plan, number, draw),
        title=title,
        problem=problem,
        goal=goal,
        conditions="有相关经验即可，具体面议。" if vague else pick(draw, _CONDITIONS).format(**words),
        causes_tried=tried,
        keywords=(field.name,) if vague else (field.name, topic.objects[at], measure.name),
        indicators=indicators,
        field=field.field,
        field_name=field.name,
        cluster=field.clusters[0],
        discipline=field.discipline,
        direction="future" if field.key in _FUTURE_FIELDS and draw.random() < 0.6 else pick(draw, _DIRECTIONS),
        state=state,
        deadline_months=-pick(draw, range(1, 7)) if state == "expired" else pick(draw, range(3, 13)),
        budget_fen=_budget(draw),
        intellectual_property=pick(draw, _WISHES),
        confidential=index % 19 == 13,
        vague=vague,
        twin_of=None,
        answered_by=frozenset() if vague else frozenset({topic.answer(at)}),
    )


def _twin(plan: Plan, index: int) -> NeedText:
    draw = chance(plan.seed, "twin", index)
    first = need(plan, index - 24 + int(draw.random() * 11))  # 0 to 10 of its twenty-five, never a twin itself
    firm = firm_of_field(plan, _number(first.field_name), draw)
    while firm == first.organisation:
        firm = _any_firm(plan, draw)
    retold = first.problem.replace("我公司", "我厂").replace("公司", "企业").replace("目前", "现在", 1)
    title = (
        f"{first.title.removesuffix('技术需求')}（合作需求）"
        if first.title.endswith("技术需求")
        else f"{first.title}需求"
    )
    return replace(
        first,
        index=index,
        organisation=firm,
        title=title,
        problem=retold,
        budget_fen=_budget(draw),
        twin_of=first.index,
    )


def _number(name: str) -> int:
    return next(number for number, one in enumerate(fields()) if one.name == name)


def _vague_title(round_: int, words: dict[str, str]) -> str:
    again, pattern = divmod(round_, len(_VAGUE_TITLES))
    title = _VAGUE_TITLES[pattern].format(**words)
    return f"{title}（{words['line']}）" if again else title


def _title(turn: int, topic: Topic, words: dict[str, str]) -> str:
    starts = [("", words["line"])]
    starts += [(start.format(line=line), line) for start in _STARTS[1:] for line in topic.lines]
    number = spread(turn, len(starts) * len(_CORES) * len(_ENDINGS), 5)
    number, core = divmod(number, len(_CORES))
    start, ending = divmod(number, len(_ENDINGS))
    towards = f"{words['name']}{words['change']}至{words['goal']}"
    opening, words["line"] = starts[start]  # the text speaks of the line of the title
    return f"{opening}{_CORES[core].format(**words, name_to_goal=towards)}{_ENDINGS[ending]}"


def _problem(draw: random.Random, words: dict[str, str]) -> str:
    parts = [pick(draw, _OPENINGS), pick(draw, _CAUSES), pick(draw, _TRIED), pick(draw, _TODAY), pick(draw, _OFFERS)]
    return "".join(parts).format(**words)


def _words(draw: random.Random, field: Field, topic: Topic, at: int, measure: Measure, share: float) -> dict[str, str]:
    return {
        "line": pick(draw, topic.lines),
        "object": topic.objects[at],
        "problem": topic.problems[at],
        "cause": topic.causes[at],
        "tried": topic.tried[at % len(topic.tried)],
        "method": topic.methods[at],
        "name": measure.name,
        "change": "提高" if measure.cmp == "ge" else "降低",
        "sign": "不低于" if measure.cmp == "ge" else "不超过",
        "goal": measure.with_unit(measure.value(share)),
        "today": measure.with_unit(measure.today()),
        "instrument": pick(draw, field.instruments),
        "standard": pick(draw, field.standards),
        "field": field.name,
        "days": str(pick(draw, range(3, 9))),
        "months": str(pick(draw, range(6, 25))),
        "weeks": str(pick(draw, range(3, 13))),
        "batches": pick(draw, ("三", "五", "十", "二十")),
    }


def _indicators(draw: random.Random, topic: Topic, at: int, share: float) -> tuple[IndicatorText, ...]:
    """The one that the problem is about, and one or two of its neighbours at their own levels."""
    order = [at, (at + 1) % topic.places, (at + 2) % topic.places][: pick(draw, (1, 2, 2, 3))]
    found = []
    for place in order:
        one = topic.measures[place]
        value = one.value(share if place == at else draw.random() * 0.6)
        found.append(IndicatorText(one.name, one.cmp, value, one.unit, one.test, one.today(), one.best()))
    return tuple(found)


def _budget(draw: random.Random) -> int:
    """30 to 2,000 times ten thousand yuan, small ones more often, in fen."""
    return (30 + int(draw.random() ** 2.5 * 197) * 10) * 1_000_000


def firm_of_field(plan: Plan, number: int, draw: random.Random) -> int:
    """An enterprise of that field; after many misses any enterprise, as small plans have few of each."""
    for _ in range(60):
        index = int(draw.random() * plan.organisations)
        if kind_of(index) == "enterprise" and index % 33 != 6 and field_of(plan.seed, index) == number:
            return index
    return _any_firm(plan, draw)


def _any_firm(plan: Plan, draw: random.Random) -> int:
    while True:
        index = int(draw.random() * plan.organisations)
        if kind_of(index) == "enterprise" and index % 33 != 6:
            return index
