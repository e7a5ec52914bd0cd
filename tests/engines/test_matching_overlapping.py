"""What overlaps a typed text, from the index that is there anyway."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching import Document, MatchIndex, containment

SENTENCES = [
    "研究碳化硅功率模块在高温下的失效机理。",
    "建立寿命预测模型并在实际线路上验证。",
    "红外气体传感器的灵敏度须达到百万分之一。",
    "We measure the infrared absorption of methane in coal mines.",
    "项目完成后形成年产十万只的生产能力。",
]
sampled = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map("".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(sampled, min_size=1, max_size=8), sampled, st.sampled_from([0.0, 0.35, 0.8, 1.0]))
def test_found_is_what_the_exact_measure_says(texts: list[str], asked: str, threshold: float) -> None:
    index = MatchIndex.in_memory(Document(f"d{i}", text=text) for i, text in enumerate(texts))
    shares = {f"d{i}": containment(asked, text) for i, text in enumerate(texts)}
    wanted = {name: share for name, share in shares.items() if share >= threshold and share > 0}
    found = index.overlapping(asked, threshold)
    assert {one.document: one.containment for one in found} == wanted
    assert [one.containment for one in found] == sorted(wanted.values(), reverse=True)


def test_itself_what_is_excluded_and_other_labels_are_left_out() -> None:
    rows = {"a": "need", "b": "need", "c": "result"}
    documents = [Document(name, text=SENTENCES[0], labels={"kind": (kind,)}) for name, kind in rows.items()]
    index = MatchIndex.in_memory(documents)
    assert [one.document for one in index.overlapping(documents[0])] == ["b", "c"]
    assert [one.document for one in index.overlapping(SENTENCES[0], exclude={"b"}, labels={"kind": ["need"]})] == ["a"]
    assert [one.document for one in index.overlapping(SENTENCES[0], allowed={"c"})] == ["c"]
    assert index.overlapping(SENTENCES[0], labels={"kind": ["other"]}) == []
    assert index.overlapping("……") == []
    assert MatchIndex.in_memory().overlapping(SENTENCES[0]) == []


def test_a_short_title_inside_a_long_text_counts_only_if_asked() -> None:
    index = MatchIndex.in_memory([Document("a", title="功率模块"), Document("b", text=SENTENCES[0])])
    text = "".join(SENTENCES) + "功率模块"
    assert {one.document for one in index.overlapping(text)} == {"b"}
    assert index.overlapping("红外气体传感器", least=3) == []
    assert [one.shared for one in index.overlapping(text, least=5)] == [14]


def test_what_is_copied_into_one_stretch_of_a_long_text_is_found() -> None:
    draw = np.random.default_rng(7)

    def text(length: int) -> str:
        return "".join(chr(0x4E00 + c) for c in draw.integers(0, 400, length))

    documents = [Document(f"d{i}", text=text(300)) for i in range(400)]
    index = MatchIndex.in_memory(documents)
    asked = text(2000) + documents[7].text[100:250] + text(2000)
    assert [one.document for one in index.overlapping(asked)] == ["d7"]


def test_changes_are_seen_at_once_and_damage_is_told(tmp_path: Path) -> None:
    with MatchIndex.rebuild(tmp_path / "index") as writer:
        writer.add(Document("a", text=SENTENCES[0]))
    index = MatchIndex.open(tmp_path / "index")
    assert index.overlapping(SENTENCES[0])[0].containment == pytest.approx(1)
    MatchIndex.open(tmp_path / "index").update(add=[Document("b", text=SENTENCES[0])], remove=["a"])
    assert [one.document for one in index.overlapping(SENTENCES[0])] == ["b"]
