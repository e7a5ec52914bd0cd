"""What is vague in a need, and why: told while its writer types.

Badly written needs are the main failure of matching: a quarter goes back for a second diagnosis because the route or
the description was vague. So the editor names the word, the place and what to write instead.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Words that promise without measuring. Longer ones first, so that 国际领先 is not found as 领先.
VAGUE_ZH = (
    "国际领先", "国内领先", "国际先进", "国内先进", "行业领先", "世界一流", "国际一流", "填补空白", "尽可能", "尽快",
    "大幅度", "大幅", "显著", "明显", "较高", "较低", "较好", "较大", "较小", "较强", "更高", "更好", "更强", "优异",
    "优良", "良好", "先进", "领先", "一流", "高性能", "高精度", "高效率", "低成本", "高质量", "适当", "一定的", "若干",
    "相关技术", "等等",
)  # fmt: skip
VAGUE_EN = (
    "state-of-the-art", "state of the art", "world-class", "world class", "cutting-edge", "as soon as possible",
    "as far as possible", "as possible", "significantly", "significant", "considerably", "substantially", "advanced",
    "high-performance", "high performance", "high precision", "low cost", "better", "improved", "excellent", "suitable",
    "appropriate", "various", "etc.",
)  # fmt: skip

_ZH = re.compile("|".join(map(re.escape, VAGUE_ZH)))
_EN = re.compile(r"(?<![a-z])(?:" + "|".join(map(re.escape, VAGUE_EN)) + r")(?![a-z])", re.IGNORECASE)
_CLAUSE = re.compile(r"[^，。；！？,;!?\n]+")
_NUMBER = re.compile(r"[0-9０-９]")
SHORT = 40  # characters; a problem in fewer does not tell one technology from another


@dataclass(frozen=True)
class Finding:
    """One thing that is vague: a code, the field it stands in, the facts, and which characters (start, end)."""

    code: str
    field: str
    facts: tuple[tuple[str, Any], ...] = ()
    span: tuple[int, int] | None = None

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.code]) % dict(self.facts)


SENTENCES: dict[str, str | Promise] = {
    "vague.word": _("“%(word)s” promises without measuring. Say how much, in which unit, compared with what."),
    "vague.no_number": _("There is no number in the problem. State today's value and the one you need."),
    "vague.short": _("%(count)s characters do not tell a researcher enough; say what was tried and where it fails."),
    "vague.no_indicator": _(
        "There is no indicator yet. An answer can only be judged by a number and how it is tested."
    ),
    "vague.no_unit": _("Indicator %(number)s, “%(name)s”, has no unit (write 1 when it has none)."),
    "vague.no_test": _("Indicator %(number)s, “%(name)s”, does not say how it is tested."),
    "vague.indicator_name": _(
        "Indicator %(number)s: “%(name)s” is a judgement, not a quantity that an instrument shows."
    ),
    "vague.indicator_twice": _("Indicator %(number)s, “%(name)s”, stands here twice."),
    "vague.stretch_missing": _(
        "Indicator %(number)s, “%(name)s”, has no stretch value; a second goal tells good answers apart."
    ),
}


def vague_words(name: str, text: str) -> list[Finding]:
    """Vague words of a text; one beside a number in the same clause is taken as measured."""
    found = []
    for clause in _CLAUSE.finditer(text):
        if _NUMBER.search(clause.group()):
            continue
        for pattern in (_ZH, _EN):
            for word in pattern.finditer(clause.group()):
                start = clause.start() + word.start()
                facts = (("word", word.group()),)
                found.append(Finding("vague.word", name, facts, (start, start + len(word.group()))))
    return found


def findings(*, title: str, problem: str, goal: str, indicators: Sequence[dict[str, Any]]) -> list[Finding]:
    """Everything vague in a need as it is typed, in the order of the form. Empty fields are not nagged about.

    `indicators` holds one dict a row with the keys name, unit, test_method, stretch (missing keys count as empty).
    """
    found = [*vague_words("title", title), *vague_words("problem", problem)]
    if problem.strip():
        if len(problem.strip()) < SHORT:
            found.append(Finding("vague.short", "problem", (("count", len(problem.strip())),)))
        if not _NUMBER.search(problem):
            found.append(Finding("vague.no_number", "problem"))
    found += vague_words("goal", goal)
    rows = [row for row in indicators if str(row.get("name") or "").strip()]
    if problem.strip() and not rows:
        found.append(Finding("vague.no_indicator", "indicators"))
    return found + list(_of_indicators(rows))


def _of_indicators(rows: Iterable[dict[str, Any]]) -> Iterable[Finding]:
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = str(row["name"]).strip()
        facts = (("number", number), ("name", name))
        if vague_words("indicators", name):
            yield Finding("vague.indicator_name", "indicators", facts)
        if not str(row.get("unit") or "").strip():
            yield Finding("vague.no_unit", "indicators", facts)
        if not str(row.get("test_method") or "").strip():
            yield Finding("vague.no_test", "indicators", facts)
        if name in seen:
            yield Finding("vague.indicator_twice", "indicators", facts)
        elif not isinstance(row.get("stretch"), Decimal):
            yield Finding("vague.stretch_missing", "indicators", facts)
        seen.add(name)
