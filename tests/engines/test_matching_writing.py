"""Ways of writing the same thing: characters, formulae, units, ranges, hyphens; and what stays as it was written."""

import hashlib
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching import Document, MatchIndex, characters, containment, normalise, terms
from jiandao.engines.matching.text import TermCounter, pieces
from jiandao.engines.matching.writing import _FORMS, folded, readable, simplified, surface

_SIGNS = "aXxμ氮鎵乾著0123.,~-–−^_${}\\<>/ \n³₄⁻ａ＿"
_BITS = [
    "^-3~10 MPa",
    "1.5",
    "α-",
    "\\mathrm{",
    "\\mu ",
    "<sub>",
    "</sup>",
    "10 MPa",
    "5 nm-",
    "2°C-",
    "1,000",
    "Wi-Fi",
    "IL-6",
    "_{1-x}",
    "^{-3}",
    "$_",
    *_SIGNS,
]
marked = st.lists(st.one_of(st.sampled_from(_BITS), st.characters()), max_size=30).map("".join)


@pytest.mark.parametrize(
    "written",
    [
        "Fe3O4",
        "Fe₃O₄",
        "Fe_3O_4",
        "Fe$_3$O$_4$",
        "Fe_{3}O_{4}",
        "Fe<sub>3</sub>O<sub>4</sub>",
        r"\mathrm{Fe}_3\mathrm{O}_4",
    ],
)
def test_a_formula_is_one_word_however_its_indices_are_set(written: str) -> None:
    assert terms(f"制备{written}粉末") == terms("制备Fe3O4粉末")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AlₓGa₁₋ₓN", "Al_xGa_{1-x}N"),
        ("SO₄²⁻", "SO_4^{2-}"),
        ("Fe³⁺", "Fe^{3+}"),
        ("3×10³", "3×10^3"),
        ("3×10⁻³", r"3\times 10^{-3}"),
        ("10³", "10<sup>3</sup>"),
        ("5 cm²", "5cm^2"),
        ("cm⁻³", "cm^{-3}"),
        ("5 µm", "5μm"),
        ("5 um", "5μm"),
        (r"5 \mu m", "5μm"),
        (r"25$^\circ$C", "25℃"),
        ("α-Fe2O3", "alpha-Fe2O3"),
        ("TNF-α", "TNF-alpha"),
        ("1,000 kg", "1000kg"),
        ("10-nm", "10 nm"),
        ("10～20 MPa", "10–20MPa"),
        ("10〜20 MPa", "10-20 MPa"),
        ("Wi‐Fi", "Wi-Fi"),
    ],
)
def test_ways_of_writing_are_alike(one: str, other: str) -> None:
    assert Counter(terms(one)) == Counter(terms(other))


def test_powers_are_not_read_as_long_numbers() -> None:
    assert "1018" not in terms("10¹⁸ cm⁻³")
    assert "10^18" in terms("10¹⁸ cm⁻³")


@pytest.mark.parametrize(
    ("one", "other"), [("Wi-Fi", "WiFi"), ("5-HT", "5HT"), ("non-linear", "nonlinear"), ("IL-6", "IL6")]
)
def test_a_hyphen_may_be_left_out(one: str, other: str) -> None:
    assert set(terms(other)) <= set(terms(one))


def test_no_word_is_made_of_a_range_or_of_a_unit_and_its_power() -> None:
    assert terms("1.5-2") == ["1.5", "2"]
    assert "cm3" not in terms("10^18 cm-3")
    assert terms("a 5 nm-thick film") == ["5", "5nm", "thick", "film"]
    assert Counter(terms("3.5-4.2 V")) == Counter(["3.5", "3.5v", "4.2", "4.2v"])


def test_amounts_of_money_are_no_mathematics() -> None:
    assert readable("US$5 and A$6") == "US$5 and A$6"


def test_traditional_characters_are_found_by_simplified_ones_and_back() -> None:
    assert terms("氮化鎵功率器件的乾燥") == terms("氮化镓功率器件的干燥")
    assert terms("顯著") == terms("显著")
    assert normalise("臺灣積體電路") == "台湾积体电路"
    assert containment("碳化硅功率器件的失效機理", "碳化硅功率器件的失效机理") == 1.0


