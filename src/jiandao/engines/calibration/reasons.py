"""Sentences of the report in Chinese and English; their codes and numbers stand beside them."""

from typing import Any

SENTENCES = {
    "zh": {
        "groups": "评审分成 {groups} 个互不相连的部分，没有专家同时评过两部分的材料：各部分之间的分数和名次不能认为处于同一尺度，"
        "只能在“专家总体相同”的假设下参考。",
        "few-reviews": "有 {experts} 位专家只评了一份材料，其宽严程度基本无法判断，已按平均水平处理。",
        "single-reviews": "有 {proposals} 份材料只有一份评审，其分数主要依赖总体水平。",
        "chains": "{chains} 条各自独立的抽样链结果不一致（R-hat 为 {rhat:g}，应接近 1）：分数和名次区间可能不准。"
        "请换一个 --seed 再算一次，相差明显的不要采用；评审太少或专家交叉太少时常会如此。",
        "time": "时间用尽，抽样提前结束；分数的计算误差较大。",
        "outlier-high": "专家 {expert} 给 {proposal} 打 {score:g} 分，预计（按其习惯和其他评审）{expected:.3g} 分，"
        "高出 {by:.1f} 个标准差。",
        "outlier-low": "专家 {expert} 给 {proposal} 打 {score:g} 分，预计（按其习惯和其他评审）{expected:.3g} 分，"
        "低了 {by:.1f} 个标准差。",
        "disputed": "{proposal} 的 {reviews} 份评审校正后仍相差悬殊（若只是偶然，概率为 {chance:.1g}），建议复议。",
    },
    "en": {
        "groups": "The reviews fall into {groups} parts that no expert connects: scores and ranks of different parts cannot be"
        " claimed to be on one scale; they rest on the assumption that the experts of all parts are alike.",
        "few-reviews": "Experts who reviewed one proposal only: {experts}; how harsh they are can hardly be told, they count"
        " as average.",
        "single-reviews": "Proposals with one review only: {proposals}; their scores rest mainly on the general level.",
        "chains": "The {chains} independent chains of the sampler do not agree (R-hat {rhat:g}, expected near 1): scores"
        " and intervals may be off. Run it again with another --seed and do not use what differs much; too few reviews,"
        " or too few by experts in common, are the usual cause.",
        "time": "Time ran out and sampling ended early; the scores carry a greater error of computation.",
        "outlier-high": "Expert {expert} gave {proposal} {score:g}; by the expert's habits and the other reviews"
        " {expected:.3g} was expected: {by:.1f} standard deviations more.",
        "outlier-low": "Expert {expert} gave {proposal} {score:g}; by the expert's habits and the other reviews"
        " {expected:.3g} was expected: {by:.1f} standard deviations less.",
        "disputed": "The {reviews} reviews of {proposal} stay far apart after calibration (by chance: {chance:.1g}); discuss it"
        " again.",
    },
}


def sentence(code: str, language: str, **facts: Any) -> str:
    """The sentence of a code."""
    return SENTENCES[language][code].format(**facts)
