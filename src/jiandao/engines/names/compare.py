"""Are two names one organisation today? `compare` answers same, part-of, different or unsure, and says why.

Same means: a record under either name would be filed under one organisation today. Former names and universities that
became part of another are therefore the same, with their own reasons. A school, hospital or institute that bears an
organisation's name is a part of it and never the same.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from jiandao.engines.names import codes as social
from jiandao.engines.names.heads import Judged, by_meanings, judge_heads, judge_texts, writing_reasons
from jiandao.engines.names.parse import Dictionaries, Name, dictionaries, normalise, today
from jiandao.engines.names.reasons import Reason
from jiandao.engines.names.words import named_everywhere

Outcome = Literal["same", "part-of", "different", "unsure"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer. `score`: 0 (surely two) to 1 (surely one); `part`: which of the two is the part of the other."""

    outcome: Outcome
    score: float
    reasons: tuple[Reason, ...]
    part: Literal["a", "b", ""] = ""


def compare(
    a: str | Name,
    b: str | Name,
    *,
    aliases: tuple[Iterable[str | Name], Iterable[str | Name]] = ((), ()),
    codes: tuple[str | None, str | None] = (None, None),
    places: tuple[str | None, str | None] = (None, None),
    words: Dictionaries | None = None,
) -> Verdict:
    """Compare two names. For each of the two: other names that it is entered under, its social credit code, and the
    place where it is registered (武汉, 武汉市). Symmetric but for `part` and the order within reasons.

    A code that is none is told and not looked at. Equal codes make one organisation, except of a part, which may use
    the code of the whole; codes that differ forbid `same`.
    """
    words = words or dictionaries()
    one, two = _parsed(a, words), _parsed(b, words)
    judged = _by_names(one, two, words, places)
    if judged.answer != "same":
        judged = _by_other_names(one, two, aliases, words, places) or judged
    judged = _with_codes(judged, social.tidy(codes[0]), social.tidy(codes[1]))
    outcome: Outcome = "part-of" if judged.answer == "part" else judged.answer
    return Verdict(outcome, round(judged.score, 3), judged.reasons, judged.part)


def _parsed(name: str | Name, words: Dictionaries) -> Name:
    return normalise(name, words) if isinstance(name, str) else name


def _by_names(a: Name, b: Name, words: Dictionaries, places: tuple[str | None, str | None]) -> Judged:
    if not a.head or not b.head:
        return Judged("different", 0.0, (Reason("name-empty"),))
    if a.original == b.original:
        return Judged("same", 1.0, (Reason("equal"),))
    if a.key == b.key:
        if a.latin:
            return Judged("same", 0.97, (Reason("same-english-words"),))
        return _with_places(Judged("same", 0.98, writing_reasons(a, b)), a, b, places, words)
    whole = _by_whole(a, b)
    if whole:
        return whole
    one, two = today(a, words), today(b, words)
    by_unit = _with_and_without_head(one, two, words)
    if by_unit:
        return by_unit
    heads = judge_heads(one, two, words)
    if (one.units or two.units) and heads.answer == "different" and not (one.meanings and two.meanings):
        heads = _one_number(one, two) or heads
    heads = _with_places(heads, one, two, places, words)
    led = tuple(_leading_reasons(a, one) + _leading_reasons(b, two))
    judged = _with_units(heads, one, two, words)
    return replace(judged, reasons=(*led, *judged.reasons)) if led and judged.answer in {"same", "part"} else judged


def _with_and_without_head(a: Name, b: Name, words: Dictionaries) -> Judged | None:
    """A hospital or institute with the school or academy that it belongs to, and under its own name alone:
    首都医科大学附属北京天坛医院, 北京天坛医院."""
    if bool(a.units) == bool(b.units) or a.latin or b.latin:
        return None
    alone, unit = (b, a) if a.units else (a, b)
    if alone.kind != unit.last_kind or alone.kind not in {"hospital", "academy"} or alone.kind == unit.kind:
        return None
    own = normalise(unit.units[-1], words)
    if own.head != alone.head or own.units:
        if alone.kind == "academy":
            return None
        return Judged("different", 0.15, (_units_differ(a.units or (a.head,), b.units or (b.head,)),))
    reason = Reason("head-left-out", {"head": unit.head, "unit": alone.original.strip()})
    everywhere = named_everywhere(own.core)
    if own.place and own.core != "医院" and alone.kind == "hospital":
        return Judged("same", 0.87, (reason,))
    if everywhere and not own.place:
        return Judged("different", 0.2, (reason,))
    return Judged("unsure", 0.65, (reason,))


