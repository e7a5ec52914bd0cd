"""How the engines end: full disks, names that cannot be taken, pipes, and what was once claimed too surely."""

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from jiandao.cli import main
from jiandao.engines.files import BadInputError, UnfinishedError, outputs

ASSIGN = ["assign", "--panel-size", "1", "--max-load", "2", "--out", "o", "--report", "r", "--quiet"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def report() -> dict:
    return json.loads(Path("r").read_text(encoding="utf-8"))


@pytest.mark.parametrize("linked", [True, False])
def test_when_one_name_cannot_be_taken_the_others_are_as_before(linked, monkeypatch):
    def unknown(*_):
        raise OSError(errno.EPERM, "no second names here")

    if not linked:
        monkeypatch.setattr(os, "link", unknown)
    Path("b").mkdir()
    Path("b/full").touch()
    Path("old").write_text("before")
    told = "nothing was written" if linked else "old stands there already, from this run"
    with (
        pytest.raises(BadInputError, match=rf"b: the file cannot be put there .*; {told}"),
        outputs(Path("a"), Path("old"), Path("b")) as files,
    ):
        files[1].write("whole")
    assert Path("old").read_text() == ("before" if linked else "whole")
    assert sorted(os.listdir()) == ["b", "old"]
    with outputs(Path("a"), Path("old")) as files:
        files[1].write("new")
    assert Path("old").read_text() == "new"
    assert sorted(os.listdir()) == ["a", "b", "old"]


def test_a_folder_that_takes_no_file_is_told():
    Path("r").write_text("proposal,expert,score\np,a,1\n")
    assert main(["calibrate", "--reviews", "r", "--out", "/proc/x", "--quiet"]) == 2


def test_a_full_disk_leaves_everything_as_it_was():
    Path("a").write_text("old")
    with (
        pytest.raises(UnfinishedError, match="a: there is no room left to write; nothing was written"),
        outputs(Path("a")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (Path("a").read_text(), os.listdir()) == ("old", ["a"])


def test_scores_come_through_a_pipe_though_they_need_care():
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text('p,"a",1\nq,a,1\n'))
    writer.start()
    assert main([*ASSIGN, "--scores", "pipe"]) == 0
    writer.join()
    assert Path("o").read_text() == "p,a,1.0\nq,a,1.0\n"


def test_a_role_that_nobody_has_is_a_slip_of_the_pen(capsys):
    Path("s").write_text("p,a,1\nq,a,1\n")
    Path("e").write_text("expert,institution,roles,max_load\na,,tech;industry,\n")
    assert main([*ASSIGN, "--scores", "s", "--experts", "e", "--require", "finance=1"]) == 2
    assert "no expert with a score has the role finance that --require names; roles here: industry, tech" in (
        capsys.readouterr().err
    )
    assert not Path("o").exists()


def test_least_loads_of_experts_to_whom_nothing_is_open_are_told_by_name():
    Path("s").write_text("p,a,1\np,b,1\n")
    Path("c").write_text("p,b,-1\n")
    asked = [*ASSIGN, "--scores", "s", "--conflicts", "c", "--min-load", "1", "--lang", "en"]
    assert main(asked) == 3
    (one,) = [entry for entry in report()["unsatisfied"] if entry["code"] == "no-panel"]
    assert (one["proposals"], one["experts"], one["needed"], one["offered"]) == ([], ["b"], 1, 0)
    assert one["text"].endswith("no proposal is open to them: b.")


def test_scores_finer_than_the_proof_leave_a_gap_that_is_told():
    Path("s").write_text("p,a,0.123456789012345\np,b,0.123456789012346\nq,a,1\n")
    assert main([*ASSIGN, "--scores", "s"]) == 0
    found = report()
    assert found["status"] == "optimal"
    assert found["total"] < found["bound"] <= found["total"] + 2 * found["certificate"]["resolution"]
    assert found["gap"] == found["bound"] - found["total"]
    Path("s").write_text("p,a,0.5\np,b,0.25\nq,a,1\n")
    assert main([*ASSIGN, "--scores", "s"]) == 0
    assert (report()["bound"], report()["gap"]) == (1.5, 0.0)


def test_equal_scores_are_no_surer_than_the_step_in_which_they_were_given():
    for score, least, most in (("80", 0.15, 0.6), ("80.5", 0.015, 0.06)):
        lines = [f"{p},{e},{score}" for p, e in ("ax", "ay", "bx", "by", "cy", "cz")]
        Path("v").write_text("proposal,expert,score\n" + "\n".join(lines) + "\n")
        assert main(["calibrate", "--reviews", "v", "--out", "o", "--quiet"]) == 0
        rows = [line.split(",") for line in Path("o").read_text().splitlines()[1:]]
        assert all(least < float(row[3]) < most for row in rows)
        assert all(row[5:] == ["1", "3"] for row in rows)
