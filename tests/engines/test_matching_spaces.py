"""The vector channels: the latent space, the dense one, and the best by all channels together."""

import json
import math
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching import TOPICAL, Channel, DamagedIndexError, Document, Match, MatchIndex, Settings, dense
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.snapshot import Snapshot
from jiandao.engines.matching.storage import SPACES
from jiandao.engines.matching.vectors import products, quantise

SUBJECTS = {
    "光": "激光器 光纤 波导 光栅 谐振腔 光子芯片 探测器 耦合 损耗 波长",
    "电": "电池 正极 负极 隔膜 电解液 锂离子 容量 循环寿命 充电 能量密度",
    "生": "蛋白质 基因 抗体 细胞 酶 发酵 菌株 肿瘤 表达 疫苗",
    "机": "轴承 齿轮 机床 刀具 精度 振动 主轴 磨削 铸造 热处理",
}


def corpus(count: int, seed: int = 1) -> list[Document]:
    """Documents of four subjects: six words of ten, in any order."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        subject = draw.choice(sorted(SUBJECTS))
        words = draw.sample(SUBJECTS[subject].split(), 6)
        found.append(
            Document(f"{subject}{number:04}", title=words[0], text="，".join(words[1:]), labels={"subject": (subject,)})
        )
    return found


class Letters:
    """An encoder for tests: how often each of some characters stands in a text."""

    dimensions = 24

    def __init__(self, name: str = "letters-1") -> None:
        self.name = name
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], *, kind: Literal["query", "document"]) -> npt.NDArray[np.float32]:
        self.asked += texts
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                found[row, ord(letter) % self.dimensions] += 1
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return (found / np.where(length > 0, length, 1)).astype(np.float32)


class LettersAlone(Letters):
    """Knows no vector of a text without a letter, as real encoders do."""

    def encode(self, texts: Sequence[str], *, kind: Literal["query", "document"]) -> npt.NDArray[np.float32]:
        says = np.array([any(map(str.isalnum, text)) for text in texts], dtype=np.float32)
        return super().encode(texts, kind=kind) * says[:, None]


def fitted(documents: Sequence[Document], **more: object) -> MatchIndex:
    index = MatchIndex.in_memory(documents, **more)  # type: ignore[arg-type]
    assert index.fit_latent()
    return index


def answers(index: MatchIndex, query: Document | str, top: int = 10, **more: object) -> list[tuple[str, float]]:
    return [(match.document, match.score) for match in index.search(query, top, task=TOPICAL, **more)]  # type: ignore[arg-type]


def test_a_text_of_other_words_of_the_same_subject_is_found() -> None:
    documents = [one for one in corpus(200) if "隔膜" not in one.part("text") or "轴承" not in one.part("text")]
    index = fitted(documents)
    found = index.search("锂离子电池隔膜", 20, task=TOPICAL)
    assert {match.document[0] for match in found} == {"电"}
    assert any("隔膜" not in (index.get(m.document) or Document("x")).part("text") for m in found)


def test_contributions_of_all_channels_add_up() -> None:
    index = fitted(corpus(120), encoder=Letters())
    index.encode()
    for match in index.search("激光器与光纤", 30, task=TOPICAL, reasons=True):
        assert math.fsum(signal.contribution for signal in match.signals) == pytest.approx(match.score, abs=1e-12)
        assert {signal.name for signal in match.signals} >= {"latent", "dense"}
        assert match.reasons is not None


@given(
    st.integers(0, 10_000), st.sampled_from(["电池 隔膜", "光栅", "轴承振动精度", "完全无关", "a"]), st.integers(1, 12)
)
@settings(max_examples=25, deadline=None)
def test_the_best_by_all_channels_are_those_of_scoring_every_document(seed: int, query: str, top: int) -> None:
    documents = corpus(90, seed)
    index = fitted(documents)
    every = index.explain(query, [one.id for one in documents], task=TOPICAL)
    best = sorted(((match.document, match.score) for match in every.values()), key=lambda one: (-one[1], one[0]))[:top]
    known = any(match.score for match in every.values())  # of a query without a known word nothing is found
    assert answers(index, query, top) == (best if known else [])


def test_restrictions_hold_in_every_channel() -> None:
    index = fitted(corpus(300))
    found = answers(index, "锂离子电池隔膜", 5, labels={"subject": ["机"]}, exclude=["机0001"])
    assert len(found) == 5
    assert {name[0] for name, _ in found} == {"机"}
    of_light = next(one.id for one in corpus(300) if one.id[0] == "光")
    assert [name for name, _ in answers(index, "锂离子电池", 3, allowed=[of_light, "none"])] == [of_light]
    every = {one.id for one in corpus(300)}
    assert {name for name, _ in answers(index, "电池", 400, exclude=sorted(every)[:200])} == set(sorted(every)[200:])


def test_order_of_adding_makes_no_difference() -> None:
    documents = corpus(150)
    turned = list(documents)
    random.Random(3).shuffle(turned)
    assert answers(fitted(documents), "基因与抗体", 20) == answers(fitted(turned), "基因与抗体", 20)


def test_an_added_document_moves_no_other_and_removing_restores(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(150):
            writer.add(document)
    index = MatchIndex.open(tmp_path / "i")
    index.fit_latent()
    query = Document("q", text="发酵菌株的表达")
    before, known = answers(index, query, 200), index.statistics(query)
    index.update(add=[Document("new", title="酶", text="菌株的发酵与表达")])
    with_new = answers(index, query, 200, statistics=known)
    assert with_new[0][0] == "new"
    assert [one for one in with_new if one[0] != "new"] == before
    index.update(remove=["new"])
    assert answers(index, query, 200) == before
    index.update(add=[corpus(150)[7]])  # replaced by itself
    assert answers(MatchIndex.open(tmp_path / "i"), query, 200) == before


def test_large_collections_compare_the_best_by_words() -> None:
    small = Settings(scan_limit=50, rescored=5)
    # They say the word most often, and are of another subject.
    loud = [Document(f"x{i}", title="激光器" * 6, text="轴承，齿轮，机床，刀具，主轴，磨削，铸造") for i in range(5)]
    index = fitted([*corpus(200), *loud], settings=small)
    query = "激光器"
    found = answers(index, query, 5)
    told = index.explain(query, [one.id for one in [*corpus(200), *loud]], task=TOPICAL)
    least = index.search(query, 5)[-1].score
    compared = {name for name, match in told.items() if words_of(match, small) >= least * (1 - 1e-9)}
    # Nothing but the five best by words (and their equals) was compared, though others are better by all channels.
    assert {name for name, _ in found} <= compared
    assert [score for _, score in found] == sorted((told[name].score for name, _ in found), reverse=True)
    assert any(match.score > found[-1][1] for name, match in told.items() if name not in compared)


def words_of(match: Match, chosen: Settings) -> float:
    """What the words of a topical match would score alone."""
    amount = sum(signal.contribution for signal in match.signals if signal.name.startswith("lexical"))
    return amount / chosen.tasks[TOPICAL]["lexical"].factor


def test_memory_and_folder_give_the_same_answers(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(100):
            writer.add(document)
    index = MatchIndex.open(tmp_path / "i")
    assert index.latent_due()
    index.fit_latent()
    assert not index.latent_due()
    assert answers(index, "电池") == answers(fitted(corpus(100)), "电池")
    index.update(add=[Document(f"m{i}", text="电池") for i in range(101)])
    assert index.latent_due()


def test_too_few_documents_have_no_latent_channel_and_are_found_by_words() -> None:
    index = MatchIndex.in_memory(corpus(5))
    assert not index.fit_latent()
    assert not index.latent_due()
    assert index.search(corpus(5)[0].text, 3, task=TOPICAL)[0].document == corpus(5)[0].id


def test_a_reader_sees_a_new_model_and_another_process_writes_with_it(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(100):
            writer.add(document)
    reader, other = MatchIndex.open(tmp_path / "i"), MatchIndex.open(tmp_path / "i")
    held = reader.snapshot()
    other.fit_latent()
    assert held.spaces.model is None
    assert any(signal.name == "latent" for signal in reader.search("电池", 1, task=TOPICAL)[0].signals)
    reader.update(add=[Document("z", text="电池隔膜电解液")])
    assert answers(other, "电池隔膜电解液", 1)[0][0] == "z"
    other.fit_latent(seed=8)
    assert len([path for path in (tmp_path / "i").iterdir() if path.suffix == ".vec"]) == 1


_FIT_FOR_EVER = """
import sys
from jiandao.engines.matching import MatchIndex
index = MatchIndex.open(sys.argv[1])
print("fitting", flush=True)
while True:
    index.fit_latent(wait=5)
