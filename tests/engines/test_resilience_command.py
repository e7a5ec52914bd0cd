"""`jiandao resilience`, as its help and docs promise it."""

import json
import os
import random
from pathlib import Path

import pytest

from jiandao import cli

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data")
ETO = DATA / "engines" / "eto"

NODES = """id,name,need
tool,Lithography,
euv,EUV,
duv,DUV,
resist,光刻胶,
chip,Chip,1
board,Board,0.5
"""
LINKS = """from,to,kind,weight
euv,tool,any-of,
duv,tool,any-of,
tool,chip,all-of,
resist,chip,weighted,3
duv,chip,weighted,1
resist,board,all-of,
"""
SHARES = """node,provider,country,share
euv,ASML,NLD,1
duv,ASML,NLD,0.6
duv,Nikon,JPN,0.3
resist,JSR,JPN,0.7
resist,Kempur,CHN,0.05
resist,some,Various countries,0.15
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write()
    return tmp_path


def write(**files):
    Path("net").mkdir(exist_ok=True)
    for name, text in {"nodes": NODES, "links": LINKS, "shares": SHARES, **files}.items():
        Path("net", f"{name}.csv").write_text(text, encoding="utf-8")


def run(*more):
    return cli.main(["resilience", "--network", "net", "--out", "report.json", *more])


def report(*more):
    assert run(*more) == 0
    return json.loads(Path("report.json").read_text(encoding="utf-8"))


def test_stops_follow_the_three_kinds_of_links():
    found = report("--stop", "NLD", "JPN", "NLD+JPN")["stopped"]
    # NLD: euv 0, duv .4; tool = max; chip = min(tool .4, (3 × 1 + .4) / 4 = .85)
    assert found["NLD"]["remaining"] == {"board": 1.0, "chip": 0.4}
    # JPN: duv .7, euv 1; resist .3; chip = (3 × .3 + .7) / 4 = .4
    assert found["JPN"]["remaining"] == {"board": 0.3, "chip": 0.4}
    assert found["NLD+JPN"]["remaining"] == {"board": 0.3, "chip": 0.1}
    assert found["NLD+JPN"]["loss"] == pytest.approx((0.9 + 0.5 * 0.7) / 1.5)


def test_measures_of_a_node():
    nodes = report()["nodes"]
    resist = nodes["resist"]
    assert resist["hhi_country"] == pytest.approx(0.7**2 + 0.05**2)
    assert resist["hhi_firm"] == pytest.approx(0.7**2 + 0.05**2 + 0.15**2)
    assert (resist["top_country"], resist["top_share"]) == ("JPN", 0.7)
    assert (resist["home_share"], resist["unknown_share"]) == (0.05, pytest.approx(0.25))
    assert resist["criticality"] == pytest.approx((0.6 + 0.5 * 0.7) / 1.5)  # Japan stops everywhere
    assert resist["node_loss"] == pytest.approx((0.75 * 0.7 + 0.5 * 0.7) / 1.5)  # Japan stops here alone
    assert resist["single_point_of"] == 1  # the board; the chip keeps a quarter of its mean
    assert nodes["chip"]["unknown_share"] == 1
    assert nodes["chip"]["hhi_country"] is None
    assert not nodes["chip"]["unrated"]


def test_a_flag_says_measure_threshold_and_quality_in_both_languages():
    (why, second) = report()["nodes"]["resist"]["why"]
    assert (why["measure"], why["value"], why["threshold"], why["quality"]) == ("top_share", 0.7, 0.5, "partial")
    assert (
        why["text"]
        == "JPN 占供应的 70.0%（阈值 50.0%），而 CHN 只占 5.0%（阈值 10.0%）；份额数据部分缺失（未知 25.0%）。"
    )
    assert second["code"] == "foreign-concentration"
    english = report("--lang", "en")["nodes"]["resist"]["why"][0]["text"]
    assert english.startswith("JPN holds 70.0% of supply (threshold 50.0%), CHN 5.0%")
    assert report("--choke-home", "0.04")["nodes"]["resist"]["choke"] is False
    assert report("--home", "JPN")["nodes"]["resist"]["choke"] is False


def test_every_country_is_a_case_but_none_that_is_not_one():
    found = report()
    assert list(found["stopped"]) == ["CHN", "JPN", "NLD"]
    assert found["data"]["rows_without_country"] == 1
    assert report("--stop", "CHN")["stopped"]["CHN"]["remaining"]["board"] == 0.95
    assert found["countries_that_end"] == {}


def test_relief_before_and_after():
    Path("relief.csv").write_text("node,provider,country,share\nresist,新厂,CHN,0.5\n", encoding="utf-8")
    found = report("--relief", "relief.csv", "--stop", "JPN")
    assert found["before"]["stopped"]["JPN"]["remaining"]["board"] == 0.3
    assert found["after"]["stopped"]["JPN"]["remaining"]["board"] == pytest.approx(0.65)
    assert found["before"]["nodes"]["resist"]["choke"] is True
    assert found["after"]["nodes"]["resist"]["choke"] is False
    assert found["after"]["nodes"]["resist"]["home_share"] == pytest.approx(0.525)
    assert found["stopped"] == found["before"]["stopped"]


def test_others_step_in_as_far_as_they_have_to_spare():
    found = report("--stop", "JPN", "--spare", "1")
    # resist: .3 stays, .05 of it known and doubled; duv: .6 doubled fills what Japan leaves; chip = (3 × .35 + 1) / 4
    assert found["stopped"]["JPN"]["remaining"] == {"board": 0.35, "chip": 0.5125}
    assert found["spare"] == 1
    assert found["nodes"]["resist"]["node_loss"] == pytest.approx((0.75 * 0.65 + 0.5 * 0.65) / 1.5)
    assert report("--stop", "JPN")["spare"] == 0


def test_the_newest_year_decides_and_the_series_is_kept():
    write(shares="node,provider,country,share,year\neuv,a,USA,1,2019\neuv,b,NLD,0.9,2025\nduv,c,JPN,0.5,2020\n")
    found = report()
    assert found["nodes"]["euv"]["top_country"] == "NLD"
    assert found["nodes"]["euv"]["year"] == 2025
    assert found["data"]["rows_of_older_years"] == 1
    assert [row["top_country"] for row in found["history"]["euv"]] == ["USA", "NLD"]
    assert list(found["history"]) == ["euv"]
    assert "USA" not in found["stopped"]


def test_order_of_rows_changes_no_byte():
    first = report()
    draw = random.Random(5)
    for name, text in (("nodes", NODES), ("links", LINKS), ("shares", SHARES)):
        head, *rows = text.splitlines()
        draw.shuffle(rows)
        Path("net", f"{name}.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    second = report()
    for one in (first, second):
        del one["run"]["seconds"], one["run"]["machine"]
    assert json.dumps(first) == json.dumps(second)


def test_unrated_nodes_say_so():
    write(nodes=NODES + "gas,Gas,\n", links=LINKS + "gas,board,all-of,\n")
    gas = report("--lang", "en")["nodes"]["gas"]
    assert gas["unrated"] is True
    assert gas["choke"] is False
    assert "does not say that it is safe" in gas["why"][0]["text"]
    assert gas["single_point_of"] == 1


@pytest.mark.parametrize(
    ("name", "text", "line", "word"),
    [
        ("nodes", NODES + "euv,again,\n", 8, "earlier line"),
        ("nodes", NODES + "n n,,\n", 8, "without blanks"),
        ("nodes", NODES + "x,,nan\n", 8, "from 0 to 1"),
        ("nodes", "id,name,need\n", 1, "no node"),
        ("nodes", "", 1, "empty"),
        ("links", LINKS + "euv,nowhere,all-of,\n", 8, "no node"),
        ("links", LINKS + "euv,chip,some-of,\n", 8, "all-of, any-of, weighted"),
        ("links", LINKS + "euv,chip,weighted,-1\n", 8, "above 0"),
        ("links", LINKS + "euv,chip,weighted,\n", 8, "above 0"),
        ("links", LINKS + "euv,tool,any-of,\n", 8, "earlier line"),
        ("links", LINKS + "euv,tool\n", 8, "2 cells"),
        ("shares", SHARES + "ghost,x,USA,0.1\n", 8, "unknown"),
        ("shares", SHARES + "euv,x,USA,-0.1\n", 8, "from 0 to 1"),
        ("shares", SHARES + "euv,x,USA,inf\n", 8, "from 0 to 1"),
        ("shares", SHARES + "euv,x,USA,40\n", 8, "from 0 to 1"),
        ("shares", SHARES + "euv,x,USA,0.5\n", 2, "add up to 1.5"),
        ("shares", SHARES + "euv,ASML,NLD,0\n", 8, "earlier line"),
        ("shares", SHARES + "euv,x,USA+NLD,0\n", 8, "+"),
        ("shares", "node,provider,share\n", 1, "no column country"),
    ],
)
def test_faults_are_named_by_line_and_nothing_is_written(name, text, line, word, capsys):
    write(**{name: text})
    assert run() == 2
    told = capsys.readouterr().err
    assert f"{name}.csv:{line}: " in told
    assert word in told
    assert not Path("report.json").exists()


def test_usage_faults(capsys):
    assert run("--stop", "XYZ") == 2
    assert "no share names XYZ" in capsys.readouterr().err
    assert cli.main(["resilience", "--network", "absent", "--out", "report.json"]) == 2
    assert "is no folder" in capsys.readouterr().err
    Path("empty").mkdir()
    assert cli.main(["resilience", "--network", "empty", "--out", "report.json"]) == 2
    assert "neither nodes.csv nor inputs.csv" in capsys.readouterr().err
    Path("net/shares.csv").write_bytes("node,provider,country,share\neuv,甲,CHN,1\n".encode("gb18030"))
    assert run() == 2
    assert "shares.csv:2: byte" in capsys.readouterr().err
    Path("net/shares.csv").unlink()
    assert run() == 2
    assert "cannot be read" in capsys.readouterr().err
    write()
    Path("relief.csv").write_text("node,provider,country,share\nghost,a,CHN,0.5\neuv,a,CHN,2\n", encoding="utf-8")
    assert run("--relief", "relief.csv") == 2
    assert "relief.csv:2: node ghost" in (told := capsys.readouterr().err)
    assert "relief.csv:3: share 2" in told
    assert not Path("report.json").exists()


def test_out_of_time_writes_nothing(capsys):
    assert run("--time-limit", "0.0000001") == 4
    assert "out of time" in capsys.readouterr().err
    assert not Path("report.json").exists()


def test_a_network_that_is_all_cycle_has_no_final_product():
    write(
        nodes="id\na\nb\n",
        links="from,to,kind\na,b,all-of\nb,a,all-of\n",
        shares="node,provider,country,share\na,x,USA,1\n",
    )
    found = report()
    assert found["stopped"] == {"USA": {"remaining": {}, "loss": None}}
    assert found["nodes"]["a"]["criticality"] is None
    assert found["data"]["nodes_in_cycles"] == 2


@pytest.mark.data
@pytest.mark.skipif(not ETO.is_dir(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA")
def test_the_eto_files_lose_no_row():
    assert (
        cli.main(["resilience", "--network", str(ETO), "--out", "report.json", "--stop", "USA", "NLD", "USA+NLD"]) == 0
    )
    found = json.loads(Path("report.json").read_text(encoding="utf-8"))
    data = found["data"]
    assert (data["share_rows"], data["rows_lost"], data["rows_without_share"]) == (1300, 0, 246)
    assert data["links"] == {"all-of": 53, "any-of": 86, "weighted": 0}
    assert list(found["stopped"]["USA"]["remaining"]) == ["N99"]
    euv = found["nodes"]["N20"]  # country row and firm row are the same supply
    assert (euv["top_share"], euv["hhi_country"], euv["hhi_firm"]) == (1, 1, 1)
    assert {"EUR", "Various countries"}.isdisjoint(node["top_country"] for node in found["nodes"].values())
