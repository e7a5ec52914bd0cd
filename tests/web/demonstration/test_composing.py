"""The composed texts of the demonstration: the same everywhere, varied, well formed, fictional, and true to their keys."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from jiandao.kernel.identifiers import check_credit_code
from jiandao.stages.exchange.states import NEED_ALL
from jiandao.web.demonstration.composing import (
    MARK,
    PROVINCE,
    SMALL,
    capabilities,
    experts,
    needs,
    organisations,
    results,
)
from jiandao.web.demonstration.composing.blocks import fields, topics
from jiandao.web.demonstration.composing.needs import STATE_WEIGHTS, need

KINDS = {
    "organisations": organisations,
    "experts": experts,
    "needs": needs,
    "results": results,
    "capabilities": capabilities,
}
# Names of real houses and firms: none may stand in a composed text.
REAL = (
    "华中科技大学",
    "武汉大学",
    "武汉理工",
    "中国地质大学",
    "华中农业",
    "华中师范",
    "武汉科技大学",
    "湖北工业大学",
    "三峡大学",
    "长江大学",
    "清华",
    "北京大学",
    "浙江大学",
    "复旦",
    "上海交通大学",
    "南京大学",
    "电子科技大学",
    "中国科学",
    "中科院",
    "协和医院",
    "同济医院",
    "湖北省人民医院",
    "烽火",
    "长飞",
    "华工科技",
    "锐科",
    "长江存储",
    "武汉新芯",
    "楚天激光",
    "帝尔激光",
    "光迅",
    "虹信",
    "高德红外",
    "梦芯",
    "立得空间",
    "联影",
    "东风",
    "宝武",
    "武钢",
    "大冶",
    "新冶钢",
    "兴发",
    "鼎龙",
    "达梦",
    "人福",
    "马应龙",
    "华为",
    "中兴",
    "小米",
    "比亚迪",
    "宁德时代",
    "京东方",
    "天马",
    "华星光电",
    "联想",
    "富士康",
    "中芯",
    "兆易",
    "海光",
    "寒武纪",
    "航天科工",
    "航天科技",
    "中国信科",
    "三安光电",
    "大族",
    "国盾",
)
DIGEST = """
import hashlib
from jiandao.web.demonstration.composing import SMALL, capabilities, experts, needs, organisations, results
every = hashlib.sha256()
for kind in (organisations, experts, needs, results, capabilities):
    for one in kind(SMALL, 0, 60):
        every.update(repr([sorted(v) if isinstance(v, frozenset) else v for v in vars(one).values()]).encode())
print(every.hexdigest())
"""


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list | tuple | frozenset):
        for one in value:
            yield from strings(one)


def repeated(titles: list[str]) -> float:
    return 1 - len(set(titles)) / len(titles)


def test_every_process_composes_the_same() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_slice_is_the_part_of_the_whole(kind: str) -> None:
    assert list(KINDS[kind](SMALL, 30, 40)) == list(KINDS[kind](SMALL))[30:40]


def test_titles_seldom_repeat_at_province_size() -> None:
    assert repeated([one.title for one in needs(PROVINCE)]) < 0.005
    assert repeated([one.title for one in results(PROVINCE, 0, 40_000)]) < 0.005
    assert repeated([one.title for one in capabilities(PROVINCE)]) < 0.005


def test_names_and_codes_of_organisations_are_their_own() -> None:
    found = list(organisations(PROVINCE))
    assert len({one.name for one in found}) == len(found)
    codes = [one.credit_code for one in found if one.credit_code]
    assert len(set(codes)) == len(codes)
    assert all(check_credit_code(code).fault is None for code in codes[:5_000])
    assert all(code[2:8] == "429900" for code in codes)
    assert 0.02 < sum(one.same_as is not None for one in found) / len(found) < 0.04
    assert 0.07 < sum(one.tie is not None for one in found) / len(found) < 0.12
    assert all(found[one.tie.parent].same_as is None for one in found if one.tie)
    assert len({one.prefecture for one in found}) == 17
    wuhan = sum(one.prefecture == "4201" for one in found) / len(found)
    assert 0.35 < wuhan < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_well_formed_and_name_nobody_real(kind: str) -> None:
    for one in KINDS[kind](PROVINCE, 0, 3_000):
        record = asdict(one)
        for text in strings({name: value for name, value in record.items() if name not in {"keys", "answered_by"}}):
            assert not re.search(r"[。，；：、]{2}|[{}]|\bNone\b|\s{2}", text), text
            assert not re.search(r"([\u4e00-\u9fff]{6,})\1", text), text
            assert not any(name in text for name in REAL), text
            assert not re.search(r"1[3-9]\d{9}", text), text
        assert all(record[name] for name in ("title", "name", "problem", "goal", "summary") if name in record)
        assert record.get("mark", MARK) == MARK


def test_texts_are_as_long_as_real_ones() -> None:
    assert all(150 <= len(one.problem) <= 450 for one in needs(SMALL))
    assert all(120 <= len(one.summary) <= 400 for one in results(SMALL))
    assert all(len(one.title) <= 80 for one in results(SMALL))


def test_every_field_and_state_is_there() -> None:
    found = list(needs(SMALL))
    assert set(STATE_WEIGHTS) == set(NEED_ALL)
    assert {one.state for one in found} == set(NEED_ALL)
    assert {one.field_name for one in found} == {one.name for one in fields()}
    assert len(fields()) == 12
    assert {one.direction for one in found} == {"national", "industry", "future"}
    assert {one.field_name for one in results(SMALL)} == {one.name for one in fields()}
    assert {one.kind for one in capabilities(SMALL)} == {"team", "laboratory", "instrument", "pilot-line"}
    assert 0.03 < sum(one.confidential for one in found) / len(found) < 0.08
    assert 0.03 < sum(one.twin_of is not None for one in found) / len(found) < 0.05
    assert any(one.vague for one in found)


def test_the_truth_is_kept() -> None:
    keys = {topic.answer(place) for _, topic in topics() for place in range(topic.places)}
    offered = Counter(one.answers for one in results(SMALL) if one.fit == "whole")
    for one in needs(SMALL):
        assert one.answered_by <= keys
        assert bool(one.answered_by) != one.vague
        assert all(offered[key] for key in one.answered_by), one.title
        if one.twin_of is not None:
            first = need(SMALL, one.twin_of)
            assert first.answered_by == one.answered_by
            assert first.organisation != one.organisation
    for result in results(SMALL):
        assert bool(result.answers) == (result.fit != "wrong")


def test_numbers_lie_between_today_and_the_worlds_best() -> None:
    for one in needs(SMALL):
        for indicator in one.indicators:
            low, value, high = float(indicator.current), float(indicator.value), float(indicator.best)
            assert min(low, high) <= value <= max(low, high)
            assert value != low
