"""What can be wrong with a table or one of its cells: a code, facts, and a sentence in the reader's language."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LONGEST_SHOWN = 60
CHINESE, ENGLISH = "zh-hans", "en"

# code -> sentence with named places; whoever reads tables adds its own.
SENTENCES: dict[str, str | Promise] = {
    "table.empty": _("The file is empty; choose one with a header row and at least one row below it."),
    "table.no_rows": _("The file has a header row but no rows below it."),
    "table.ending": _("Files ending in “%(ending)s” cannot be read; save the table as .xlsx, .csv, .json or .jsonl."),
    "table.old_excel": _("This is an old Excel file (.xls) or has a password; save it as .xlsx without one."),
    "table.not_xlsx": _("This is no Excel workbook although its name ends in .xlsx; save it again from Excel or WPS."),
    "table.broken": _("The file is damaged and cannot be read; save it again and upload it anew."),
    "table.too_big": _("The file has %(size)s MB; at most %(most)s MB are read. Divide it."),
    "table.dense": _("The file holds almost nothing but repetitions and is not read; save the table anew as xlsx."),
    "table.unpacked": _("Unpacked, the file would have more than %(most)s MB; it is not read. Divide it."),
    "table.rows": _("The table has more than %(most)s rows; divide it."),
    "table.columns": _("The table has %(count)s columns; at most %(most)s are read. Remove those that are not needed."),
    "table.area": _("A cell far outside the table (%(cell)s) is filled; delete the empty rows and columns behind it."),
    "table.errors": _("More than %(most)s cells hold the error of a formula; correct the formulas first."),
    "table.gone": _("The uploaded file is not kept any longer; upload it again."),
    "table.sheets": _("The workbook has %(count)s sheets; at most %(most)s are read."),
    "table.no_sheet": _("The workbook has no sheet “%(sheet)s”; it has: %(there)s."),
    "table.long_cell": _("Cell %(cell)s has more than %(most)s characters; shorten it."),
    "table.no_text": _("Cell %(cell)s holds a character that no text has (NUL or half a sign); type the text again."),
    "table.encoding": _(
        "Line %(line)s is neither UTF-8 nor GB18030; save the file as “CSV UTF-8” and choose it again."
    ),
    "table.wide_row": _("Row %(row)s has more cells than the header row has columns; put texts with commas in quotes."),
    "table.csv": _("Row %(row)s cannot be read as CSV: a quotation mark is missing or a cell is too long."),
    "table.json": _("Line %(line)s is no JSON; a list of objects, or one object a line, is expected."),
    "table.json_shape": _("Entry %(row)s is no object; a list of objects such as [{\"title\": …}] is expected."),
    "table.nested": _("Entry %(row)s has an object under “%(column)s”; only texts, numbers and lists are read."),
    "cell.control": _("There is an invisible control character in the cell; type the text again."),
    "cell.long": _("These are %(count)s characters; at most %(most)s are kept. Shorten it."),
    "cell.error": _("The cell holds the error of a formula; correct the formula or type the value."),
    "cell.day": _("“%(text)s” is no date; write it as 2026-11-22."),
    "cell.day_order": _("“%(text)s” may be read in two ways; write year, month, day, as 2026-11-22."),
    "cell.month_number": _("“%(text)s” may mean January or October; write it as text: 2026-01 or 2026-10."),
    "cell.period": _("“%(text)s” is no period; write it as 2026.01-2027.12."),
    "cell.period_order": _("The period “%(text)s” ends before it begins."),
    "cell.money": _("“%(text)s” is no amount of money; write digits, as 1250.50."),
    "cell.money_fraction": _("%(text)s is not a whole number of fen; shorten it."),
    "cell.money_large": _("%(text)s is larger than any amount here can be; is the unit right?"),
    "cell.money_positive": _("The amount must be above nought."),
    "cell.number": _("“%(text)s” is no number; write digits, as 0.5."),
    "cell.choice": _("“%(text)s” is not among the choices: %(choices)s."),
    "cell.truth": _("The cell holds yes or no, but a text is expected here."),
}  # fmt: skip


def words(text: Any) -> Any:
    """A translated text in both languages, so that it can be kept and shown to any reader; other values as they are.

    A list becomes one of such texts.
    """
    if isinstance(text, list | tuple):
        return [words(one) for one in text]
    if not isinstance(text, Promise):
        return text
    both = {}
    for code in (CHINESE, ENGLISH):
        with translation.override(code):
            both[code] = str(text)
    return both


def shown(value: Any) -> Any:
    """A fact in the reader's language."""
    if isinstance(value, dict):
        return value.get(ENGLISH if (get_language() or "").startswith("en") else CHINESE, "")
    if isinstance(value, list | tuple):
        return ("; " if (get_language() or "").startswith("en") else "；").join(str(shown(one)) for one in value)
    return value


def sentence(code: str, facts: dict[str, Any]) -> str:
    """The sentence for a code in the reader's language."""
    return str(SENTENCES[code]) % {name: shown(value) for name, value in facts.items()}


def shortened(value: Any) -> str:
    """A cell's value as a fault quotes it."""
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


class TableRefusedError(ValueError):
    """The table cannot be read at all. `str()` is the sentence, in the language of the moment."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return sentence(self.code, self.facts)


class CellFaultError(ValueError):
    """A value that cannot be taken; whoever knows the cell makes a `Fault` of it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = {name: words(value) for name, value in facts.items()}

    def __str__(self) -> str:
        return sentence(self.code, self.facts)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell, or (with no column) with one row.

    row: number as the spreadsheet shows it, the header included; for JSON the entry, from 1
    cell: its address, as C7; empty for a row
    facts: JSON values; texts in both languages where they are ours (see `words`)
    """

    row: int
    column: str
    cell: str
    value: str
    code: str
    facts: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        return sentence(self.code, self.facts)

    def as_json(self) -> list[Any]:
        """As it is kept; `from_json` is the way back."""
        return [self.row, self.column, self.cell, self.value, self.code, self.facts]

    @classmethod
    def from_json(cls, kept: list[Any]) -> "Fault":
        return cls(*kept)
