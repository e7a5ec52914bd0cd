"""A dictionary of terms: learnt from keywords, glosses and given pairs; order changes nothing; terms are found whole."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.files import Faults
from jiandao.engines.matching import Document
from jiandao.engines.matching.dictionary import Dictionary, Translation
from jiandao.engines.matching.glosses import glosses


def keywords(*lists: tuple[str, ...]) -> list[Document]:
    return [Document(f"d{number}", keywords=words) for number, words in enumerate(lists)]


def texts(*many: str) -> list[Document]:
    return [Document(f"d{number}", text=text) for number, text in enumerate(many)]


def first(dictionary: Dictionary, term: str) -> str:
    return dictionary.translations(term)[0][0]


def test_lists_of_equal_length_are_paired_by_place() -> None:
    found = Dictionary.learn(
        keywords(("氮化镓", "外延生长", "gallium nitride", "epitaxial growth"), ("氮化镓", "Gallium nitride"))
    )
    assert first(found, "氮化镓") == "Gallium nitride"  # as often written, then by the alphabet
    assert first(found, "epitaxial growths") == "外延生长"
    assert found.translations("外延") == ()


def test_lists_of_unequal_length_are_linked_by_what_stands_together_in_many() -> None:
    found = Dictionary.learn(
        keywords(
            ("氮化镓", "功率器件", "gallium nitride"),
            ("氮化镓", "外延", "gallium nitride"),
            ("水稻", "育种", "耐盐", "rice", "breeding"),
            ("水稻", "rice", "yield"),
        )
    )
    assert first(found, "氮化镓") == "gallium nitride"
    assert first(found, "rice") == "水稻"
    assert found.translations("外延") == ()
    assert found.translations("功率器件") == ()


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("制备了氮化镓（gallium nitride, GaN）薄膜", "氮化镓", "gallium nitride"),
        ("制备了氮化镓（gallium nitride, GaN）薄膜", "氮化镓", "GaN"),
        ("采用粒子群优化(Particle Swarm Optimization,PSO)", "粒子群优化", "Particle Swarm Optimization"),
        ("基于马尔可夫随机场(MarkovRandomField)", "马尔可夫随机场", "Markov Random Field"),
        ("采用GaN（氮化镓）器件", "氮化镓", "GaN"),
        ("films of gallium nitride (氮化镓) on silicon", "氮化镓", "gallium nitride"),
        ("尋求氮化鎵（gallium nitride）器件", "氮化镓", "gallium nitride"),
    ],
)
def test_glosses_of_either_direction(text: str, chinese: str, english: str) -> None:
    found = Dictionary.learn(texts(text))
    assert english in dict(found.translations(chinese))


def test_where_a_term_begins_is_told_by_several_texts() -> None:
    found = Dictionary.learn(
        texts("大面积钙钛矿太阳能电池（PSC）", "高效钙钛矿太阳能电池（PSC）", "柔性钙钛矿太阳能电池（PSC）")
    )
    assert first(found, "PSC") == "钙钛矿太阳能电池"


def test_abbreviations_are_not_found_in_common_words() -> None:
    found = Dictionary.learn(texts("控制器局域网（CAN）和发光二极管（LEDs）"))
    assert found.expand(Document("q", text="We can see how it led there")) == []
    assert [(one.term, one.translation) for one in found.expand(Document("q", text="CAN bus with LED"))] == [
        ("CAN", "控制器局域网"),
        ("LED", "发光二极管"),
    ]


def test_a_gloss_whose_lengths_cannot_fit_is_not_believed() -> None:
    assert len(Dictionary.learn(texts("Q系统（BIBASS）", "快速（fast weighted least squares）"))) == 0


def test_units_panels_and_single_letters_are_no_glosses() -> None:
    assert not list(glosses("宽度（mm）见图（a）和表（1），且（p）"))[1:]
    assert list(glosses("没有括号的文字 without any")) == []


def test_expand_takes_the_longest_term_and_cuts_no_word() -> None:
    found = Dictionary.of_pairs(
        [("碳化硅", "silicon carbide"), ("碳化", "carbonisation"), ("合金", "alloy"), ("单晶", "single crystal")]
    )
    assert found.expand(Document("q", text="碳化硅单晶中的复合金属")) == [
        Translation("单晶", "single crystal", 0.75),
        Translation("碳化硅", "silicon carbide", 0.75),
    ]


def test_expand_from_english_by_stems_over_stop_words_and_not_over_commas() -> None:
    found = Dictionary.of_pairs([("物联网", "internet of things"), ("气体传感器", "gas sensor"), ("煤气", "gas")])
    expanded = found.expand(Document("q", title="The Internet of Things", text="new gas sensors; gas, sensors"))
    assert [(one.term, one.translation) for one in expanded] == [
        ("Internet of Things", "物联网"),
        ("gas", "煤气"),
        ("gas sensors", "气体传感器"),
    ]


def test_what_is_shown_of_a_query_is_written_as_there() -> None:
    found = Dictionary.of_pairs([("氮化镓", "gallium nitride")])
    assert found.expand(Document("q", text="氮化鎵"))[0].term == "氮化鎵"


def test_weights_grow_with_evidence_and_shrink_with_dispute() -> None:
    once = Dictionary.learn(keywords(("硅", "silicon")))
    often = Dictionary.learn(keywords(*[("硅", "silicon")] * 9))
    disputed = Dictionary.learn(keywords(*[("硅", "silicon")] * 9, *[("硅", "silica")] * 9))
    weights = [dictionary.translations("硅")[0][1] for dictionary in (once, disputed, often)]
    assert weights == [0.5, pytest.approx(0.45), 0.9]


terms = st.sampled_from(["硅", "碳化硅", "合金", "alloy", "silicon", "SiC", "5", ""])
documents = st.lists(
    st.builds(
        lambda words, text: Document("d", keywords=tuple(words), text=text),
        st.lists(terms, max_size=5),
        st.lists(st.sampled_from(["碳化硅（SiC）", "硅(silicon, Si)", "用SiC（碳化硅）", "。"]), max_size=3).map(
            "".join
        ),
    ),
    max_size=6,
)


@given(documents, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_parts_add_up(many: list[Document], random: "st.DrawFn") -> None:
    whole = Dictionary.learn(many)
    shuffled = list(many)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Dictionary.learn(shuffled).dump() == whole.dump()
    parts = Dictionary.learn(many[:2]).merge(Dictionary.learn(many[2:]))
    assert parts.dump() == whole.dump()
    assert Dictionary.load(whole.dump()).dump() == whole.dump()
    for term in ("硅", "SiC", "alloy"):
        assert Dictionary.load(whole.dump()).translations(term) == parts.translations(term)
        assert all(0 < weight < 1 for _, weight in parts.translations(term))


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"format":7}', '{"format":1,"given":5}'])
def test_a_foreign_file_is_no_dictionary(stored: str) -> None:
    with pytest.raises(ValueError, match="learn it again"):
        Dictionary.load(stored)


def test_a_file_of_pairs_and_its_faults(tmp_path: Path) -> None:
    path, faults = tmp_path / "pairs.tsv", Faults()
    path.write_text("氮化镓\tgallium nitride\nsilicon\t硅\n硅\n硅\tsilicon\n", encoding="utf-8")
    found = Dictionary.read(path, faults)
    assert len(found) == 4
    with pytest.raises(Exception, match=r"pairs.tsv:2: not a pair.*\n.*pairs.tsv:3: not a pair"):
        faults.stop_if_any()


def test_the_terms_that_come_with_the_program() -> None:
    found = Dictionary.shipped()
    assert first(found, "氮化鎵") == "gallium nitride"
    assert first(found, "Fuel cells") == "燃料电池"
    assert len(found) > 800
