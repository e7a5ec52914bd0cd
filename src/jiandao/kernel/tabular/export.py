"""Writing tables. What a person typed never becomes a formula, a link or a macro in somebody else's spreadsheet."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.money import in_wan

# What a spreadsheet takes for the beginning of a formula, also behind white space; OWASP's list.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LARGEST_CELL = 32_767


@dataclass(frozen=True)
class Sheet:
    """One table; `kinds` are those of list columns ("money" is fen and written in 万元)."""

    title: str
    headers: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Any]]
    limit: int | None = None

    @property
    def kept(self) -> Sequence[Sequence[Any]]:
        return self.rows if self.limit is None else self.rows[: self.limit]

    @property
    def note(self) -> str:
        """Said below the table when it was cut."""
        if self.limit is None or len(self.rows) <= self.limit:
            return ""
        return _("Only the first %(count)s rows are here; narrow the filters for the rest.") % {"count": self.limit}


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: such a beginning gets an apostrophe, as people write it."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def _cell(value: Any, kind: str) -> Any:
    """A value as a file keeps it: numbers as numbers, days as days, everything else as harmless text."""
    if value is None or value == "":
        return ""
    if kind == "money":
        return in_wan(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return clock.local(value).replace(tzinfo=None)
    if isinstance(value, int | float | Decimal | date):
        return value
    return harmless(getattr(value, "label", None) or str(value))[:_LARGEST_CELL]


def as_xlsx(sheet: Sheet, name: str) -> HttpResponse:
    """The table as an Excel file, header frozen, days and numbers typed."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        page = book.add_worksheet("Jiandao")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        money = book.add_format({"num_format": "#,##0.00####"})
        for column, (header, kind) in enumerate(zip(sheet.headers, sheet.kinds, strict=True)):
            page.write_string(0, column, _headed(header, kind), bold)
            page.set_column(column, column, 40 if column == 0 else 18)
        for number, row in enumerate(sheet.kept, start=1):
            for column, (value, kind) in enumerate(zip(row, sheet.kinds, strict=True)):
                cell = _cell(value, kind)
                if isinstance(cell, str):
                    page.write_string(number, column, cell)
                elif isinstance(cell, datetime):
                    page.write_datetime(number, column, cell, moment)
                elif isinstance(cell, date):
                    page.write_datetime(number, column, cell)
                else:
                    page.write_number(number, column, cell, money if kind == "money" else None)
        if sheet.note:
            page.write_string(len(sheet.kept) + 1, 0, sheet.note)
        page.freeze_panes(1, 0)
    return _file(buffer.getvalue(), f"{name}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def as_csv(sheet: Sheet, name: str) -> HttpResponse:
    """The table as CSV, UTF-8 with a mark so that Excel reads Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([harmless(_headed(h, kind)) for h, kind in zip(sheet.headers, sheet.kinds, strict=True)])
    for row in sheet.kept:
        writer.writerow([_written(_cell(value, kind)) for value, kind in zip(row, sheet.kinds, strict=True)])
    if sheet.note:
        writer.writerow([sheet.note])
    return _file(buffer.getvalue().encode("utf-8-sig"), f"{name}.csv", "text/csv; charset=utf-8")


def _headed(header: str, kind: str) -> str:
    return _("%(header)s (CNY 10,000)") % {"header": header} if kind == "money" else header


def _written(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
