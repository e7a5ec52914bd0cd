"""A cell with the works of an expert: a line each or parted by semicolons, `title|year|kind|where known from`.

A title alone does. Parts that are missing say nothing: of a work that is known by its title they stay as they are.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.tabular import values
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError, shortened
from jiandao.stages.people.models import ExpertWork, WorkKind
from jiandao.stages.people.works import BAR

SENTENCES.update(
    {
        "works.year": _("“%(work)s”: “%(text)s” is no year from 1900 to 2200. Write title|year|kind|where known from."),
        "works.kind": _("“%(work)s”: “%(text)s” is no kind of work; write one of: %(choices)s."),
        "works.title": _("“%(work)s” has no title. Write title|year|kind|where known from."),
    }
)
_BARS = re.compile(r"\s*[|｜]\s*")
_YEAR = re.compile(r"(\d{4})\s*年?")
_MOST_SOURCE = 200
Work = dict[str, Any]


def works_of(cell: str, kinds: Mapping[str, str], labels: Any, longest: int) -> list[Work]:
    """The works in a cell; `kinds`: folded word -> code. CellFaultError names the work that cannot be read.

    Where there are line breaks they alone part the works, so that a title may hold a semicolon; a single work that holds
    one ends with a bar, as the export writes it.
    """
    parted = cell.split("\n") if "\n" in cell or cell.endswith(BAR) else re.split(r"[;；]+", cell)
    found: dict[tuple[Any, ...], Work] = {}
    for text in parted:
        if text.strip():
            work = _work(text.strip(), kinds, labels, longest)
            found.setdefault(tuple(work.items()), work)
    return list(found.values())


def _work(text: str, kinds: Mapping[str, str], labels: Any, longest: int) -> Work:
    parts = _BARS.split(text.removesuffix(BAR) if _BARS.search(text[:-1]) else text)
    if len(parts) > 4:  # the title holds the others
        parts = ["|".join(parts[:-3]), *parts[-3:]]
    title, year, kind, source = (*parts, "", "", "")[:4]
    if year and kind and _YEAR.fullmatch(kind) and values.folded(year) in kinds:
        year, kind = kind, year  # the other way round is as clear
    title = " ".join(title.split())
    if not title:
        raise CellFaultError("works.title", work=shortened(text))
    for part, most in ((title, longest), (source, _MOST_SOURCE)):
        if len(part) > most:
            raise CellFaultError("cell.long", count=len(part), most=most)
    return {
        "title": title,
        "year": _year(title, year) if year else None,
        "work_kind": _kind(title, kind, kinds, labels) if kind else "",
        "source": source,
    }


def _year(title: str, text: str) -> int:
    found = _YEAR.fullmatch(text)
    if found is None or not 1900 <= int(found.group(1)) <= 2200:
        raise CellFaultError("works.year", work=shortened(title), text=shortened(text))
    return int(found.group(1))


def _kind(title: str, text: str, kinds: Mapping[str, str], labels: Any) -> str:
    code = kinds.get(values.folded(text))
    if code is None:
        raise CellFaultError("works.kind", work=shortened(title), text=shortened(text), choices=labels)
    return code


def completed(given: Iterable[Work], there: Iterable[ExpertWork]) -> list[Work]:
    """The works that a row gives, with what it leaves out taken from the one of that title that is there already."""
    by_title: dict[str, list[ExpertWork]] = {}
    for one in there:
        by_title.setdefault(one.title, []).append(one)
    found = []
    for work in given:
        known = by_title.get(work["title"], [])
        old = known[0] if len(known) == 1 else None
        found.append(
            {
                "title": work["title"],
                "year": work["year"] if work["year"] is not None or old is None else old.year,
                "work_kind": work["work_kind"] or (old.work_kind if old is not None else WorkKind.PAPER),
                "source": work["source"] or (old.source if old is not None else ""),
            }
        )
    return found


def shown(works: Iterable[Any]) -> list[str]:
    """Works as a preview compares them."""
    rows = [one if isinstance(one, dict) else vars(one) for one in works]
    return sorted(f"{one['title']} ({one['year'] or '–'}, {one['work_kind']}) {one['source']}".strip() for one in rows)
