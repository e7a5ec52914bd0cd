"""Tables from strangers: every cell with its address, every refusal in one sentence."""

import io
import json
from datetime import date

import pytest
import xlsxwriter

from jiandao.kernel.tabular import values
from jiandao.kernel.tabular.faults import CellFaultError, TableRefusedError
from jiandao.kernel.tabular.reading import read_table

ROWS = [["题目", "预算(万元)", "截止日期"], ["碳化硅外延", 300.5, "2026-11-22"], ["轴承钢", "=1+1", None]]


def workbook(rows):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def csv_bytes(rows, encoding, separator=","):
    return "\r\n".join(separator.join("" if cell is None else str(cell) for cell in row) for row in rows).encode(
        encoding
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", workbook(ROWS)),
        ("a.csv", csv_bytes(ROWS, "utf-8")),
        ("a.csv", csv_bytes(ROWS, "utf-8-sig", ";")),
        ("a.csv", csv_bytes(ROWS, "gb18030", "\t")),
        ("a.json", json.dumps([dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]).encode()),
        ("a.jsonl", "\n".join(json.dumps(dict(zip(ROWS[0], row, strict=True))) for row in ROWS[1:]).encode()),
    ],
)
def test_every_format_gives_the_same_table(name, content):
    table = read_table(content, name)
    assert table.headers == ROWS[0]
    rows = list(table.rows())
    assert [values.text(row.values[0]) for row in rows] == ["碳化硅外延", "轴承钢"]
    assert values.money(rows[0].values[1]) == 300_500_000
    assert values.day(rows[0].values[2]) == date(2026, 11, 22)
    assert list(table.rows()) == rows  # a second reading is the same
    address = table.address(rows[1].number, table.column("预算(万元)"))
    assert address == ("#2 预算(万元)" if "json" in name else "B3")


def test_a_title_above_the_header_is_passed_over():
    table = read_table(
        workbook([["需求汇总表"], ["题目", "截止日期"], ["甲", "乙"]]),
        "a.xlsx",
        known=ROWS[0].__contains__,
    )
    assert (table.header_row, table.headers) == (2, ["题目", "截止日期"])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", "table.ending"),
        ("a.xls", b"\xd0\xcf", "table.old_excel"),
        ("a.csv", b"", "table.empty"),
        ("a.csv", "题目,预算\n".encode(), "table.no_rows"),
        ("a.xlsx", b"PK\x03\x04 no zip", "table.not_xlsx"),
        ("a.xlsx", "题目,预算".encode(), "table.not_xlsx"),
        ("a.csv", b"\xff\xfe\xfa\xfb\x80\x81\x00\x01", "table.encoding"),
        ("a.json", b'{"title": ', "table.json"),
        ("a.json", b"[1, 2]", "table.json_shape"),
        ("a.csv", (",".join(f"c{i}" for i in range(300)) + "\n" + ",".join("x" * 300)).encode(), "table.columns"),
    ],
)
def test_what_is_no_table_is_refused_with_one_sentence(name, content, code):
    with pytest.raises(TableRefusedError) as refused:
        list(read_table(content, name).rows())
    assert refused.value.code in {code, "table.broken", "table.not_xlsx", "table.no_rows"}
    assert str(refused.value)
    if code not in {"table.encoding", "table.not_xlsx"}:
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("2026/11/22", date(2026, 11, 22)),
        ("2026年11月22日", date(2026, 11, 22)),
        ("２０２６．１１．２２", date(2026, 11, 22)),
    ],
)
def test_days_as_people_write_them(text, found):
    assert values.day(text) == found


def test_a_period_and_months_with_their_last_day():
    assert values.period("2018.01-2020.12") == (date(2018, 1, 1), date(2020, 12, 31))
    with pytest.raises(CellFaultError):
        values.period("2020.12-2018.01")


@pytest.mark.parametrize("text", ["2026-02-30", "22/11/12", "昨天", "2026-13-01"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(CellFaultError):
        values.day(text)


@pytest.mark.parametrize("text", ["三百", "-5", "0", "0.0000001", "1e999"])
def test_what_is_no_money_is_refused(text):
    with pytest.raises(CellFaultError):
        values.money(text)


def test_the_other_sheets_that_a_reader_sees_are_named():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, cell in (("封面", None), ("需求", "题目"), ("备注", "说明"), ("代码", "x")):
            sheet = book.add_worksheet(name)
            if cell:
                sheet.write_column(0, 0, [cell, "一"])
        sheet.hide()
    table = read_table(out.getvalue(), "t.xlsx")
    assert table.headers == ["题目"]
    assert table.not_read == ["封面", "备注"]
