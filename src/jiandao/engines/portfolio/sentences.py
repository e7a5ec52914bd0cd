"""Reasons and relaxations as sentences, in Chinese and English."""

import math
from collections.abc import Sequence
from fractions import Fraction

from jiandao.engines.portfolio.explain import Missing, Reason, Swap
from jiandao.engines.portfolio.plan import Rule

_MOST_NAMES = 5

_WHY = {
    "zh": {
        "in.locked": "规则规定必须实施。",
        "in.worth": "入选：{points} 分，所用资金和规则占用按影子价格值 {price} 分，多出 {surplus} 分。",
        "in.rule": "入选：按影子价格，规则“{rule}”为它加 {gift} 分；不计这一加分，分数不够。",
        "in.needed": "入选：已入选的 {by} 需要它先行。",
        "in.fits": "入选：按影子价格差 {lack} 分，但余下的资金恰好放得下它。",
        "out.locked": "规则规定不得入选。",
        "out.level": "未入选：同一项目的另一资助档次 {chosen} 已入选。",
        "out.requires": "未入选：它需要先行的 {missing} 没有入选。",
        "out.full": "未入选：规则“{rule}”的名额已由 {chosen} 占用。",
        "out.rule": "未入选：按影子价格，规则“{rule}”使它多付 {toll} 分；不计这一代价，分数够。",
        "out.price": "未入选：{points} 分，所用资金和规则占用按影子价格值 {price} 分，差 {lack} 分。",
        "out.fits": "未入选：按影子价格分数够，但余下的资金或规则余量容不下整个项目。",
        "out.nothing": "未入选：放得下，但加入它不增加总分。",
        "reserve": "列入储备。",
        "needs": "至少还需 {points} 分才可能入选。",
        "enough": "多 {points} 分即可入选。",
        "displaces": "入选会挤出 {names}。",
        "alone": "入选不挤出其他项目。",
        "tie": "换它入选同样好。",
        "without": "没有它，总分少 {points} 分。",
        "replaced": "它的位置可由 {names} 接替。",
        "money": "不挤出别的项目，需增加资金：{money}。",
        "also": "还须放宽：{rules}。",
        "cautious": "为稳妥起见，它有 {points} 分未计入。",
    },
    "en": {
        "in.locked": "A rule demands that it is implemented.",
        "in.worth": "In: {points} points; its money and its part in the rules are worth {price} at the prices; {surplus} more.",
        "in.rule": 'In: the rule "{rule}" is worth {gift} points to it at the prices; its points without them would not do.',
        "in.needed": "In because {by}, which is implemented, requires it first.",
        "in.fits": "In: {lack} points short at the prices, but it just fits into what was left.",
        "out.locked": "A rule demands that it is left out.",
        "out.level": "Out: {chosen}, another funding level of the same project, is chosen.",
        "out.requires": "Out: it requires {missing}, which is not implemented.",
        "out.full": 'Out: the places of the rule "{rule}" are taken by {chosen}.',
        "out.rule": 'Out: the rule "{rule}" costs it {toll} points at the prices; its points would do without that cost.',
        "out.price": "Out: {points} points; its money and its part in the rules are worth {price} at the prices; {lack} short.",
        "out.fits": "Out: good enough at the prices, but the money or the rules leave no room for the whole project.",
        "out.nothing": "Out: there is room for it, but it would add no points.",
        "reserve": "Kept in reserve.",
        "needs": "It needs at least {points} more points.",
        "enough": "With {points} more points it comes in.",
        "displaces": "It would displace {names}.",
        "alone": "It would displace no other project.",
        "tie": "A decision with it is just as good.",
        "without": "Without it the total falls by {points} points.",
        "replaced": "{names} would take its place.",
        "money": "To add it and displace nothing takes more money: {money}.",
        "also": "And these would have to give way: {rules}.",
        "cautious": "For caution {points} of its points are not counted.",
    },
}
_RULES = {
    "zh": {
        "floor": "{who}的资金不少于 {number}",
        "cap": "{who}的资金不超过 {number}",
        "at-most": "{who}中最多 {number} 个",
        "at-least": "{who}中至少 {number} 个",
        "leverage": "{who}的配套资金不少于财政资金的 {number} 倍",
        "risk": "{who}的平均风险不超过 {number}",
        "lock-in": "{who}必须实施",
        "lock-out": "{who}不得入选",
        "all": "全部项目",
        "field": "领域“{}”",
        "direction": "方向“{}”",
        "more": "等 {} 项",
    },
    "en": {
        "floor": "money of {who} at least {number}",
        "cap": "money of {who} at most {number}",
        "at-most": "of {who} at most {number}",
        "at-least": "of {who} at least {number}",
        "leverage": "cofunding of {who} at least {number} times the money",
        "risk": "mean risk of {who} at most {number}",
        "lock-in": "{who} must be implemented",
        "lock-out": "{who} must be left out",
        "all": "all projects",
        "field": 'field "{}"',
        "direction": 'direction "{}"',
        "more": "and others, {} in all",
    },
}
_RELAXED = {
    "zh": {
        "budget": "预算 {key} 需增加 {amount}",
        "floor": "“{rule}”需降低 {amount}",
        "cap": "“{rule}”需提高 {amount}",
        "at-most": "“{rule}”需增加 {amount} 个",
        "at-least": "“{rule}”需减少 {amount} 个",
        "leverage": "“{rule}”尚缺配套资金 {amount}",
        "risk": "“{rule}”超出的风险加权资金为 {amount}",
        "lock-in": "需取消 {key} 必须实施的规定",
        "lock-out": "需取消 {key} 不得入选的规定",
        "requires": "须先行实施：{key}",
        "level": "同一项目只能取一个资助档次：{key}",
    },
    "en": {
        "budget": "budget {key} takes {amount} more",
        "floor": '"{rule}" lowered by {amount}',
        "cap": '"{rule}" raised by {amount}',
        "at-most": '"{rule}" raised by {amount}',
        "at-least": '"{rule}" lowered by {amount}',
        "leverage": '"{rule}" lacks {amount} of cofunding',
        "risk": '"{rule}" is exceeded by {amount} of risk-weighted money',
        "lock-in": "{key} need not be implemented",
        "lock-out": "{key} may be chosen",
        "requires": "to be implemented first: {key}",
        "level": "only one funding level of a project: {key}",
    },
}


