"""Scores of experts for proposals: what an officer relies on."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching.affinity import Affinities, AffinitySettings, Item, Profile, Work
from jiandao.engines.matching.affinity_reasons import AffinityExplainer
from jiandao.engines.matching.affinity_space import Parts, Space
from jiandao.engines.matching.records import Channel, Document

TOPICS = {
    name: words.split()
    for name, words in {
        "gas": "infrared gas sensor methane leak detection optical path wavelength absorption spectrum laser",
        "chip": "silicon carbide power module failure bonding wire thermal resistance switching inverter",
        "plant": "rice drought gene expression root breeding yield nitrogen soil photosynthesis",
        "芯片": "光刻 晶圆 刻蚀 薄膜 沉积 掩膜 良率 封装 键合 硅片",
    }.items()
}
COMMON = ["we", "propose", "a", "new", "method", "and", "show", "results", "of", "experiments", "on", "data"]


def text(topic: str, seed: int, words: int = 30) -> Parts:
    dice = random.Random(f"{topic}{seed}")
    drawn = [*dice.choices(TOPICS[topic], k=words), *dice.sample(COMMON, 6)]
    dice.shuffle(drawn)
    return Parts(" ".join(drawn[:6]), "", " ".join(drawn[6:]))


def item(name: str, parts: Parts, *left_out: str) -> Item:
    return Item(Document(name, title=parts.title, text=parts.text), frozenset(left_out))


def profile(name: str, *works: Parts | Work) -> Profile:
    return Profile(name, tuple(work if isinstance(work, Work) else Work(work) for work in works))


def world(size: int = 5) -> tuple[list[Item], list[Profile]]:
    """An item, and a profile of works, for each topic."""
    items = [item(f"i-{topic}", text(topic, 999)) for topic in TOPICS]
    profiles = [profile(f"p-{topic}", *(text(topic, seed) for seed in range(size))) for topic in TOPICS]
    return items, profiles


@pytest.mark.parametrize("size", [1, 5, 40])
def test_who_works_on_a_topic_comes_first(size: int) -> None:
    scores = Affinities(*world(size)).scores
    assert (scores.argmax(axis=1) == np.arange(len(TOPICS))).all()
    assert (scores.argmax(axis=0) == np.arange(len(TOPICS))).all()


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_anything_changes_no_digit(dice: random.Random) -> None:
    items, profiles = world(18)
    before = Affinities(items, profiles)
    places = list(range(len(items))), list(range(len(profiles)))
    for order in places:
        dice.shuffle(order)
    shuffled = []
    for place in places[1]:
        works = list(profiles[place].works)
        dice.shuffle(works)
        shuffled.append(replace(profiles[place], works=tuple(works)))
    after = Affinities([items[place] for place in places[0]], shuffled)
    assert after.scores.tobytes() == np.ascontiguousarray(before.scores[np.ix_(*places)]).tobytes()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 20]), st.booleans())
def test_reasons_add_up(seed: int, size: int, dense: bool) -> None:
    items, profiles = world(size)
    dice = np.random.default_rng(seed)
    vectors = (dice.normal(size=(len(items), 5)), dice.normal(size=(len(profiles) * size, 5))) if dense else None
    found = Affinities(items, profiles, dense=vectors)
    assert found.scores.shape == (len(items), len(profiles))
    for place in range(len(items)):
        for who in range(len(profiles)):
            pair = AffinityExplainer(found, place).explain(who)
            assert pair.score == found.scores[place, who]
            assert sum(signal.contribution for signal in pair.signals) == pytest.approx(pair.score, abs=1e-9)
            signals = {signal.name: signal.contribution for signal in pair.signals}
            assert set(signals) <= {"lexical", "common", "latent", "dense", "calibration"}
            assert ("dense" in signals) == dense
            if "lexical" in signals:
                assert sum(term.share for term in pair.reasons.terms) == pytest.approx(1)
            assert 1 <= len(pair.works) <= 3
            if size <= 3:
                whole = sum(work.contribution for work in pair.works) + signals.get("calibration", 0)
                assert whole == pytest.approx(pair.score, abs=5e-6)


def test_reasons_quote_what_stands_in_both() -> None:
    items, profiles = world()
    pair = AffinityExplainer(Affinities(items, profiles), 0).explain(0)
    words = {word for term in pair.reasons.terms for word in term.term.split()}
    for document in (items[0].document, *(work.document() for work in profiles[0].works)):
        assert any(word in f"{document.title} {document.text}" for word in words)
    (quoted,) = pair.reasons.sentences
    behind = [profiles[0].works[work.place].parts for work in pair.works]
    assert any(quoted.document in f"{parts.title}\n{parts.text}" for parts in behind)
    assert quoted.query in f"{items[0].document.title}\n{items[0].document.text}"


def test_a_pair_of_words_is_evidence() -> None:
    items = [item("i", Parts("", "", "carbon fibre recycling plant"))]
    near = profile("near", Parts("", "", "the carbon fibre of a recycling plant"))
    far = profile("far", Parts("", "", "plant fibre and carbon with recycling"))
    first, second = Affinities(items, [near, far]).scores[0]
    assert first > second


def test_an_item_among_the_works_does_not_count() -> None:
    items, profiles = world()
    own = Parts.of(items[0].document)
    without = Affinities(items, profiles)
    copies = {
        "the same": Work(own),
        "same id": Work(text("gas", 5), id="i-gas"),
        "same title": Work(Parts(own.title.upper() + " ", "", "something else altogether")),
        "abstract only": Work(Parts("", "", own.text)),
        "with more": Work(Parts("", "", f"{own.title} {own.text} and further words on the same matter")),
    }
    for name, work in copies.items():
        more = [replace(profiles[0], works=(*profiles[0].works, work)), *profiles[1:]]
        found = Affinities(items, more)
        row = [place for place, _ in enumerate(found.evidence(0, 0).places)]
        assert len(row) == len(profiles[0].works), name
        assert found.scores[0, 0] == pytest.approx(without.scores[0, 0], abs=0.12), name
        assert len(found.evidence(1, 0).places) == len(profiles[0].works) + 1, name


def test_a_short_title_that_happens_to_be_the_same_counts() -> None:
    items = [item("i", Parts("Deep learning", "", "for the inspection of welds"))]
    found = Affinities(items, [profile("p", Parts("Deep learning", "", "of protein structures"))])
    assert len(found.evidence(0, 0).places) == 1


def test_a_heading_of_a_form_makes_no_two_projects_one() -> None:
    heading = "国家重点研发计划项目申请书二〇二六年度"
    first, second = text("芯片", 1, 60), text("gas", 2, 60)
    items = [item("i", first._replace(title=heading))]
    found = Affinities(items, [profile("p", second._replace(title=heading))])
    assert len(found.evidence(0, 0).places) == 1


def test_authors_get_no_score_and_move_no_other() -> None:
    items, profiles = world()
    items[1] = replace(items[1], left_out=frozenset({"p-gas", "nobody"}))
    found = Affinities(items, profiles)
    assert np.isnan(found.scores[1]).tolist() == [True, False, False, False]
    with pytest.raises(ValueError, match="left out"):
        AffinityExplainer(found, 1).explain(0)
    assert (found.scores[[0, 2, 3]] == Affinities(*world()).scores[[0, 2, 3]]).all()


def test_the_score_of_who_shows_nothing_is_not_that_of_an_author_who_has_none() -> None:
    parts, nobody = text("gas", 999), profile("p-nobody")
    far, near = profile("p-far", text("chip", 1)), profile("p-near", text("gas", 1))
    alone = Affinities([item("i", parts, "p-near")], [near, nobody]).scores
    assert np.isnan(alone[0, 0])
    assert alone[0, 1] == 0
    three = Affinities([item("i", parts, "p-far")], [far, near, nobody]).scores
    assert np.isnan(three[0, 0])
    assert three[0, 2] == three[0, 1]  # the least of the scores that are given


def test_who_shows_nothing_is_last_and_says_so() -> None:
    items, profiles = world()
    people = [
        *profiles,
        profile("empty"),
        profile("blank", Parts("", "", " …… ")),
        profile("the", Parts("", "", "the")),
    ]
    found = Affinities(items, people)
    assert (found.scores[:, 4:] == found.scores[:, :4].min(axis=1, keepdims=True)).all()
    pair = AffinityExplainer(found, 0).explain(4)
    assert [signal.name for signal in pair.signals] == ["nothing", "calibration"]
    assert sum(signal.contribution for signal in pair.signals) == pytest.approx(pair.score, abs=1e-9)
    assert not pair.works


def test_an_item_without_words_fits_nobody_more_than_another() -> None:
    items, profiles = world()
    found = Affinities([*items, Item(Document("silent", text="……"))], profiles)
    assert (found.scores[-1] == 0).all()


@pytest.mark.parametrize("profiles", [[], [profile("p")], [profile("p", Parts("", "", "gas sensor"))]])
def test_the_smallest_worlds(profiles: list[Profile]) -> None:
    found = Affinities([item("i", Parts("", "", "gas sensor"))], profiles)
    assert found.scores.shape == (1, len(profiles))
    assert np.isfinite(found.scores).all()
    assert Affinities([], profiles).scores.shape == (0, len(profiles))


def test_few_documents_count_alike_and_of_many_the_best() -> None:
    """One good paper among 4 of another field lifts less than the same beside 39, where many can be weak."""
    items = [item("i", text("gas", 999)), item("j", text("chip", 999))]
    one = text("gas", 1)
    others = [text("plant", seed) for seed in range(39)]
    scores = Affinities(items, [profile("pure", one), profile("one-of-5", one, *others[:4])]).scores[0]
    assert scores[0] > scores[1]
    good = [text("gas", seed) for seed in range(5)]
    found = Affinities(items, [profile("pure", *good), profile("diluted", *good, *others[:15])]).scores[0]
    apart = Affinities(items, [profile("pure", *good), profile("none", *others[:20])]).scores[0]
    assert found[0] - found[1] < 0.5 * (apart[0] - apart[1])


def test_what_one_does_now_counts_more() -> None:
    items = [item("i", text("gas", 999))]
    gas, chip = [text("gas", seed) for seed in range(3)], [text("chip", seed) for seed in range(3)]

    def career(name: str, first: list[Parts], then: list[Parts]) -> Profile:
        return profile(name, *(Work(p, when=2000.0) for p in first), *(Work(p, when=2024.0) for p in then))

    people = [career("into", chip, gas), career("out-of", gas, chip), profile("undated", *gas, *chip)]
    into, out_of, undated = Affinities(items, people).scores[0]
    assert into > undated > out_of
    off = Affinities(items, people, AffinitySettings(half_life=0)).scores[0]
    assert off[0] == off[1] == off[2]
    shifted = [replace(p, works=tuple(replace(w, when=w.when and w.when - 7) for w in p.works)) for p in people]
    assert (Affinities(items, shifted).scores[0] == [into, out_of, undated]).all()


def test_another_profile_moves_scores_only_by_the_collection() -> None:
    items, profiles = world(20)
    before = Affinities(items, profiles)
    more = Affinities(items, [*profiles, profile("new", text("plant", 77))])
    assert abs(more.scores[:, :4] - before.scores).max() < 0.25
    same = Affinities(items, [*profiles, replace(profiles[0], id="twin")])  # no new text: only the calibration moves
    moved = same.scores[:, :4] - before.scores
    assert abs(moved - moved[:, :1]).max() < 2e-6


def test_the_calibration_keeps_the_order_of_experts() -> None:
    items, profiles = world(20)
    plain = Affinities(items, profiles, AffinitySettings(calibration=0)).scores
    assert (np.argsort(plain, axis=1) == np.argsort(Affinities(items, profiles).scores, axis=1)).all()


def test_dense_vectors_carry_over_languages() -> None:
    """Texts without a common word, as vectors of a bilingual encoder would place them."""
    items = [item("i", Parts("", "", "气体传感器")), item("j", Parts("", "", "功率模块"))]
    people = [profile("gas", text("gas", 1)), profile("chip", text("chip", 1))]
    assert np.ptp(Affinities(items, people).scores[0]) < 0.1
    vectors = np.eye(2)
    scores = Affinities(items, people, dense=(vectors, vectors)).scores
    assert scores[0, 0] > scores[0, 1] + 0.2
    assert scores[1, 1] > scores[1, 0] + 0.2
    with pytest.raises(ValueError, match="needs 2 and 2 vectors"):
        Affinities(items, people, dense=(vectors, vectors[:1]))


def test_weights_of_channels_are_settings() -> None:
    items, profiles = world(40)
    only = Affinities(items, profiles, AffinitySettings(channels={"latent": Channel(1.0, 0.5)}))
    assert {signal.name for signal in AffinityExplainer(only, 0).explain(0).signals} == {"latent", "calibration"}


@pytest.mark.parametrize("most", [10_000, 150])
def test_latent_dimensions_are_those_of_a_full_decomposition(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = sorted({text(topic, seed) for topic in TOPICS for seed in range(60)})
    whole = Space.fit(texts, ranks=(8,), most=10_000)
    monkeypatch.setattr("jiandao.engines.matching.affinity_space._DENSE", 10)
    found = Space.fit(texts, ranks=(8,), most=most)
    rows = np.arange(len(texts))
    first, second = whole.topics(rows), found.topics(rows)
    expected = first @ first.T
    assert abs(second @ second.T - expected).max() < (1e-9 if most > len(texts) else 0.9)
    assert np.corrcoef((second @ second.T).ravel(), expected.ravel())[0, 1] > 0.9


def test_copies_of_few_texts_break_nothing() -> None:
    """Matrices of a rank far below what is asked for."""
    texts = sorted({Parts("", "", " ".join(["gas"] * n)) for n in range(1, 200)})
    space = Space.fit(texts, ranks=(4, 8))
    assert np.isfinite(space.topics(np.arange(len(texts)))).all()


def test_of_a_very_long_profile_only_the_works_that_count_are_read_for_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    items, _ = world()
    found = Affinities(items, [profile("long", *(text("gas", seed) for seed in range(400)))])
    explainer = AffinityExplainer(found, 0)
    read: list[int] = []
    whole = explainer._words.explain_several

    def counted(documents: list[Document], *more: object) -> object:
        read.append(len(documents))
        return whole(documents, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(explainer._words, "explain_several", counted)
    pair = explainer.explain(0)
    assert read[0] < 100
    assert sum(signal.contribution for signal in pair.signals) == pytest.approx(pair.score, abs=1e-9)
    assert sum(term.share for term in pair.reasons.terms) == pytest.approx(1)