def _one_number(a: Name, b: Name) -> Judged | None:
    """The institute of one number (three digits) of two groups whose names begin alike: groups are split and merged, and
    their institutes keep the numbers: 中国船舶集团, 中国船舶重工集团公司 第七一九研究所."""
    numbers = re.findall(r"\d{3,}", a.units[-1]) if a.units and a.units == b.units else []
    if not numbers or a.head[:4] != b.head[:4] or not a.kind == b.kind == "company":
        return None
    return Judged("unsure", 0.6, (Reason("number-equal", {"number": numbers[0], "a": a.head, "b": b.head}),))


def _by_whole(a: Name, b: Name) -> Judged | None:
    """Head and units as one known name: 中国科学院研究生院, 武汉大学人民医院."""
    if not (a.units or b.units) or not a.whole or not b.whole:
        return None
    judged = by_meanings(a.whole, b.whole, a.original.strip(), b.original.strip())
    return judged if judged.answer == "same" else None


def _leading_reasons(name: Name, meant: Name) -> list[Reason]:
    if name is meant:
        return []
    return [Reason("short-name", {"short": name.original.strip(), "today": meant.original})]


def _with_places(heads: Judged, a: Name, b: Name, places: tuple[str | None, str | None], words: Dictionaries) -> Judged:
    """What the registered places add: they confirm a place that a name leaves out, or tell two firms apart."""
    known = [words.places.named(place.strip()) if place else None for place in places]
    if heads.answer == "unsure" and any(reason.code == "place-left-out" for reason in heads.reasons):
        without, named = (0, b) if not a.place else (1, a)
        here = known[without]
        if here and here.name == named.place:
            confirmed = Reason("place-confirmed", {"place": here.name})
            return Judged("same", 0.88, (*heads.reasons, confirmed))
    one, two = known
    if one and two and not one.within(two) and not two.within(one) and heads.answer in {"same", "unsure"}:
        differ = Reason("place-differs", {"a": one.name, "b": two.name})
        if heads.answer == "unsure":
            return Judged("different", 0.25, (*heads.reasons, differ))
        if a.kind == "company" or b.kind == "company":
            return Judged("unsure", 0.6, (*heads.reasons, differ))
    return heads


def _with_units(heads: Judged, a: Name, b: Name, words: Dictionaries) -> Judged:
    if heads.answer == "part":
        return heads if a.units == b.units else _different_units(heads, a, b)
    if heads.answer != "same":
        if a.units or b.units:
            return Judged(heads.answer, min(heads.score, 0.5), heads.reasons) if a.units == b.units else _apart(heads)
        return heads
    reasons = heads.reasons or _writing_of_heads(a, b)
    if a.units == b.units:
        return _with_notes(replace(heads, reasons=reasons), a, b)
    shorter, longer = (a, b) if len(a.units) < len(b.units) else (b, a)
    if longer.units[: len(shorter.units)] == shorter.units and len(longer.units) > len(shorter.units):
        if any(meant.how == "merged" for meant in shorter.meanings):  # a school of 浙江大学 is no part of old 杭州大学
            return _different_units(heads, a, b)
        part: Literal["a", "b"] = "a" if longer is a else "b"
        facts = {"part": longer.original.strip(), "whole": shorter.original.strip()}
        return Judged("part", 0.3, (*heads.reasons, Reason("part-of", facts)), part)
    return _units(heads, a, b, shorter, longer, words)