def number(value: float | Fraction) -> str:
    """At most two digits behind the point."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def names(ids: Sequence[str], language: str, count: int | None = None) -> str:
    """Some ids, the rest as a count; `count`: how many they are, where not all are given."""
    count = len(ids) if count is None else count
    comma = "、" if language == "zh" else ", "
    text = comma.join(ids[:_MOST_NAMES])
    if count > _MOST_NAMES:
        text += (" " if language == "en" else "") + _RULES[language]["more"].format(count)
    return text


def rule_text(rule: Rule, language: str) -> str:
    """A rule in words."""
    words = _RULES[language]
    who = [words[key].format(value) for key, value in (("field", rule.field), ("direction", rule.direction)) if value]
    if rule.projects is not None:
        who.append(names(sorted(rule.projects), language))
    joined = (" " if language == "en" else "").join(who) or words["all"]
    return words[rule.kind].format(who=joined, number=f"{float(rule.number):.10g}")


def relaxed_text(kind: str, key: str, amount: float | Fraction, rule: Rule | None, language: str) -> str:
    """A rule that gives way, with the amount."""
    return _RELAXED[language][kind].format(
        key=names(key.split(" "), language) if kind in {"level", "requires"} else key,
        amount=number(math.ceil(amount) if kind == "budget" else math.ceil(round(float(amount) * 100, 6)) / 100),
        rule=rule_text(rule, language) if rule else "",
    )


def reason_text(reason: Reason, state: str, language: str) -> str:
    """A project's reason as a short paragraph."""
    words, facts = _WHY[language], reason.facts
    points, price = (_number_of(facts, key) for key in ("points", "surplus"))
    values: dict[str, str] = {
        "points": number(points),
        "price": number(points - price),
        "surplus": number(reason.surplus),
        "lack": number(abs(reason.surplus)),
        "gift": number(_number_of(facts, "gift")),
        "toll": number(_number_of(facts, "toll")),
    }
    for key in ("by", "chosen", "missing"):
        ids = facts.get(key, ())
        assert isinstance(ids, tuple)
        count = facts.get("chosen_count") if key == "chosen" else None
        values[key] = names(ids, language, count if isinstance(count, int) else None)
    rule = facts.get("rule")
    values["rule"] = rule_text(rule, language) if isinstance(rule, Rule) else ""
    text = [words[reason.code].format(**values)]
    uncounted = _number_of(facts, "uncounted")
    if uncounted >= 0.005:
        text.append(words["cautious"].format(points=number(uncounted)))
    if state == "implement":
        text += _swap_in(reason.swap, language) if reason.swap else []
    else:
        text += [words["reserve"]] if state == "reserve" else []
        if reason.code != "out.locked":
            text += _needs(reason, language)
    return ("" if language == "zh" else " ").join(text)


def _number_of(facts: dict[str, object], key: str) -> float:
    value = facts.get(key, 0.0)
    assert isinstance(value, int | float)
    return value


def _swap_in(swap: Swap, language: str) -> list[str]:
    words = _WHY[language]
    text = [words["without"].format(points=number(swap.regret))]
    return text + ([words["replaced"].format(names=names(swap.brings, language))] if swap.brings else [])


def _needs(reason: Reason, language: str) -> list[str]:
    words, swap, text = _WHY[language], reason.swap, []
    least = reason.points_at_least
    if swap and swap.regret == 0:
        text.append(words["tie"])
    elif least >= 0.005:
        text.append(words["needs"].format(points=number(least)))
    if swap:
        if swap.regret and math.isfinite(swap.enough):
            text.append(words["enough"].format(points=number(math.ceil(swap.enough * 100) / 100)))
        shown = names(swap.displaces, language)
        text.append(words["displaces"].format(names=shown) if swap.displaces else words["alone"])
    money = [entry for entry in reason.missing if entry.kind == "budget"]
    others = [entry for entry in reason.missing if entry.kind not in {"budget", "state"}]
    if money:
        comma = "，" if language == "zh" else ", "
        text.append(words["money"].format(money=comma.join(f"{m.key} {number(m.amount)}" for m in money)))
    if others:
        text.append(words["also"].format(rules=_rules_text(others, language)))
    return text


def _rules_text(missing: Sequence[Missing], language: str) -> str:
    texts = [relaxed_text(m.kind, m.key, m.amount, m.rule, language) for m in missing[:_MOST_NAMES]]
    return ("；" if language == "zh" else "; ").join(texts)
