"""Pairs of overlapping documents are exact: compared with the sets of strings, in every order and with all shortcuts off."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.executor import executor
from jiandao.engines.matching import Document, containment, duplicates, jaccard
from jiandao.engines.matching.duplicates import TooManyPairsError, copies, shingled_documents, template
from jiandao.engines.matching.letters import letters_of
from jiandao.engines.matching.overlap import document_shingles, plain, shingles
from jiandao.engines.matching.shingling import shingled

few = st.text(alphabet="碳化硅ab cＡ，。é１", max_size=24)
passage = st.sampled_from(
    ["碳化硅功率模块的失效机理", "红外气体传感器的灵敏度", "infrared gas sensing for mines", "智能", "；"]
)
texts = st.lists(few | passage, max_size=4).map("".join)


@st.composite
def collections(draw: st.DrawFn) -> list[Document]:
    rows = draw(st.lists(st.tuples(texts, st.lists(texts, max_size=2), texts), min_size=1, max_size=12))
    names = draw(st.permutations(range(len(rows))))
    return [
        Document(f"d{name}", title=title, keywords=tuple(keywords), text=text)
        for name, (title, keywords, text) in zip(names, rows, strict=True)
    ]


def by_strings(documents: list[Document], threshold: float) -> list[tuple[str, str, float, float]]:
    sets = {document.id: document_shingles(document) for document in documents}
    found = []
    for a, b in combinations(sorted(sets), 2):
        share = containment(sets[a], sets[b])
        if sets[a] & sets[b] and share >= threshold:
            found.append((a, b, jaccard(sets[a], sets[b]), share))
    return found


def by_engine(documents: list[Document], threshold: float, **more: object) -> list[tuple[str, str, float, float]]:
    ids = [document.id for document in documents]
    found = duplicates.duplicates(ids, shingled_documents(documents), threshold, **more)  # type: ignore[arg-type]
    columns = (found.first, found.second, found.similarity, found.containment)
    return [(ids[a], ids[b], s, c) for a, b, s, c in zip(*(column.tolist() for column in columns), strict=True)]


@given(texts, texts)
def test_numbers_of_shingles_are_one_to_one_with_shingles(first: str, second: str) -> None:
    sets = shingled([(first,), (second, first)])
    assert sets.sizes.tolist() == [len(shingles(first)), len(shingles(first) | shingles(second))]
    split = sets.sizes[0]
    assert set(sets.hashes[:split].tolist()) <= set(sets.hashes[split:].tolist())


def test_letters_of_many_texts_are_those_of_each() -> None:
    """Every character of the basic plane between two ideographs and between two Latin letters."""
    around = [(f"碳{chr(code)}硅", f"碳化硅的a{chr(code)}b") for code in range(0x10000)]
    for place in (0, 1):
        texts = [one[place] for one in around]
        for text, found in zip(texts, letters_of(texts), strict=True):
            wanted = plain(text)
            assert found is None or (wanted.words is None and "".join(map(chr, found.tolist())) == wanted.letters)
    assert sum(one is not None for one in letters_of([one for one, _ in around])) > 58_000
    assert letters_of(["𠮷碳", "", "two words", "ﾊﾞ碳硅"])[0::2] == [None, None]


def test_numbers_of_shingles_never_change() -> None:
    """An index or a report of another version, process or machine may be compared."""
    sets = shingled([("碳化硅",), ("infrared gas sensing for mines",), ("",)])
    assert sets.sizes.tolist() == [1, 3, 0]
    assert sets.hashes[:2].tolist() == NUMBERS


NUMBERS = [15115092366787405359, 259261948298138299]


@settings(deadline=None)
@given(collections(), st.sampled_from([0.0, 0.2, 0.35, 0.5, 0.8, 1.0]))
def test_pairs_are_those_of_the_sets_of_strings(documents: list[Document], threshold: float) -> None:
    assert by_engine(documents, threshold) == by_strings(documents, threshold)


@settings(deadline=None)
@given(collections(), st.sampled_from([0.0, 0.2, 0.35, 0.5, 0.8, 1.0]), st.integers(0, 40), st.integers(1, 40))
def test_common_passages_are_searched_no_more_than_needed_and_never_less(
    documents: list[Document], threshold: float, light: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_LIGHT", light)
        patch.setattr(duplicates, "_BLOCK", block)
        assert by_engine(documents, threshold) == by_strings(documents, threshold)


@settings(deadline=None)
@given(collections(), st.randoms(use_true_random=False))
def test_order_changes_nothing(documents: list[Document], random: object) -> None:
    before = by_engine(documents, 0.35)
    random.shuffle(documents)  # type: ignore[attr-defined]
    assert by_engine(documents, 0.35) == before


def test_many_documents_in_several_processes_are_as_in_one() -> None:
    draw = np.random.default_rng(5)
    pool = ["".join(chr(0x4E00 + c) for c in draw.integers(0, 3000, 25)) for _ in range(400)]
    documents = [Document(f"d{i}", text="，".join(draw.choice(pool, 6))) for i in range(2500)]
    here = shingled_documents(documents)
    with executor(workers=2) as workers:
        there = shingled_documents(documents, pool=workers)
    assert np.array_equal(here.hashes, there.hashes)
    assert np.array_equal(here.sizes, there.sizes)
    some = documents[:300]
    assert by_engine(some, 0.35) == by_strings(some, 0.35) != []


def test_a_short_text_inside_a_long_one_is_found() -> None:
    long = "".join(chr(0x4E00 + i) for i in range(3000))
    assert by_engine([Document("long", text=long), Document("short", text=long[700:720])], 0.9) == [
        ("long", "short", pytest.approx(16 / 2996), 1.0)
    ]


def test_no_shingle_spans_two_parts() -> None:
    parted = Document("a", title="碳化硅", keywords=("功率", "模块"), text="失效机理")
    assert by_engine([parted, Document("b", text="碳化硅功率模块失效机理")], 0.0) == []
    assert by_engine([parted, Document("c", keywords=("功率",))], 1.0) == [("a", "c", 0.25, 1.0)]


def test_copies_are_one_group_with_the_first_id() -> None:
    rows = {"c": "红外气体传感器", "a": "红外 气体传感器。", "b": "别的文字内容", "e": "", "d": "……"}
    documents = [Document(name, text=text) for name, text in rows.items()]
    assert copies(list(rows), shingled_documents(documents)).tolist() == [1, 1, 2, 3, 4]
    assert by_engine(documents, 0.5) == [("a", "c", 1.0, 1.0)]
    assert by_engine(documents, 0.5, once=True) == []


def test_too_many_pairs_are_told_before_they_are_made() -> None:
    documents = [Document(f"d{i:05}", text="红外气体传感器的灵敏度") for i in range(10_000)]
    with pytest.raises(TooManyPairsError) as told:
        by_engine(documents, 0.9)
    assert (told.value.least, told.value.group, told.value.copies) == (10_000 * 9_999 // 2, 9_999, True)
    assert by_engine(documents, 0.9, once=True) == []


def test_one_form_filled_in_by_thousands_is_told_and_can_be_left_out() -> None:
    form = "本单位承诺所提交的材料真实有效并愿意承担由此产生的一切法律责任特此声明"
    draw = np.random.default_rng(6)
    own = ["".join(chr(0x4E00 + c) for c in draw.integers(0, 20_000, 40)) for _ in range(3000)]
    documents = [Document(f"d{i:04}", text=form + text) for i, text in enumerate(own)]
    ids = [document.id for document in documents]
    with pytest.raises(TooManyPairsError) as told:
        by_engine(documents, 0.35, most_pairs=100_000)
    assert not told.value.copies
    assert told.value.group > 2000
    assert by_engine(documents, 0.6) == []  # common passages alone cost nothing below the threshold
    without = shingled_documents(documents, without=template([form]))
    assert len(duplicates.duplicates(ids, without, 0.35).first) == 0


def test_texts_without_letters_pair_with_nothing() -> None:
    assert by_engine([Document("a", text="……"), Document("b", title="！"), Document("c", text="……")], 0.0) == []
    assert by_engine([Document("a", text="红外")], 0.0) == []