def _writing_of_heads(a: Name, b: Name) -> tuple[Reason, ...]:
    return writing_reasons(a, b) if a.units == b.units and a.brackets == b.brackets else ()


def _with_notes(judged: Judged, a: Name, b: Name) -> Judged:
    if a.brackets == b.brackets:
        return judged
    differ = Reason("note-differs", {"a": "、".join(a.brackets) or "–", "b": "、".join(b.brackets) or "–"})
    return Judged("unsure", 0.6, (*judged.reasons, differ))


def _apart(heads: Judged) -> Judged:
    return Judged("different", min(heads.score, 0.2), heads.reasons)


def _different_units(heads: Judged, a: Name, b: Name) -> Judged:
    return Judged("different", 0.15, (*heads.reasons, _units_differ(a.units, b.units)))


def _units_differ(one: Sequence[str], two: Sequence[str]) -> Reason:
    return Reason("unit-differs", {"a": "".join(one) or "–", "b": "".join(two) or "–"})


def _units(heads: Judged, a: Name, b: Name, shorter: Name, longer: Name, words: Dictionaries) -> Judged:
    """Both have units, and neither's are the beginning of the other's."""
    if len(longer.units) > len(shorter.units) and longer.units[-1] == shorter.units[-1]:
        between = Reason("unit-in-between-left-out", {"unit": "".join(longer.units[len(shorter.units) - 1 : -1])})
        return Judged("same", min(heads.score, 0.88), (*heads.reasons, between))
    one, two = "".join(a.units), "".join(b.units)
    judged = judge_texts(one, two, words, public=True, known=False)
    if judged.answer in {"same", "unsure"}:
        return replace(judged, score=min(judged.score, heads.score), reasons=(*heads.reasons, *judged.reasons))
    return _different_units(heads, a, b)


def _by_other_names(
    a: Name,
    b: Name,
    aliases: tuple[Iterable[str | Name], Iterable[str | Name]],
    words: Dictionaries,
    places: tuple[str | None, str | None],
) -> Judged | None:
    """The first pair of other names that is one organisation: names entered beside, or standing inside in brackets."""
    sides = []
    for name, entered in zip((a, b), aliases, strict=True):
        inside = [(_parsed(other, words), "other-name-inside") for other in name.others]
        sides.append([(name, ""), *inside, *((_parsed(other, words), "alias") for other in entered)])
    for (one, how), (two, why) in product(*sides):
        if not how and not why:
            continue
        judged = _by_names(one, two, words, places)
        if judged.answer == "same":
            told = [_other_name(name, code) for name, code in ((one, how), (two, why)) if code]
            more = [reason for reason in judged.reasons if reason.code != "equal"]
            return Judged("same", min(judged.score, 0.95), (*told, *more))
    return None


def _other_name(name: Name, code: str) -> Reason:
    return Reason(code, {"alias" if code == "alias" else "other": name.original.strip()})


def _with_codes(judged: Judged, one: str, two: str) -> Judged:
    bad = tuple(Reason("social-code-invalid", {"code": code}) for code in (one, two) if code and not social.valid(code))
    if bad or not one or not two:
        return replace(judged, reasons=(*judged.reasons, *bad))
    if one == two:
        reasons = (Reason("social-code-equal", {"code": one}), *judged.reasons)
        if judged.answer == "part":
            return replace(judged, reasons=reasons)
        if judged.answer == "different" and not {reason.code for reason in judged.reasons} <= _MERE_TEXT:
            return Judged("unsure", 0.75, reasons)  # one of the codes may be a slip
        return Judged("same", max(judged.score, 0.97 if judged.answer == "same" else 0.9), reasons)
    reasons = (*judged.reasons, Reason("social-code-differs", {"a": one, "b": two}))
    if judged.answer == "same":
        return Judged("unsure", 0.5, reasons)
    if judged.answer == "unsure":
        return Judged("different", 0.25, reasons)
    return replace(judged, reasons=reasons)


# Differences of two texts that a new name of one organisation may have.
_MERE_TEXT = frozenset({"little-in-common", "several-characters-differ", "one-character-differs", "words-more"})
