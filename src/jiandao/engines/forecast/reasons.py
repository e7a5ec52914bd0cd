"""Sentences of the forecasts, from codes with parameters."""

from collections.abc import Sequence
from datetime import date

from jiandao.engines.forecast.warning import Rates, Warned


def basis(name: str, asked: str, levels: Sequence[str], calibrated: int, censored: int, language: str) -> str:
    """On what the quantiles of one piece of work stand."""
    zh = language == "zh"
    shown = name or ("全部类别" if zh else "all classes")
    parts = [f"同类：{shown}" if zh else f"class: {shown}"]
    if name != asked:
        parts.append(f"“{asked}”尚无完工记录" if zh else f"nothing of {asked} is finished")
    if censored:
        parts.append(
            f"另有 {censored} 项未完工，按已历时计" if zh else f"{censored} unfinished counted with the days seen"
        )
    if levels:
        parts.append(
            f"{'、'.join(levels)} 超出全部已知记录，只是下限"
            if zh
            else f"{', '.join(levels)} beyond all that was seen: at least this"
        )
    parts.append(
        (f"宽度按 {calibrated} 次历史预测校正" if zh else f"width corrected by {calibrated} past forecasts")
        if calibrated
        else ("历史太少，宽度未校正" if zh else "too little history to correct the width")
    )
    return ("；" if zh else "; ").join(parts)


def warning(one: Warned, rates: Rates, language: str) -> str:
    """Why this probability."""
    zh = language == "zh"
    if one.overdue:
        return (
            "预计完成日已过而未更新：已经晚了，先要一个新的日期"
            if zh
            else "the forecast end has passed and was not renewed: it is late already, ask for a new date first"
        )
    if one.intervals:
        first = (
            f"{one.intervals} 次可推迟而推迟了 {one.moves} 次"
            if zh
            else f"its end moved in {one.moves} of {one.intervals} report intervals"
        )
    else:
        first = "尚无可比的前后两次报告" if zh else "it has no two reports to compare yet"
    low, high, usual = (f"{value * 100:.0f}%" for value in (one.low, one.high, one.usual))
    base = (
        (
            f"全体通常 {usual}（{rates.projects} 个项目、{rates.intervals} 次间隔）"
            if zh
            else f"usually {usual} ({rates.projects} projects, {rates.intervals} intervals)"
        )
        if rates.intervals
        else ("没有其他项目可比" if zh else "no other project to compare with")
    )
    parts = [first, base, f"80% 区间 {low}–{high}" if zh else f"80 % interval {low}–{high}"]
    if one.behind == one.behind and one.behind > 0.1:
        share = f"{one.behind * 100:.0f}"
        parts.append(
            f"支出进度比时间进度慢 {share} 个百分点（未计入）"
            if zh
            else f"spending is {share} points behind time (not counted)"
        )
    return ("；" if zh else "; ").join(parts)


def iso(ordinal: int) -> str:
    """2024-05-31."""
    return date.fromordinal(ordinal).isoformat()
