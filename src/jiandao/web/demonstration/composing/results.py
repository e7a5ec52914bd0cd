"""Fictional results of technology. `fit` is the hidden truth: whole, half (short of the level), or the wrong object."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from jiandao.web.demonstration.composing.blocks import Measure, Topic, fields, topics
from jiandao.web.demonstration.composing.needs import IndicatorText, firm_of_field
from jiandao.web.demonstration.composing.organisations import HOSTS, kind_of
from jiandao.web.demonstration.composing.plan import MARK, Plan, chance, pick, spread

WHOLE, HALF, WRONG = "whole", "half", "wrong"
_FITS = (WHOLE, WHOLE, HALF, WRONG)

_QUALITIES = (
    "",
    "低成本",
    "高稳定",
    "高效",
    "量产型",
    "改进型",
    "可移植",
    "模块化",
    "高可靠",
    "高重复性",
    "新一代",
    "自适应",
)
_CORES = ("{object}{quality}{method}", "基于{method}的{object}{quality}", "{object}：{quality}{method}")
_ENDINGS = (
    "技术",
    "方法",
    "工艺方案",
    "成套技术",
    "关键技术",
    "工程化技术",
    "解决方案",
    "技术及应用",
    "样机与测试方法",
)
_STARTS = ("", "面向{line}的", "{line}用", "适用于{line}的", "{line}配套")
_BODIES = (
    "针对{object}存在的“{short}”问题，团队研究了{method}技术。具体做法是：{detail}。",
    "本成果解决{object}在生产中的一个难点：{problem}。采用{method}，{detail}。",
    "本成果以{object}为对象，提出{method}的技术路线。{detail}。",
    "{object}的难点在于{cause}。本成果采用{method}，{detail}。",
    "围绕{line}的应用要求，开发了用于{object}的{method}技术，核心是{detail}。",
)
_REACHED = (
    "按“{test}”的方法，测得{name}{sign}{value}，改进前为{today}。",
    "{name}达到{value}（{test}），此前同类方案约为{today}。",
    "测试结果：{name}{sign}{value}，方法为{test}。",
    "与{today}的原有水平相比，{name}已做到{value}，测试方法：{test}。",
)
_SHORT_OF = (
    "受试验条件限制，{name}目前为{value}，较{today}有所改善，尚未达到量产要求。",
    "小样上{name}做到{value}（原为{today}），放大以后能否保持还需验证。",
    "{name}现为{value}，距国际先进的{best}仍有差距。",
)
_STAGES = {
    3: "已完成原理验证和关键参数仿真，样品数量有限。",
    4: "实验室样机运行正常，累计完成{runs}组对比试验。",
    5: "在模拟工况下完成{runs}次试验，形成初步工艺规范。",
    6: "样机在合作单位完成{months}个月试用，有试用报告。",
    7: "已在{line}小批验证{runs}批，提供第三方检测报告。",
    8: "产品已定型，在{line}稳定运行{months}个月。",
    9: "已批量供货，配套操作规程、备件和售后服务齐备。",
}
_RIGHTS = (
    "已申请发明专利{patents}项，可提供样品和测试记录。",
    "核心算法和结构自主，授权专利{patents}项，另有软件著作权登记。",
    "成果权属清晰，转化收益分配方案已经单位内部公示。",
    "团队配有{instrument}，可按用户样品做适配试验。",
    "可提供工艺文件、图纸和现场调试服务，培训周期约{weeks}周。",
)
_OPEN = (
    "",
    "",
    "长期可靠性数据仍在积累。",
    "成本还有下降空间。",
    "希望寻找应用单位共同开展工程验证。",
    "更大规格上的适用性尚待验证。",
)
_KINDS = ("新技术", "新工艺", "新装置", "软件", "新材料", "新方法")
_TERMS = ("transfer", "licence", "licence", "joint", "joint", "negotiable", "service", "investment")
_LEVELS = {WHOLE: (5, 6, 6, 7, 7, 8, 9), HALF: (3, 3, 4, 4, 5), WRONG: (3, 4, 5, 6, 7, 8, 9)}


@dataclass(frozen=True)
class ResultText:
    """A result. `answers` is the key it answers, empty for the wrong object; prices in fen, low and high end."""

    index: int
    organisation: int
    title: str
    summary: str
    keywords: tuple[str, ...]
    kind: str
    level: int
    indicators: tuple[IndicatorText, ...]
    field: str
    field_name: str
    year: int
    terms: str
    price_fen: tuple[int, int]
    fit: str
    answers: str
    mark: str = MARK


def results(plan: Plan, start: int = 0, stop: int | None = None) -> Iterator[ResultText]:
    """The results of that slice."""
    for index in range(start, plan.results if stop is None else min(stop, plan.results)):
        yield result(plan, index)


def result(plan: Plan, index: int) -> ResultText:
    """The result of that index: topic, place and fit take turns, so that nothing asked for is left unanswered."""
    draw = chance(plan.seed, "result", index)
    number, topic = topics()[index % len(topics())]
    field = fields()[number]
    turn, at = divmod(index // len(topics()), topic.places)
    turn, lot = divmod(turn, len(_FITS))
    fit = _FITS[lot]
    measure = topic.measures[at]
    thing = topic.lookalike if fit == WRONG else topic.objects[at]
    level = pick(draw, _LEVELS[fit])
    value = _value(draw, measure, fit)
    words = {
        "object": thing,
        "method": topic.methods[at],
        "detail": topic.details[at],
        "problem": topic.problems[at],
        "short": topic.problems[at].split("，", 1)[0],
        "cause": topic.causes[at],
        "line": pick(draw, topic.lines),
        "instrument": pick(draw, field.instruments),
        "name": measure.name,
        "sign": "不低于" if measure.cmp == "ge" else "不超过",
        "value": measure.with_unit(value),
        "today": measure.with_unit(measure.today()),
        "best": measure.with_unit(measure.best()),
        "test": measure.test,
        "runs": str(pick(draw, range(6, 60))),
        "months": str(pick(draw, range(3, 25))),
        "patents": str(pick(draw, range(1, 9))),
        "weeks": str(pick(draw, range(2, 9))),
    }
    low = (10 + int(draw.random() ** 3 * 150) * 5) * 1_000_000
    return ResultText(
        index=index,
        organisation=_owner(plan, number, draw, level),
        title=_title(turn * len(_FITS) + lot, index % len(topics()) * 1_237 + at * 311, topic, words),
        summary=_summary(draw, words, level, fit),
        keywords=(topic.methods[at], thing, measure.name),
        kind=pick(draw, _KINDS),
        level=level,
        indicators=(
            IndicatorText(
                measure.name, measure.cmp, value, measure.unit, measure.test, measure.today(), measure.best()
            ),
        ),
        field=field.field,
        field_name=field.name,
        year=pick(draw, range(2017, 2026)),
        terms=pick(draw, _TERMS),
        price_fen=(low, low + low // 2),
        fit=fit,
        answers="" if fit == WRONG else topic.answer(at),
    )


def _value(draw: random.Random, measure: Measure, fit: str) -> str:
    """Whole answers reach the middle of what is asked for or better; halves stop between today and its near end."""
    if fit == HALF:
        return measure.short_of(0.2 + 0.6 * draw.random())
    return measure.value(0.5 + 0.5 * draw.random())


def _title(turn: int, offset: int, topic: Topic, words: dict[str, str]) -> str:
    """All patterns of one object and method are used up before one comes back."""
    lines = len(topic.lines)
    number = spread(turn, len(_QUALITIES) * len(_CORES) * len(_ENDINGS) * (1 + (len(_STARTS) - 1) * lines), offset)
    number, quality = divmod(number, len(_QUALITIES))
    number, core = divmod(number, len(_CORES))
    start, ending = divmod(number, len(_ENDINGS))
    pattern = _STARTS[0] if start == 0 else _STARTS[1 + (start - 1) % (len(_STARTS) - 1)]
    line = topic.lines[(start - 1) // (len(_STARTS) - 1)] if start else words["line"]
    words["line"] = line  # the summary speaks of the line of the title
    body = _CORES[core].format(**(words | {"quality": _QUALITIES[quality]}))
    return f"{pattern.format(line=line)}{body}{_ENDINGS[ending]}"


def _summary(draw: random.Random, words: dict[str, str], level: int, fit: str) -> str:
    parts = [
        pick(draw, _BODIES[2::2] if fit == WRONG else _BODIES),
        pick(draw, _SHORT_OF if fit == HALF else _REACHED),
        _STAGES[level],
        pick(draw, _RIGHTS),
        pick(draw, _OPEN),
    ]
    return "".join(parts).format(**words)


def _owner(plan: Plan, number: int, draw: random.Random, level: int) -> int:
    """Universities and institutes own most; what is in series belongs to firms more often."""
    if draw.random() < (0.35 if level >= 7 else 0.12):
        return firm_of_field(plan, number, draw)
    for _ in range(6):
        index = int(draw.random() * plan.organisations)
        if kind_of(index) in {"institute", "university"} and index % 33 != 6:
            return index
    return pick(draw, HOSTS)
