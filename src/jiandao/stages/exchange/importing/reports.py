"""What a check or an import found: the counts, the faults by cell, and the file in which a person mends them."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from jiandao.kernel.tabular.export import harmless
from jiandao.kernel.tabular.faults import Fault
from jiandao.kernel.tabular.reading import Table

SHOWN_FAULTS = 200
MOST_FAULTS = 100_000
NAMED = 200  # new organisations and incomplete records that a report names


@dataclass
class Report:
    """Counts of rows, and the first of what a person wants to look at."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faulty: int = 0
    faults_total: int = 0
    faults: list[list[Any]] = field(default_factory=list)  # the first ones, see Fault.as_json
    organisations: int = 0  # that are new in the directory
    organisation_names: list[str] = field(default_factory=list)
    incomplete: int = 0  # published as they are
    incomplete_rows: list[list[Any]] = field(default_factory=list)  # [row, missing]
    imported: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Report":
        return cls(**kept)

    @property
    def shown(self) -> list[Fault]:
        return [Fault.from_json(one) for one in self.faults]

    @property
    def more(self) -> int:
        """Faults that are not shown."""
        return self.faults_total - len(self.faults)

    def counts(self) -> dict[str, int]:
        """For a job's page."""
        return {
            _("added"): self.new,
            _("updated"): self.changed,
            _("unchanged"): self.unchanged,
            _("faulty"): self.faulty,
        }


class FaultFile:
    """All faults of a check, a line each, beside the uploaded file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, faults: list[Fault]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.path.parent, delete=False) as file:
            for one in faults:
                file.write(json.dumps(one.as_json(), ensure_ascii=False) + "\n")
        Path(file.name).replace(self.path)

    def read(self) -> Iterator[Fault]:
        if not self.path.is_file():
            return
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield Fault.from_json(json.loads(line))


def faults_workbook(table: Table, faults: Iterator[Fault], target: Path) -> None:
    """The faulty rows as an Excel file: faulty cells marked, with a comment; the last columns say which row and why.

    The two columns added are passed over when the mended file is uploaded again.
    """
    by_row: dict[int, list[Fault]] = {}
    for one in faults:
        by_row.setdefault(one.row, []).append(one)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(target), options) as book:
        page = book.add_worksheet("Jiandao")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        marked = book.add_format({"bg_color": "#FFC7CE", "border": 1, "border_color": "#C00000"})
        marked_day = book.add_format({"bg_color": "#FFC7CE", "border": 1, "num_format": "yyyy-mm-dd"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        width = len(table.columns)
        for place, column in enumerate(table.columns):
            page.write_string(0, place, harmless(column.header), bold)
        page.write_string(0, width, _("row in the file"), bold)
        page.write_string(0, width + 1, _("why"), bold)
        page.set_column(0, width, 18)
        page.set_column(width + 1, width + 1, 80)
        page.freeze_panes(1, 0)
        line = 0
        for row in table.rows():
            own = by_row.get(row.number)
            if not own:
                continue
            line += 1
            headers = {one.column for one in own}
            for place, (column, value) in enumerate(zip(table.columns, row.values, strict=True)):
                wrong = column.header in headers
                if isinstance(value, date):
                    page.write_datetime(line, place, value, marked_day if wrong else None)
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    page.write_number(line, place, value, marked if wrong else None)
                else:
                    page.write_string(
                        line, place, harmless("" if value is None else str(value)), marked if wrong else None
                    )
            page.write_number(line, width, row.number)
            said = [f"{one.cell}: {one.sentence}" if one.cell else one.sentence for one in own]
            page.write_string(line, width + 1, harmless("\n".join(said)[:32_000]), wrapped)
