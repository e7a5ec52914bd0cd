"""`jiandao import` and `jiandao export` as somebody types them: exit status, streams, and what is there afterwards."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection, connections

import factories
from jiandao import cli
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.importing.models import ImportBatch
from jiandao.stages.exchange.models import Need

HEADERS = "编号,需求名称,需求方,主要问题,预算(万元),截止日期,指标\n"
GOOD = "N1,碳化硅外延,示范公司,缺陷多。,300,2027-05-01,缺陷密度 ≤ 1 个/cm²; KLA\n"
BAD = "N2,轴承钢,示范公司,氧含量高。,面议,2027-02-30,先进\n"


@pytest.fixture
def programme(transactional_db):
    found = factories.programme(slug="hubei")
    account = factories.account("officer")
    factories.grant(account, Role.PROGRAMME_OFFICER, found)
    return found


@pytest.fixture
def jiandao(programme, tmp_path):
    """`jiandao(*words)`: a process of its own in a folder of its own, on the database of the test."""

    def call(*words, wait=True):
        surroundings = {**os.environ, "JIANDAO_DATABASE_NAME": connections.settings["default"]["NAME"]}
        command = [sys.executable, "-m", "jiandao.cli", *words]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if not wait:
            return process
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err
        return process.returncode, out, err

    return call


@pytest.fixture
def here(programme, tmp_path, monkeypatch, capsys):
    """`here(*words)`: the same in this process, which starts no Python and no Django."""
    monkeypatch.chdir(tmp_path)
    for module in ("importing", "exporting"):
        monkeypatch.setattr(f"jiandao.web.commands.{module}.prepare", lambda: None)

    def call(*words):
        try:
            status = cli.main(list(words))
        except SystemExit as ended:
            status = ended.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def write(tmp_path, text, name="needs.csv", encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))


def count(programme):
    with in_programme(programme):
        return Need.objects.count()


def test_a_file_is_tried_imported_and_changes_nothing_the_second_time(jiandao, programme, tmp_path):
    write(tmp_path, HEADERS + GOOD, encoding="gb18030")
    assert jiandao("import", "needs", "needs.csv", "--dry-run", "--lang", "en") == (
        0, "Nothing was written. New: 1, changed: 0, unchanged: 0, faulty: 0.\n", "",
    )  # fmt: skip
    assert count(programme) == 0
    assert not ImportBatch.everywhere().exists()
    assert jiandao("import", "needs", "needs.csv", "--lang", "en") == (
        0, "New: 1, changed: 0, unchanged: 0, skipped: 0.\n", "",
    )  # fmt: skip
    assert jiandao("import", "needs", "needs.csv", "--lang", "en")[1].startswith("New: 0, changed: 0, unchanged: 1")
    write(tmp_path, HEADERS + "N1,碳化硅外延,示范公司,,,,\n")
    assert "unchanged: 1" in jiandao("import", "needs", "needs.csv", "--lang", "en")[1]
    assert "changed: 1" in jiandao("import", "needs", "needs.csv", "--lang", "en", "--empty-clears")[1]
    with in_programme(programme):
        need = Need.objects.get()
        assert (need.problem, need.version, need.created_by.username) == ("", 2, "officer")


def test_faults_are_one_line_each_and_nothing_is_written(here, programme, tmp_path):
    write(tmp_path, HEADERS + GOOD + BAD)
    for more in ((), ("--dry-run",)):
        status, out, err = here("import", "needs", "needs.csv", "--lang", "en", *more)
        assert status == 2
        lines = err.splitlines()
        assert [line.split(" ")[1] for line in lines[:3]] == ["E3", "F3", "G3"]
        assert all(line.startswith("needs.csv:") for line in lines)
        assert count(programme) == 0
    assert "面议" in here("import", "needs", "needs.csv")[2]  # in Chinese, too
    status, out, err = here("import", "needs", "needs.csv", "--skip-bad", "--lang", "en")
    assert (status, out, len(err.splitlines())) == (0, "New: 1, changed: 0, unchanged: 0, skipped: 1.\n", 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "needs", "none.csv"), "none.csv:1: "),
        (("import", "needs", "broken.xlsx"), "broken.xlsx:1: "),
        (("import", "needs", "picture.png"), "picture.png:1: "),
        (("import", "needs", "open.csv"), "open.csv:2: "),
        (("import", "needs", "needs.csv", "--mapping", "none.json"), "none.json:1: "),
        (("import", "needs", "needs.csv", "--mapping", "broken.json"), "broken.json:2: "),
        (("import", "needs", "needs.csv", "--mapping", "wrong.json"), "needs.csv:1: "),
        (("import", "needs", "needs.csv", "--as", "nobody"), "--as nobody: "),
        (("import", "needs", "needs.csv", "--as", "stranger"), "needs.csv:1: "),
        (("import", "needs", "needs.csv", "--programme", "none"), "--programme none: "),
        (("import", "results", "needs.csv", "--state", "submitted"), "needs.csv:1: "),
        (("import", "people", "needs.csv"), "jiandao import: "),
        (("import", "needs"), "jiandao import: "),
        (("export", "needs", "out.txt"), "out.txt: "),
        (("export", "needs", "out.csv", "--filter", "colour=red"), "--filter colour=red: "),
        (("export", "needs", "none/out.csv"), "none/out.csv"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(here, programme, tmp_path, words, said):
    factories.account("stranger")
    write(tmp_path, HEADERS + GOOD)
    write(tmp_path, "no workbook", "broken.xlsx")
    write(tmp_path, "no table", "picture.png")
    write(tmp_path, '编号,需求名称\n1,"没有结束的引号\n', "open.csv")
    write(tmp_path, '{"columns":\n nothing}', "broken.json")
    write(tmp_path, json.dumps({"columns": {"需求名称": "colour"}}), "wrong.json")
    status, out, err = here(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert count(programme) == 0


def test_a_mapping_names_what_no_header_says(here, programme, tmp_path):
    write(tmp_path, json.dumps([{"nr": 7, "what": "电池隔膜", "ziel": "孔隙率 ≥ 40 %"}]), "list.json")
    mapping = {
        "columns": {"nr": "id", "what": "title", "ziel": "indicator.1.whole"},
        "constants": {"organisation": "示范公司"},
    }
    write(tmp_path, json.dumps(mapping), "mapping.json")
    assert here("import", "needs", "list.json", "--mapping", "mapping.json", "--source", "register")[0] == 0
    with in_programme(programme):
        need = Need.objects.get()
        assert (need.source, need.source_id, str(need.indicators.get())) == ("register", "7", "孔隙率 ≥ 40 %")


def test_what_was_imported_can_be_exported_as_filtered(here, programme, tmp_path):
    write(tmp_path, HEADERS + GOOD + GOOD.replace("N1", "N2").replace("碳化硅外延", "轴承钢"))
    assert here("import", "needs", "needs.csv", "--state", "published", "--as-they-are")[0] == 0
    status, out, err = here("export", "needs", "out.csv", "--as", "officer", "--filter", "q=碳化硅", "--lang", "en")
    assert (status, out, err) == (0, "out.csv: 1\n", "")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "碳化硅外延" in text
    assert "轴承钢" not in text
    assert here("export", "needs", "out.xlsx", "--as", "officer", "--quiet")[:2] == (0, "")
    assert (tmp_path / "out.xlsx").read_bytes()[:2] == b"PK"
    assert {one.name for one in tmp_path.iterdir()} == {"needs.csv", "out.csv", "out.xlsx"}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 4), (signal.SIGKILL, -9)])
def test_an_import_that_is_ended_in_the_middle_leaves_nothing(jiandao, programme, tmp_path, number, status):
    rows = "".join(GOOD.replace("N1", f"N{one}") for one in range(2_000))
    write(tmp_path, HEADERS + rows)
    process = jiandao("import", "needs", "needs.csv", wait=False)
    end = time.monotonic() + 60
    while not ImportBatch.everywhere().filter(state="running").exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert "Traceback" not in err
    assert count(programme) == 0
    assert jiandao("import", "needs", "needs.csv", "--quiet")[0] == 0
    assert count(programme) == 2_000


def test_an_import_that_is_ended_while_a_query_is_sent_lets_its_batch_go(here, programme, tmp_path, monkeypatch):
    def ended(**_):
        connection.ensure_connection()
        connection.connection.pgconn.send_query(b"select 1")  # no other query can be sent before its answer is read
        raise KeyboardInterrupt

    write(tmp_path, HEADERS + GOOD)
    monkeypatch.setattr("jiandao.stages.exchange.importing.actions.run", ended)
    assert here("import", "needs", "needs.csv")[0] == 130
    assert ImportBatch.everywhere().get().state == "cancelled"