def test_folded_text_keeps_its_characters() -> None:
    assert folded("臺灣　ＡＢ") == "臺灣 ab"


def test_the_table_is_the_one_that_indexes_were_made_with() -> None:
    made = resources.files("jiandao.engines.matching").joinpath("data", "traditional.tsv").read_bytes()
    assert hashlib.sha256(made).hexdigest() == characters.DIGEST


def test_other_characters_than_the_known_ones_stop_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "src/jiandao/engines/matching/data/traditional.tsv"
    target.parent.mkdir(parents=True)
    monkeypatch.setattr(characters, "_choices", lambda name: {"東": "东", "著": "着"})
    with pytest.raises(characters.CharactersError, match="ANALYSER_VERSION"):
        characters.build(tmp_path)
    assert not target.exists()


def test_a_missing_or_changed_table_is_made_again(tmp_path: Path) -> None:
    target = tmp_path / "src/jiandao/engines/matching/data/traditional.tsv"
    target.parent.mkdir(parents=True)
    target.write_text("simplified\ttraditional\n")
    characters.build(tmp_path)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == characters.DIGEST


def test_the_table_changes_each_character_once() -> None:
    assert len(_FORMS) > 3000
    assert not set(_FORMS) & set(_FORMS.values())
    assert all(len(written) == len(target) == 1 for written, target in _FORMS.items())


@given(marked)
def test_places_in_what_is_shown_and_in_what_is_compared_are_the_same(text: str) -> None:
    assert len(surface(text)) == len(readable(text))
    assert surface(text) == simplified(readable(text))


@given(marked)
def test_normalise_is_idempotent_with_markup(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(marked, marked)
def test_pieces_and_counter_agree_with_terms(text: str, other: str) -> None:
    expected = Counter(terms(text))
    located = Counter(token.term for piece in pieces(surface(text)) for token in piece.tokens)
    assert located == expected
    wanted = {*terms(other), *terms(text[::2])}
    assert TermCounter(wanted).count(text) == {term: n for term, n in expected.items() if term in wanted}


@settings(deadline=2000)
@given(st.sampled_from(["1,111", "1.1", "1-", "a-", "$a", "_{", "\\bf{", "^{1", "<sub>", "1~", "\\\\", "{}"]))
def test_long_texts_by_intent_take_no_long_time(part: str) -> None:
    terms(part * 20_000 + "-5 nm")


def test_reasons_are_written_as_the_query_writes() -> None:
    index = MatchIndex.in_memory(
        [Document("a", text="氮化镓功率器件的封装。"), Document("b", text="小麦育种。"), Document("c", text="机床。")]
    )
    found = index.search(Document("q", text="尋求氮化鎵功率器件"), 3, reasons=True)
    assert [match.document for match in found] == ["a"]
    assert found[0].reasons is not None
    shown = [term.term for term in found[0].reasons.terms if not term.scattered]
    assert "氮化鎵功率器件" in "".join(shown)
    assert found[0].reasons.sentences[0].query == "尋求氮化鎵功率器件"
    assert sum(term.share for term in found[0].reasons.terms) == pytest.approx(1)


def test_one_phrase_in_two_writings_is_told_once() -> None:
    index = MatchIndex.in_memory([Document("a", text="氮化镓器件"), Document("b", text="小麦育种")])
    reasons = index.search(Document("q", text="氮化鎵；氮化镓"), 3, reasons=True)[0].reasons
    assert reasons is not None
    assert [term.term for term in reasons.terms] == ["氮化鎵"]


def test_a_word_with_a_hyphen_is_shown_whole() -> None:
    index = MatchIndex.in_memory([Document("a", text="WiFi routers"), Document("b", text="wheat")])
    reasons = index.search(Document("q", text="a Wi-Fi antenna"), 3, reasons=True)[0].reasons
    assert reasons is not None
    assert [term.term for term in reasons.terms] == ["Wi-Fi"]
