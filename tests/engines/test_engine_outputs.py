"""Where the engines write, and what attacks on their files and units found once."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from jiandao.cli import main
from jiandao.engines.calibration import calibrate, read
from jiandao.engines.files import BadInputError, check_output


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_no_input_is_written_over_by_another_way_to_its_name():
    Path("d").mkdir()
    Path("s").write_text("p,a,1\nq,a,1\n")
    common = ["assign", "--panel-size", "1", "--max-load", "2", "--scores", "s", "--quiet"]
    assert main([*common, "--out", "d/../s", "--report", "r"]) == 2
    assert main([*common, "--out", "o", "--report", "d/../o"]) == 2
    assert Path("s").read_text() == "p,a,1\nq,a,1\n"
    Path("n").mkdir()
    Path("n/nodes.csv").write_text("id,name,need\na,a,1\n")
    Path("n/links.csv").write_text("from,to,kind,weight\n")
    Path("n/shares.csv").write_text("node,provider,country,share\na,f,USA,1\n")
    assert main(["resilience", "--network", "n", "--out", "n/nodes.csv"]) == 2
    assert Path("n/nodes.csv").read_text().startswith("id,name")


def test_links_and_devices_are_no_place_for_a_report():
    Path("plain").write_text("x")
    Path("link").symlink_to("plain")
    os.mkfifo("pipe")
    for name in ("link", "pipe", "/dev/null", "x" * 300):
        with pytest.raises(BadInputError):
            check_output(Path(name))
    check_output(Path("plain"))


def test_a_cap_that_must_be_used_up_is_no_contradiction():
    Path("s").write_text("".join(f"p{i},e{j},{i * j % 7}\n" for i in range(10) for j in range(10)))
    asked = ["assign", "--panel-size", "3", "--max-load", "3", "--scores", "s", "--probability-cap", "0.3", "--quiet"]
    assert main([*asked, "--marginals", "m", "--out", "o", "--report", "r"]) == 0
    chances = [float(line.rsplit(",", 1)[1]) for line in Path("m").read_text().splitlines()]
    assert max(chances) < 0.3 + 2**-14
    assert json.loads(Path("r").read_text())["status"] == "optimal"


def test_scores_in_another_unit_are_the_same_scores():
    draw = np.random.default_rng(5)
    rows = [
        (f"p{p}", f"e{e}", draw.normal(p % 7, 1 + e % 3)) for p in range(40) for e in draw.choice(12, 4, replace=False)
    ]
    found = []
    for unit in (1.0, 1e8, 1e-6):
        lines = [f"{p},{e},{score * unit!r}" for p, e, score in rows]
        Path("r").write_text(
            "proposal,expert,score\n" + "\n".join(lines).replace("np.float64(", "").replace(")", "") + "\n"
        )
        one = calibrate(read(Path("r")), seed=3)
        found.append((one.score / unit, one.sd / unit, one.scale))
    for other in found[1:]:
        for first, second in zip(found[0], other, strict=True):
            assert np.allclose(first, second, rtol=0.15, atol=0.15)


def test_raw_means_are_of_what_was_said_and_nothing_vanishes():
    Path("r").write_text("proposal,expert,score,criterion\np,a,8,x\np,a,2,y\nq,a,8,x\nr,a,2,y\n")
    assert main(["calibrate", "--reviews", "r", "--out", "o", "--quiet"]) == 0
    lines = [line.split(",")[:2] for line in Path("o").read_text().splitlines()[1:]]
    assert {name: float(mean) for name, mean in lines} == {"p": 5.0, "q": 8.0, "r": 2.0}
    assert main(["calibrate", "--reviews", "r", "--out", "o2", "--weights", "x=1", "y=0", "--quiet"]) == 2
    assert not Path("o2").exists()
    assert main(["calibrate", "--reviews", "r", "--out", "o2", "--seed", "-1"]) == 2


def test_slips_of_the_pen_in_a_plan_are_told_and_the_deadline_is_not_late(capsys):
    wrong = {"activities": [{"id": "a", "duration": 5, "afer": ["b"]}, {"id": "b", "duration": 1}], "dead_line": 3}
    Path("p").write_text(json.dumps(wrong))
    assert main(["forecast", "schedule", "--network", "p", "--out", "o"]) == 2
    said = capsys.readouterr().err
    assert "afer" in said
    assert "dead_line" in said
    plan = {
        "activities": [
            {"id": "a", "duration": 0.1, "sigma": 0},
            {"id": "b", "duration": 0.2, "after": ["a"], "sigma": 0},
        ],
        "deadline": 0.3,
    }
    Path("p").write_text(json.dumps(plan))
    assert main(["forecast", "schedule", "--network", "p", "--samples", "100", "--out", "o", "--quiet"]) == 0
    assert json.loads(Path("o").read_text())["p_late"] < 0.01


def test_a_file_without_conflicts_may_be_empty():
    Path("s").write_text("p,a,1\nq,a,1\n")
    Path("c").write_text("")
    asked = ["assign", "--panel-size", "1", "--max-load", "2", "--scores", "s", "--conflicts", "c", "--quiet"]
    assert main([*asked, "--out", "o", "--report", "r"]) == 0


@pytest.mark.parametrize("wrong", [["--samples", "x"], ["--samples", "99"], ["--time-limit", "nan"], ["--seed", "1.5"]])
def test_an_argument_out_of_range_is_told_in_words_of_the_reader(wrong, capsys):
    assert main(["forecast", "schedule", "--network", "p", "--out", "o", *wrong]) == 2
    said = capsys.readouterr().err
    assert f"{wrong[1]} is out of range, expected a" in said
    assert "invalid _" not in said
