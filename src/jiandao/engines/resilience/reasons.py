"""The sentences of the reports, from codes with parameters."""

from typing import Any

_SENTENCES = {
    "foreign-majority": (
        "{top} 占供应的 {value}（阈值 {threshold}），而 {home} 只占 {home_share}（阈值 {home_threshold}）；{quality}。",
        "{top} holds {value} of supply (threshold {threshold}), {home} {home_share} (threshold {home_threshold}); {quality}.",
    ),
    "foreign-concentration": (
        "国别集中度 {value}（阈值 {threshold}），以 {top} 为首；{home} 占 {home_share}（阈值 {home_threshold}）；{quality}。",
        "HHI {value} (threshold {threshold}), led by {top}; {home} holds {home_share} (threshold {home_threshold}); {quality}.",
    ),
    "unrated": (
        "没有份额数据，也没有上游投入：停供推演中按不受影响计算，不能据此认为安全。",
        "No share and no input is known: what-if runs count it as unharmed, which does not say that it is safe.",
    ),
}
_QUALITY = {
    "complete": ("份额数据完整（未知 {unknown}）", "shares are complete ({unknown} unknown)"),
    "partial": ("份额数据部分缺失（未知 {unknown}）", "shares are partial ({unknown} unknown)"),
    "poor": ("份额数据多数缺失（未知 {unknown}）", "most shares are missing ({unknown} unknown)"),
}


def sentence(reason: dict[str, Any], language: str) -> str:
    """The sentence of a reason, `zh` or `en`."""
    place = 0 if language == "zh" else 1
    shown = dict(reason)
    for name in ("home_share", "home_threshold", "unknown"):
        if name in reason:
            shown[name] = per_cent(reason[name])
    if reason["code"] == "foreign-majority":
        shown.update(value=per_cent(reason["value"]), threshold=per_cent(reason["threshold"]))
    elif "value" in reason:
        shown.update(value=f"{reason['value']:.2f}", threshold=f"{reason['threshold']:.2f}")
    if "quality" in reason:
        text = _QUALITY[reason["quality"]][place].format(unknown=per_cent(reason["unknown"]))
        if reason.get("year"):
            text += (f"，{reason['year']} 年", f", of {reason['year']}")[place]
        shown["quality"] = text
    return _SENTENCES[reason["code"]][place].format(**shown)


def per_cent(share: float) -> str:
    """`92.4%`: what a share of 0.924 is called."""
    return f"{share * 100:.1f}%"