"""


def test_a_killed_fit_leaves_a_whole_index(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(400):
            writer.add(document)
    MatchIndex.open(tmp_path / "i").fit_latent()
    expected = answers(MatchIndex.open(tmp_path / "i"), "激光器与光纤")
    for wait in (0.02, 0.11, 0.3):
        with subprocess.Popen(
            [sys.executable, "-c", _FIT_FOR_EVER, str(tmp_path / "i")], stdout=subprocess.PIPE
        ) as fitting:
            assert fitting.stdout is not None
            assert fitting.stdout.readline() == b"fitting\n"
            with pytest.raises(subprocess.TimeoutExpired):
                fitting.wait(wait)
            fitting.send_signal(signal.SIGKILL)
            fitting.wait()
        index = MatchIndex.open(tmp_path / "i")
        assert answers(index, "激光器与光纤") == expected
        index.update(add=[corpus(400)[3]], wait=5)
        assert answers(index, "激光器与光纤") == expected


def test_rows_of_a_writer_that_was_rolled_back_are_written_over(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(60):
            writer.add(document)
    index = MatchIndex.open(tmp_path / "i")
    index.fit_latent()
    before = answers(index, "细胞")
    # Some rows are written before the one that stops it.
    ids = [f"gone {number}" if number == 1400 else f"gone{number}" for number in range(1500)]
    with pytest.raises(ValueError, match="white space"):
        index.update(add=(Document(name, text="细胞") for name in ids))
    assert answers(index, "细胞") == before
    index.update(add=[Document("kept", text="细胞 抗体 基因")])
    assert answers(index, "细胞 抗体 基因")[0][0] == "kept"


@pytest.mark.parametrize("harm", ["json", "model", "vectors"])
def test_damaged_vectors_are_told(tmp_path: Path, harm: str) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(60):
            writer.add(document)
    MatchIndex.open(tmp_path / "i").fit_latent()
    generation = json.loads((tmp_path / "i" / SPACES).read_text())["latent"]["generation"]
    if harm == "json":
        (tmp_path / "i" / SPACES).write_text("{")
    elif harm == "model":
        (tmp_path / "i" / f"latent-{generation}.factors.npy").write_bytes(b"x")
    else:
        (tmp_path / "i" / f"latent-{generation}.vec").write_bytes(b"x" * 300)
    with pytest.raises(DamagedIndexError, match="build it again"):
        MatchIndex.open(tmp_path / "i")


def test_dense_vectors_are_made_once_and_again_for_another_encoder(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in corpus(50):
            writer.add(document)
    first = Letters()
    index = MatchIndex.open(tmp_path / "i", encoder=first)
    assert index.encode() == 50
    assert index.encode() == 0
    MatchIndex.open(tmp_path / "i").update(add=[Document("late", text="电池")])  # a writer without an encoder
    assert index.encode() == 1
    index.update(add=[Document("now", text="电解液")])
    assert index.encode() == 0
    assert first.asked[-1] == "电解液"
    found = index.search("电解液", 1, task=TOPICAL)[0]
    assert found.document == "now"
    assert {signal.name for signal in found.signals} == {"lexical.text", "dense"}
    other = MatchIndex.open(tmp_path / "i", encoder=Letters("letters-2"))
    assert {signal.name for signal in other.search("电解液", 1, task=TOPICAL)[0].signals} == {"lexical.text"}
    assert other.encode() == 52
    with pytest.raises(ValueError, match="encoder"):
        MatchIndex.open(tmp_path / "i").encode()


@given(st.integers(0, 1000), st.integers(1, 700), st.integers(2, 1200))
@settings(max_examples=20, deadline=None)
def test_products_are_the_same_alone_and_among_many(seed: int, count: int, dimensions: int) -> None:
    draw = np.random.default_rng(seed)
    rows = quantise(draw.standard_normal((count, dimensions)).astype(np.float32))
    query = quantise(draw.standard_normal((1, dimensions)).astype(np.float32))
    every = products(rows, query)
    for place in range(count):
        assert products(rows[place : place + 1], query)[0] == every[place]
    exact = rows["parts"].astype(int) @ query["parts"][0].astype(int)
    assert every == pytest.approx(exact * rows["scale"].astype(float) * float(query["scale"][0]), rel=1e-6)


def test_a_dictionary_finds_the_other_language_and_says_what_it_translated(tmp_path: Path) -> None:
    english = Document("en", title="Epitaxial growth", text="Growth of gallium nitride on silicon substrates.")
    with MatchIndex.rebuild(tmp_path / "i") as writer:
        for document in [english, *corpus(40)]:
            writer.add(document)
    index = MatchIndex.open(tmp_path / "i")
    query = Document("q", title="氮化镓外延")
    assert index.search(query, 5) == []
    index.use_dictionary(Dictionary.of_pairs([("氮化镓", "gallium nitride"), ("外延", "epitaxy")]))
    found = MatchIndex.open(tmp_path / "i").search(query, 5, reasons=True)
    assert [match.document for match in found] == ["en"]
    assert found[0].reasons is not None
    assert found[0].reasons.terms[0].term == "氮化镓 = gallium nitride"
    assert math.fsum(term.share for term in found[0].reasons.terms) == pytest.approx(1)
    assert math.fsum(signal.contribution for signal in found[0].signals) == pytest.approx(found[0].score)
    back = index.search(Document("q", text="gallium nitride devices"), 5, exclude=["en"])
    assert back == []
    index.update(add=[Document("zh", title="氮化镓器件")])
    assert [match.document for match in index.search(Document("q", text="gallium nitride devices"), 5)] == ["en", "zh"]


def test_vectors_of_many_documents_are_those_of_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether all vectors fit into memory makes a difference to the means alone, none to who gets one."""
    monkeypatch.setattr(Snapshot, "BLOCK", 7)
    for most, name in ((8_192, "whole"), (10, "part")):
        monkeypatch.setattr(dense, "MOST_CENTRED", most)
        with MatchIndex.rebuild(tmp_path / name) as writer:
            for document in [*corpus(50), Document("blank", text="。，；")]:
                writer.add(document)
        index = MatchIndex.open(tmp_path / name, encoder=LettersAlone())
        assert [one.id for one in index.without_dense()] == [*(one.id for one in corpus(50)), "blank"]
        asked: list[None] = []
        assert index.encode(done=lambda asked=asked: asked.append(None)) == 50  # type: ignore[misc]
        assert len(asked) == 51
        assert [one.id for one in index.without_dense()] == ["blank"]
        assert not index.encode_due()
        found = index.search("电解液", 60, task=TOPICAL)
        assert sum(any(signal.name == "dense" for signal in match.signals) for match in found) >= 50


def test_channels_given_count_instead_of_those_of_the_task() -> None:
    index = fitted(corpus(120), encoder=Letters())
    assert set(index.channels(TOPICAL)) == {"lexical", "latent"}
    index.encode()
    given = {name: Channel(2 * one.weight, one.scale) for name, one in index.channels(TOPICAL).items()}
    assert set(given) == {"lexical", "latent", "dense"}
    plain, twice = (answers(index, "激光器与光纤", **more) for more in ({}, {"channels": given}))
    assert [(name, pytest.approx(2 * score)) for name, score in plain] == twice
    explained = index.explain("激光器与光纤", [twice[0][0]], channels=given)[twice[0][0]]
    assert explained.score == pytest.approx(twice[0][1])
    by_words = index.search("激光器与光纤", 5, channels={"lexical": Channel()})
    assert {signal.name.partition(".")[0] for match in by_words for signal in match.signals} == {"lexical"}
