"""The works of an expert as one cell of a table: a line each, `title|year|kind|where known from`. The import reads it."""

from collections.abc import Iterable

from jiandao.stages.people.models import ExpertWork

BAR = "|"


def written(works: Iterable[ExpertWork]) -> str:
    """All four parts of each work, so that what was exported is read again as it was: only a title may hold a bar."""
    lines = []
    for one in works:
        year = str(one.year) if one.year is not None else ""
        source = one.source.replace(BAR, "/")
        lines.append(BAR.join((one.title, year, one.get_work_kind_display(), source)))
    alone = len(lines) == 1 and (";" in lines[0] or "；" in lines[0])
    return "\n".join(lines) + (BAR if alone else "")  # else the semicolon would part it in two
