"""Indicators from cells: one cell with a line each, or one column a part. The rules are those of the form."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.tabular import values
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError, shortened
from jiandao.kernel.tabular.values import folded
from jiandao.stages.exchange.importing.fields import MOST_INDICATORS, comparator_words
from jiandao.stages.exchange.importing.words import COMPARATORS
from jiandao.stages.exchange.models import Comparator, TargetIndicator

SENTENCES.update(
    {
        "indicator.form": _(
            "“%(text)s” is no indicator; write name, comparator, value and unit, then a semicolon and the test method: "
            "defect density ≤ 1 /cm²; KLA."
        ),
        "indicator.many": _("These are %(count)s indicators; at most %(most)s are kept."),
        "indicator.name": _("Name the quantity that is measured."),
        "indicator.threshold": _("Give the value that must be reached."),
        "indicator.tolerance": _("“Within ±” needs how far on either side."),
        "indicator.no_tolerance": _("Only “within ±” has a tolerance."),
        "indicator.below": _("The stretch is the harder goal; here it must not be below the threshold."),
        "indicator.above": _("The stretch is the harder goal; here it must not be above the threshold."),
        "indicator.no_stretch": _("Only “at least” and “at most” have a stretch."),
        "indicator.digits": _(
            "%(text)s has too many digits; at most fourteen before and six after the point are kept."
        ),
    }
)

Values = dict[str, Any]
_NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?"
_WORDS = "|".join(
    sorted((re.escape(word) for word in COMPARATORS if len(word) > 2 or not word.isalpha()), key=len)[::-1]
)
_WHOLE = re.compile(
    rf"(?P<name>.+?)\s*(?P<comparator>{_WORDS})\s*(?P<threshold>{_NUMBER})\s*(?:±\s*(?P<tolerance>{_NUMBER}))?"
    rf"(?P<unit>[^;\[(→]*?)\s*(?:\(?→\s*(?P<stretch>{_NUMBER})[^)\[]*\)?)?\s*(?:\[(?P<test_method>.*)\])?",
    re.IGNORECASE,
)
# Only signs, not units: NFKC would make cm2 of cm².
_HALF_WIDTH = {0xFF01 + place: chr(0x21 + place) for place in range(94)} | {0x3000: " "}
_MARK = re.compile(r"^\s*(?:\d{1,2}[.、)）]|[-*•·])\s+(?=\S)|^\s*\d{1,2}[、)）]\s*")


def from_text(text: str) -> list[Values]:
    """The indicators of one cell. A part behind a semicolon is the test method, unless it is an indicator itself."""
    found: list[Values] = []
    for raw in text.split("\n"):
        written = _MARK.sub("", raw.translate(_HALF_WIDTH))
        for place, part in enumerate(piece.strip() for piece in written.split(";")):
            if not part:
                continue
            match = _WHOLE.fullmatch(part)
            if match:
                found.append(_of(match))
            elif place and found:
                own = found[-1]
                own["test_method"] = "; ".join(one for one in (own["test_method"], part) if one)
            else:
                raise CellFaultError("indicator.form", text=shortened(part))
    return found


def _of(match: "re.Match[str]") -> Values:
    comparator = COMPARATORS[match["comparator"].lower()]
    if match["tolerance"]:
        comparator = Comparator.WITHIN.value
    return {
        "name": match["name"].strip(" :,"),
        "comparator": comparator,
        "threshold": values.number(match["threshold"]),
        "tolerance": values.number(match["tolerance"]) if match["tolerance"] else None,
        "stretch": values.number(match["stretch"]) if match["stretch"] else None,
        "unit": (match["unit"] or "").strip(),
        "test_method": (match["test_method"] or "").strip(),
    }


class Collector:
    """The indicators of one row, from whichever columns; faults go to the column that caused them."""

    def __init__(self, fault: Callable[[str, CellFaultError], None]) -> None:
        self._fault = fault
        self._whole: list[tuple[str, Values]] = []
        self._parts: dict[int, dict[str, tuple[str, Any]]] = {}
        self._failed: set[int] = set()

    def cell(self, header: str, raw: Any) -> None:
        """A cell that holds any number of indicators."""
        self._read(header, 0, lambda: self._whole.extend((header, one) for one in from_text(values.text(raw))))

    def part(self, header: str, number: int, part: str, raw: Any) -> None:
        """A cell that holds one part of the indicator of that number."""
        if part == "whole":
            self.cell(header, raw)
            return
        self._read(header, number, lambda: self._keep(header, number, part, raw))

    def _keep(self, header: str, number: int, part: str, raw: Any) -> None:
        value: Any
        if part in {"threshold", "tolerance", "stretch"}:
            value = values.number(raw)
        elif part == "comparator":
            written = values.line(raw)
            value = COMPARATORS.get(folded(written)) or values.choice(
                written, comparator_words(), [label for _code, label in Comparator.choices]
            )
        else:
            value = values.line(raw)
        self._parts.setdefault(number, {})[part] = (header, value)

    def _read(self, header: str, number: int, read: Callable[[], None]) -> None:
        try:
            read()
        except CellFaultError as error:
            self._failed.add(number)
            self._fault(header, error)

    def indicators(self) -> list[Values]:
        """All of them in order, checked as the form checks them."""
        rows = [(dict.fromkeys(values_, header), values_) for header, values_ in self._whole]
        for number in sorted(self._parts):
            if number in self._failed:
                continue
            given = self._parts[number]
            first = next(iter(given.values()))[0]
            row: Values = {
                "name": "", "comparator": "ge", "threshold": None, "tolerance": None, "stretch": None, "unit": "",
                "test_method": "",
            }  # fmt: skip
            rows.append((dict.fromkeys(row, first) | {part: header for part, (header, _v) in given.items()},
                         row | {part: value for part, (_header, value) in given.items()}))  # fmt: skip
        if len(rows) > MOST_INDICATORS:
            self._fault(rows[0][0]["name"], CellFaultError("indicator.many", count=len(rows), most=MOST_INDICATORS))
        for headers, row in rows:
            for part, error in _faults(row):
                self._fault(headers[part], error)
        return [row for _headers, row in rows]


_LONGEST: dict[str, int] = {
    name: getattr(TargetIndicator._meta.get_field(name), "max_length", 0) for name in ("name", "unit", "test_method")
}
_LARGEST = Decimal(10) ** 14
_SMALLEST = Decimal(1).scaleb(-6)


def _faults(row: Values) -> list[tuple[str, CellFaultError]]:
    found: list[tuple[str, CellFaultError]] = []
    if not row["name"]:
        found.append(("name", CellFaultError("indicator.name")))
    found += [
        (part, CellFaultError("cell.long", count=len(row[part]), most=most))
        for part, most in _LONGEST.items()
        if len(row[part]) > most
    ]
    for part in ("threshold", "tolerance", "stretch"):
        value = row[part]
        if value is not None and (abs(value) >= _LARGEST or value != value.quantize(_SMALLEST)):
            found.append((part, CellFaultError("indicator.digits", text=str(value))))
    if row["threshold"] is None:
        return [*found, ("threshold", CellFaultError("indicator.threshold"))]
    within = row["comparator"] == "within"
    if within and not (row["tolerance"] or 0) > 0:
        found.append(("tolerance", CellFaultError("indicator.tolerance")))
    if not within and row["tolerance"] is not None:
        found.append(("tolerance", CellFaultError("indicator.no_tolerance")))
    stretch = _stretch_fault(row)
    return [*found, ("stretch", CellFaultError(stretch))] if stretch else found


def _stretch_fault(row: Values) -> str:
    """Code of what is wrong with the stretch, empty when nothing is."""
    comparator, threshold, stretch = row["comparator"], row["threshold"], row["stretch"]
    if stretch is None:
        return ""
    if comparator in {"ge", "gt"}:
        return "indicator.below" if stretch < threshold else ""
    if comparator in {"le", "lt"}:
        return "indicator.above" if stretch > threshold else ""
    return "indicator.no_stretch"
