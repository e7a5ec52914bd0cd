"""The means of languages are taken away: repeatable in any order, harmless for few texts and for one language."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching.centring import LEAST, Centring, language
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
