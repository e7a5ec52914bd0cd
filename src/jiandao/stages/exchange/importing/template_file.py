"""The empty table that people fill in: our headers and lists of choices in the cells; an example on a sheet behind."""

import io
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.importing.fields import Importable, ImportField

_EXAMPLES = {
    "id": "2026-001",
    "organisation": "示范碳化硅科技有限公司",
    "title": "8英寸碳化硅外延片缺陷密度控制",
    "keywords": "碳化硅，外延，缺陷",
    "problem": "8英寸外延片的缺陷密度为3个/cm²，需要降到1个/cm²以下；两种衬底清洗方法都试过，批次之间仍不稳定。",
    "goal": "连续三批达到指标，并给出可在现有产线上执行的工艺。",
    "conditions": "有外延设备和检测手段。",
    "budget_fen": 300,
    "price_fen": 50,
    "indicators": "缺陷密度 ≤ 1 个/cm²; KLA 检测\n厚度均匀性 ≥ 98 %; 九点法",
    "text": "通过氯基外延和原位刻蚀，把8英寸碳化硅外延片的缺陷密度降到0.5个/cm²，已在中试线上连续生产三批。",
    "authors": "示例作者",
    "name": "张三",
    "post": "教授",
    "works": "8英寸碳化硅外延片缺陷的原位控制|2024|论文|材料导报\n氯基外延生长中的台阶聚集",
    "former_names": "示范半导体材料有限公司",
    "short_names": "示范碳化硅",
    "place": "示范园区3号楼",
    "opening_hours": "周一至周五 9:00–17:00",
    "level_from": 4,
    "level_to": 7,
    "days_a_year": 10,
    "trl_evidence": "中试报告和用户试用证明。",
}
EXAMPLE_SHEET = "示例 Example"
ROWS_WITH_LISTS = 1_000
_REQUIRED = {"organisation", "title", "name"}


def template(what: Importable) -> bytes:
    """An xlsx file whose first sheet can be filled in and uploaded; only that sheet is read."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        page = book.add_worksheet("Jiandao")
        example = book.add_worksheet(EXAMPLE_SHEET)
        lists = book.add_worksheet("choices")
        lists.hide()
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, one in enumerate(what.fields.values()):
            width = 40 if one.kind in {"text", "indicators"} else 18
            for sheet in (page, example):
                sheet.write_string(0, place, _header(one), bold)
                sheet.set_column(place, place, width, day if one.kind == "day" else None)
            choices = _choices(one)
            if choices:
                lists.write_column(0, place, choices)
                source = f"=choices!{_absolute(len(choices), place)}"
                page.data_validation(1, place, ROWS_WITH_LISTS, place, {"validate": "list", "source": source})
            _example(example, place, one, choices)
        page.freeze_panes(1, 0)
    return buffer.getvalue()


def _header(one: ImportField) -> str:
    if one.kind == "money":
        return _("%(header)s (CNY 10,000)") % {"header": one.label}
    return f"{one.label} *" if one.name in _REQUIRED else str(one.label)


def _absolute(count: int, place: int) -> str:
    return str(xlsxwriter.utility.xl_range_abs(0, place, count - 1, place))


def _choices(one: ImportField) -> list[str]:
    if one.kind == "choice":
        return [str(label) for label in one.labels]
    if one.kind == "flag":
        return [_("yes"), _("no")]
    if one.kind in {"term", "terms"}:
        return [str(term) for term in Term.objects.of(one.vocabulary, clock.today())[:500]]
    return []


def _example(page: Any, place: int, one: ImportField, choices: list[str]) -> None:
    value = _EXAMPLES.get(one.name)
    if isinstance(value, int):
        page.write_number(1, place, value)
    elif value:
        page.write_string(1, place, value)
    elif one.kind == "day" and one.name != "secret_until":
        page.write_datetime(1, place, clock.today().replace(year=clock.today().year + 1, day=1))
    elif one.kind == "choice":
        page.write_string(1, place, choices[0])
