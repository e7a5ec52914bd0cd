"""Sentences that every field shares, and how values are worded."""

from jiandao.web.demonstration.composing.blocks import Measure
from jiandao.web.demonstration.composing.records import Indicator

SIGNS = {"ge": "≥", "le": "≤"}
WORDS = {"ge": "不低于", "le": "不高于"}
REACHED = {"ge": "达到", "le": "降至"}

# The order of states is that of the relay; the weights are shares of a running programme. "expired" is a published
# need whose deadline has passed.
STATE_WEIGHTS = {
    "published": 42, "expired": 12, "assessing": 10, "checking": 8, "submitted": 8, "merged": 6, "returned": 5,
    "rejected": 4, "withdrawn": 3, "draft": 2,
}  # fmt: skip
STATES = tuple(state for state, weight in STATE_WEIGHTS.items() for _turn in range(weight))

KINDS = ("技术", "工艺", "装置", "系统", "方法及应用", "成套技术", "工程样机", "解决方案")
TRAITS = ("高稳定", "低成本", "可量产", "免维护", "自适应", "高一致性", "模块化", "国产化")
CONDITIONS = (
    "具备同类项目经验，能提供第三方检测报告；可派工程师驻厂不少于两个月。",
    "须有可演示的样机或中试数据，团队中有熟悉现场工况的工程人员。",
    "优先考虑省内高校院所与企业组成的联合体，核心成员投入时间不少于半年。",
    "能够签订保密协议，拥有相关自主知识产权，不存在权属纠纷。",
    "具备小批量供货或加工能力，首批样件在签约后四个月内交付。",
)
TRL_EVIDENCE = {
    2: "完成技术方案论证和可行性计算，形成研究报告。",
    3: "关键功能经实验室原理试验证实，有完整的试验记录。",
    4: "实验室样件通过主要指标测试，重复试验三轮以上。",
    5: "初样在模拟工况下连续运行，完成环境适应性摸底。",
    6: "工程样机在用户现场完成演示，用户出具试用意见。",
    7: "样机在产线上试运行三个月以上，有运行日志和问题清单。",
    8: "产品定型，通过第三方检测和用户验收，形成工艺文件。",
    9: "已批量应用，有销售合同和用户使用证明。",
}


def target(measure: Measure, share: float) -> Indicator:
    """What a need asks for."""
    return Indicator(
        measure.name, measure.cmp, measure.value(share), measure.unit, measure.test, measure.today(), measure.best()
    )


def worded(one: Indicator, words: dict[str, str]) -> str:
    """「刻蚀深宽比不低于55」: a space stands before a unit of letters, none before a sign."""
    return f"{one.name}{words[one.cmp]}{quantity(one.value, one.unit)}"


def quantity(value: str, unit: str) -> str:
    return (
        f"{value} {unit}" if unit and (unit[0].isascii() and unit[0].isalpha() or unit[0] in "μΩ") else f"{value}{unit}"
    )


def sentence(text: str) -> str:
    """With a full stop, once."""
    return text if text.endswith(("。", "！", "？")) else f"{text}。"
