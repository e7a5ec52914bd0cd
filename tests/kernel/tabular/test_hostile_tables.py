"""Tables made to hurt: each is refused in one sentence, quickly, and without filling the memory."""

import io
import json
import time
import tracemalloc
import zipfile

import pytest
import xlsxwriter
from django.utils import translation

from jiandao.kernel.tabular import containers
from jiandao.kernel.tabular.faults import TableRefusedError
from jiandao.kernel.tabular.reading import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, read_table


def workbook(fill):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        fill(book, book.add_worksheet("需求"))
    return buffer.getvalue()


def with_part(content, name, change):
    """The workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            data = old.read(one)
            new.writestr(one.filename, change(data) if one.filename == name else data)
    return out.getvalue()


def plain():
    def fill(book, page):
        page.write_row(0, 0, ["题目", "预算"])
        page.write_row(1, 0, ["甲", 1])

    return workbook(fill)


SHEET = "xl/worksheets/sheet1.xml"


def refused(content, name="a.xlsx", **more):
    with pytest.raises(TableRefusedError) as error:
        list(read_table(content, name, **more).rows())
    with translation.override("en"):
        assert str(error.value)
    return error.value


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="3"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c><v>1</v></c><c r='XFD1048576' t='n'><v>1</v></c></row>",
        b'<x:row r="9"><x:c s="1" r="ZZZ999999"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_a_cell_a_million_rows_and_columns_away_is_named_and_not_laid_out(row):
    content = with_part(plain(), SHEET, lambda data: data.replace(b"</sheetData>", row + b"</sheetData>"))
    began = time.monotonic()
    error = refused(content)
    assert error.code == "table.area"
    assert error.facts["cell"] in {"XFD1048576", "ZZZ999999"}
    assert time.monotonic() - began < 2


def test_formatted_but_empty_cells_far_away_are_no_fault():
    row = b'<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    content = with_part(plain(), SHEET, lambda data: data.replace(b"</sheetData>", row + b"</sheetData>"))
    assert read_table(content, "a.xlsx").row_count == 1


def test_a_zip_bomb_is_stopped_while_it_unpacks(monkeypatch):
    monkeypatch.setattr(containers, "LARGEST_UNPACKED", 20 * 2**20)
    bomb = with_part(plain(), "xl/theme/theme1.xml", lambda data: b"\0" * (64 * 2**20))
    assert len(bomb) < 200_000
    tracemalloc.start()
    error = refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.code == "table.dense"
    assert peak < 16 * 2**20


def test_a_cell_of_hundreds_of_megabytes_is_refused_before_it_is_read():
    cell = b'<row r="99"><c r="A99" t="inlineStr"><is><t>' + b"x" * (150 * 2**20) + b"</t></is></c></row>"
    assert refused(
        with_part(plain(), SHEET, lambda data: data.replace(b"</sheetData>", cell + b"</sheetData>"))
    ).code == ("table.dense")


def test_a_bomb_that_lies_about_its_size_is_stopped_too(monkeypatch):
    monkeypatch.setattr(containers, "LARGEST_UNPACKED", 20 * 2**20)
    bomb = bytearray(with_part(plain(), "xl/theme/theme1.xml", lambda data: b"\0" * (64 * 2**20)))
    size = (64 * 2**20).to_bytes(4, "little")
    assert size in bomb
    assert refused(bytes(bomb).replace(size, (1000).to_bytes(4, "little"))).code in {"table.unpacked", "table.broken"}


def test_a_cut_or_changed_workbook_is_refused():
    content = plain()
    assert refused(content[: len(content) // 2]).code == "table.not_xlsx"
    torn = bytearray(content)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        at = book.getinfo(SHEET).header_offset + 60
    torn[at : at + 40] = b"\xff" * 40
    assert refused(bytes(torn)).code == "table.broken"


def test_old_and_locked_workbooks_say_what_to_do():
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).code == "table.old_excel"
    assert "xlsx" in str(refused(b"anything", "list.doc"))


def test_a_million_columns_in_csv_are_refused():
    text = ",".join(f"c{number}" for number in range(1_000_000))
    assert refused(f"{text}\n{text}\n".encode(), "a.csv").code == "table.columns"
    assert (
        refused(json.dumps([{f"c{n}": 1 for n in range(MOST_COLUMNS + 1)}]).encode(), "a.json").code == "table.columns"
    )


def test_too_many_rows_and_too_long_cells_are_refused():
    assert refused(b"a,b\n" + b"1,2\n" * (MOST_ROWS + 1), "a.csv").code == "table.rows"
    error = refused(f"a,b\n1,{'x' * (LONGEST_CELL + 1)}\n".encode(), "a.csv")
    assert (error.code, error.facts["cell"]) == ("table.long_cell", "B2")
    assert refused(b'a,b\n1,"never closed\n' + b"x" * 200_000, "a.csv").code == "table.csv"


def test_a_comma_without_quotes_is_noticed_before_it_shifts_cells():
    error = refused("题目,单位\n甲,乙,丙\n".encode(), "a.csv")
    assert (error.code, error.facts["row"]) == ("table.wide_row", 2)


def test_json_that_is_deep_or_nested_is_refused():
    assert refused(b"[" * 100_000, "a.json").code in {"table.json", "table.json_shape"}
    assert refused(b'[{"a": {"b": 1}}]', "a.json").code == "table.nested"
    assert refused(b'[{"a": 1}] rest', "a.json").code == "table.json"
    assert refused(b'{"a": 1}\nno json', "a.jsonl").facts["line"] == 2
    assert refused(b'[{"a": 1}, 7]', "a.json").facts["row"] == 2


def test_formulas_give_their_last_value_and_merged_cells_count_for_each_row():
    def fill(book, page):
        page.write_row(0, 0, ["单位", "题目", "金额"])
        page.merge_range(1, 0, 2, 0, "示范公司")
        page.write(1, 1, "甲")
        page.write_formula(1, 2, "=1+1", None, 2)
        page.write(2, 1, "乙")
        page.write(4, 1, "丙")

    table = read_table(workbook(fill), "a.xlsx")
    assert [(row.number, row.values) for row in table.rows()] == [
        (2, ["示范公司", "甲", 2.0]),
        (3, ["示范公司", "乙", ""]),
        (5, ["", "丙", ""]),
    ]
    assert table.row_count == 3


def test_a_sheet_is_chosen_by_name_and_hidden_ones_are_passed_over():
    def fill(book, page):
        page.hide()
        page.write_row(0, 0, ["secret", "x"])
        second = book.add_worksheet("第二")
        second.activate()
        second.set_first_sheet()
        second.write_row(0, 0, ["题目", "单位"])
        second.write_row(1, 0, ["甲", "乙"])

    content = workbook(fill)
    assert read_table(content, "a.xlsx").headers == ["题目", "单位"]
    assert refused(content, sheet="third").facts["sheet"] == "third"


def test_encodings_and_line_ends():
    text = "题目,单位\r\n甲,乙\n丙,丁\r戊,己\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        table = read_table(text.encode(encoding), "a.csv")
        assert [row.values for row in table.rows()] == [["甲", "乙"], ["丙", "丁"], ["戊", "己"]], encoding
    assert refused("题目,单位\n甲,乙\n".encode() + b"\xff\x41\n", "a.csv").facts["line"] == 3
    assert refused("name,town\nJosé,München\n".encode("latin-1"), "a.csv").code == "table.encoding"


def test_repeated_and_missing_headers_get_names_of_their_own():
    table = read_table("指标,指标,\n1,2,3\n".encode(), "a.csv")
    assert table.headers == ["指标", "指标 (2)", "C"]


def errors_book(sheet="需求"):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("说明").hide()
        page = book.add_worksheet(sheet)
        book.worksheets_objs[1].activate()
        page.write_row(0, 0, ["题目", "预算", "截止日期"])
        page.write(1, 0, "甲")
        page.write_formula(1, 1, "=NA()", None, "#N/A")
        page.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        page.write_row(2, 0, ["乙", 2])
    return buffer.getvalue()


@pytest.mark.parametrize("sheet", ["需求", "a & <b>"])
def test_the_error_of_a_formula_is_what_the_cell_shows(sheet):
    """The reader hands such cells out as empty; a fault there would be lost."""
    rows = [row.values for row in read_table(errors_book(sheet), "a.xlsx").rows()]
    assert rows == [["甲", "#N/A", "#DIV/0!"], ["乙", 2, ""]]


def test_too_many_errors_and_entities_in_the_index_are_refused(monkeypatch):
    monkeypatch.setattr("jiandao.kernel.tabular.containers.MOST_ERRORS", 1)
    assert refused(errors_book()).code == "table.errors"
    monkeypatch.undo()
    swollen = with_part(
        errors_book(),
        "xl/_rels/workbook.xml.rels",
        lambda data: data.replace(b"<Relationships", b'<!DOCTYPE a [<!ENTITY b "c">]><Relationships', 1),
    )
    assert refused(swollen).code == "table.broken"


@pytest.mark.parametrize(
    ("name", "content", "cell"),
    [
        ("a.csv", "编号,名称\nN1,a\0b\n", "B2"),
        ("a.csv", "编号,na\0me\nN1,a\n", "B1"),
        ("a.json", '[{"title": "\\ud800"}]', "#1 title"),
        ("a.json", '[{"title": "a\\u0000b"}]', "#1 title"),
        ("a.json", '[{"ti\\udfffle": "a"}]', "#1 tile"),
        ("a.json", '[{"title": ["a", "\\ud800"]}]', "#1 title"),
        ("a.jsonl", '{"title": "a"}\n{"title": "\\ud800"}\n', "#2 title"),
    ],
)
def test_characters_that_no_text_holds_are_named_by_their_cell(name, content, cell):
    with pytest.raises(TableRefusedError) as refused:
        read_table(content.encode(), name)
    assert (refused.value.code, refused.value.facts["cell"]) == ("table.no_text", cell)
    str(refused.value).encode()
