"""Where a document itself says how a term is called in the other language: 氮化镓（gallium nitride, GaN）, GaN（氮化镓）.

The bracket says exactly where one of the two terms stands; where the other begins in the text before it, only many
documents can say. So each gloss comes with candidates, the endings of what stands before the bracket, from the longest
to the shortest, and with a guess for a gloss that is seen once (after Schwartz & Hearst 2003; Chinese words by rjieba).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import rjieba

from jiandao.engines.matching.text import IDEOGRAPHS, STOP_WORDS
from jiandao.engines.matching.writing import readable, simplified

_LONGEST = 14  # ideographs of a term
_MOST_WORDS = 5  # words of an English term
_ENGLISH = r"[A-Za-z][A-Za-z0-9]*(?:[ \-–'’·.]{1,2}[A-Za-z0-9]+){0,7}"
_IN_BRACKET = re.compile(
    rf"([{IDEOGRAPHS}]{{2,40}})[”\"』」]?[ ]?[(（][ ]?(?:英文(?:名)?|简称|缩写(?:为)?|即)?[:：]?[ ]?"
    rf"({_ENGLISH}(?:[ ]?[,，;；、][ ]?{_ENGLISH}){{0,2}})[ ]?[)）]"
)
_BEFORE_BRACKET = re.compile(rf"({_ENGLISH})[ ]?[(（][ ]?([{IDEOGRAPHS}]{{2,{_LONGEST}}})[ ]?[)）]")
_PARTS = re.compile(r"[ ]?[,，;；、][ ]?")
_CAPITALS = re.compile(r"[A-Z]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")  # MarkovRandomField: blanks that were lost
# Words that end what goes before a term; at the end of one they belong to it.
_BEFORE_TERMS = (
    "的 了 和 与 及 或 在 是 对 用 为 等 以 将 把 被 由 从 中 其 该 此 这 那 于 按 经 并 而 且 即 如 有 使 让 给 到 向 我们 本文"
    " 基于 采用 利用 通过 使用 运用 结合 针对 提出 一种 进行 根据 研究 探讨 介绍 建立 实现 包括 称为 关于 以及 具有 引入 随着"
    " 作为 成为 其中 所谓 寻求 需要 研制 制备 引进 加入 添加 获得 得到 综述 阐述 阐明 观察"
)
_CUTS = frozenset(_BEFORE_TERMS.split())


@dataclass(frozen=True, slots=True)
class Gloss:
    """A term that stands exactly (`term`) and the candidates for the same in the other language, longest first."""

    term: str
    candidates: tuple[str, ...]
    guess: str


def glosses(text: str) -> Iterator[Gloss]:
    """All glosses of a text."""
    seen = readable(text)
    for match in _IN_BRACKET.finditer(seen):
        for part in _PARTS.split(match[2]):
            english = " ".join(_HUMP.sub(" ", part).split())
            if _is_term(english):
                found = _chinese_endings(match[1])
                if found:
                    yield Gloss(english, found, _guess_chinese(found, english))
    for match in _BEFORE_BRACKET.finditer(seen):
        endings = _english_endings(match[1])
        if endings:
            yield Gloss(match[2], endings, _guess_english(endings, match[2]))


def _is_term(english: str) -> bool:
    return len(re.findall(r"[A-Za-z]", english)) >= 2 and english.lower() not in STOP_WORDS


def _chinese_endings(run: str) -> tuple[str, ...]:
    """Endings of a run of ideographs that begin with a word and hold no function word."""
    tail = run[-3 * _LONGEST :]
    words = rjieba.cut(simplified(tail), False)
    start = len(tail)
    found: list[str] = []
    for word in reversed(words):
        if word in _CUTS and (found or len(word) == 1):
            break
        start -= len(word)
        if len(tail) - start > _LONGEST:
            break
        if len(tail) - start >= 2:
            found.append(tail[start:])
    return tuple(reversed(found))


def _english_endings(words: str) -> tuple[str, ...]:
    """Endings of a row of words, without a stop word in front of them."""
    parts = words.split()[-_MOST_WORDS:]
    found: list[str] = []
    for start in range(len(parts) - 1, -1, -1):
        if parts[start].lower() in STOP_WORDS:
            break
        found.append(" ".join(parts[start:]))
    return tuple(ending for ending in reversed(found) if _is_term(ending))


def is_abbreviation(word: str) -> bool:
    """GaN, LMI, OLEDs: one word with two capitals at least. CAN is one, can is none."""
    return " " not in word and len(_CAPITALS.findall(word)) >= 2


def plausible(chinese: str, english: str, times: int) -> bool:
    """Whether the two can mean the same: no fewer characters than words, or than capitals of an abbreviation.

    Of a gloss seen once a common word of two characters is none: it is what is left of a term (陶瓷|材料, 学习|模型).
    """
    if times == 1 and len(chinese) == 2 and rjieba.has_word(chinese):
        return False
    parts = len(_CAPITALS.findall(english)) if is_abbreviation(english) else len(english.split())
    return len(chinese) >= parts


def _guess_chinese(endings: tuple[str, ...], english: str) -> str:
    """The longest ending that is no longer than its English lets expect: five characters for two capitals of an
    abbreviation, five for twelve letters of words."""
    letters = len(re.findall(r"[A-Za-z]", english))
    most = 2.5 * len(_CAPITALS.findall(english)) if is_abbreviation(english) else letters / 2.4
    fitting = [ending for ending in endings if len(ending) <= max(most, 4)]
    return fitting[0] if fitting else endings[-1]


def _guess_english(endings: tuple[str, ...], chinese: str) -> str:
    """The ending with about one word for two characters; an abbreviation stands alone."""
    if is_abbreviation(endings[-1]):
        return endings[-1]
    most = max(1, round(len(chinese) / 2))
    return next(ending for ending in endings if len(ending.split()) <= most)
