"""Two names without their units: one organisation or two? The rules in their order; the first that answers decides."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jiandao.engines.names.edits import Edit, alike, edits
from jiandao.engines.names.known import Campus, Meaning
from jiandao.engines.names.parse import Dictionaries, Name
from jiandao.engines.names.places import Place
from jiandao.engines.names.reasons import Reason
from jiandao.engines.names.text import STEPS
from jiandao.engines.names.words import ending_of_institute, stem_of_school

Answer = Literal["same", "part", "different", "unsure"]

_FORCES = "解放军"
_PUBLIC = frozenset({"school", "academy", "government"})
JOINING = frozenset("和与及暨并")
# Characters that tell public bodies apart wherever they stand.
_TELLING = frozenset("东西南北中上下前后左右大小老新一二三四五六七八九十")
_NUMBER = re.compile(r"\d+")
# Words of so many schools that a college and a university which share them need not be one.
_COMMON_STEMS = ("科技", "理工", "工程", "工业", "工", "技术", "职业", "信息", "工商", "城市", "学")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one comparison found. `part`: which is the part, when the answer is part."""

    answer: Answer
    score: float
    reasons: tuple[Reason, ...]
    part: Literal["a", "b", ""] = ""


def judge_heads(a: Name, b: Name, words: Dictionaries) -> Judged:
    """Compare the heads of two Chinese names, or of a Chinese and an English one."""
    if a.full_head == b.full_head:
        return Judged("same", 0.99, ())
    if a.meanings and b.meanings:
        return by_meanings(a.meanings, b.meanings, _written(a), _written(b))
    if a.latin or b.latin:
        return Judged("different", 0.1, (Reason("little-in-common"),))
    if a.head == b.head:
        return _campuses(a, b, words)
    return _places_numbers(a, b) or _kinds(a, b) or _equal_cores(a, b) or _schools(a, b) or _edited(a, b, words)


def _written(name: Name) -> str:
    return name.full_head if name.units else name.original.strip()


def by_meanings(one: Sequence[Meaning], two: Sequence[Meaning], a: str, b: str) -> Judged:
    """Both names are in the dictionaries: the same organisation today, or two, or a short name of several."""
    shared = {meant.key for meant in one} & {meant.key for meant in two}
    if not shared:
        reason = Reason("known-apart", {"a": one[0].today, "b": two[0].today})
        several = tuple(_several(meant, name) for meant, name in ((one, a), (two, b)) if len(meant) > 1)
        return Judged("different", 0.05, several or (reason,))
    if len(one) > 1 or len(two) > 1:
        reasons = tuple(_several(meant, name) for meant, name in ((one, a), (two, b)) if len(meant) > 1)
        return Judged("unsure", 0.6, reasons)
    reasons = tuple(_leads(meant[0], name) for meant, name in ((one, a), (two, b)) if meant[0].how != "current")
    merged = any(meant[0].how == "merged" for meant in (one, two))
    return Judged("same", 0.92 if merged else 0.96, reasons)


def _several(meant: Sequence[Meaning], name: str) -> Reason:
    return Reason("short-name-ambiguous", {"short": name, "several": "、".join(sorted(one.today for one in meant))})


def _leads(meant: Meaning, name: str) -> Reason:
    if meant.how in {"former", "merged"}:
        code = "former-name" if meant.how == "former" else "merged-into"
        facts = {"former": name, "today": meant.today}
        return Reason(f"{code}-year", facts | {"year": meant.year}) if meant.year else Reason(code, facts)
    return Reason(f"{meant.how}-name", {meant.how: name, "today": meant.today})


def _campuses(a: Name, b: Name, words: Dictionaries) -> Judged:
    assert words.known is not None
    relations = words.known.campuses.get(a.head, {})
    how = {side: _relation(name, relations, words) for side, name in (("a", a), ("b", b)) if name.campus}
    if len(how) == 2:
        differ = Reason("campus-differs", {"a": a.campus, "b": b.campus})
        if list(how.values()).count("seat") == 1 and "own" not in how.values():
            side: Literal["a", "b"] = "b" if how["a"] == "seat" else "a"
            return Judged("part", 0.3, (_campus_of(a, b, side),), side)
        return Judged("different", 0.1, (differ,))
    only: Literal["a", "b"] = "a" if "a" in how else "b"
    campus = (a if only == "a" else b).campus
    if how[only] == "seat":
        return Judged("same", 0.95, (Reason("campus-is-seat", {"campus": campus}),))
    if how[only] == "own":
        missing = Reason("campus-missing", {"campus": campus})
        # The bare name is that of the one at the seat: 中国矿业大学 is the university at Xuzhou.
        return (
            Judged("different", 0.2, (missing,)) if "seat" in relations.values() else Judged("unsure", 0.6, (missing,))
        )
    if how[only] == "elsewhere":
        return Judged("unsure", 0.6, (Reason("place-left-out", {"place": campus}),))
    return Judged("part", 0.35, (_campus_of(a, b, only),), only)


def _relation(name: Name, relations: Mapping[str, Campus], words: Dictionaries) -> Campus | Literal["elsewhere", ""]:
    """What the place in brackets is: known by heart, or the seat where it is the place that the name begins with. Of a
    hospital or an institute a city of its province is the seat, too, and no place is a campus."""
    known = relations.get(name.campus)
    if known is not None:
        return known
    if name.place and name.campus == name.place:
        return "seat"
    single = "hospital" in {name.kind, name.last_kind} or "academy" in {name.kind, name.last_kind}
    where = words.places.named(name.campus)
    if single and where and name.place and where.within(Place(name.place, name.province, 0)):
        return "seat"
    return "elsewhere" if single else ""


def _campus_of(a: Name, b: Name, side: Literal["a", "b"]) -> Reason:
    return Reason("campus-of", {"campus": (a if side == "a" else b).campus})


def _places_numbers(a: Name, b: Name) -> Judged | None:
    if a.place and b.place and a.place != b.place:
        inside = Place(a.place, a.province, 0).within(Place(b.place, b.province, 0)) or Place(
            b.place, b.province, 0
        ).within(Place(a.place, a.province, 0))
        facts = {"a": a.place, "b": b.place}
        if inside and a.core == b.core and a.kind == b.kind == "company":
            return Judged("unsure", 0.5, (Reason("place-level-differs", facts),))
        return Judged("different", 0.1, (Reason("place-level-differs" if inside else "place-differs", facts),))
    one, two = _NUMBER.findall(a.head), _NUMBER.findall(b.head)
    if one != two and one and two:
        return Judged("different", 0.1, (Reason("number-differs", {"a": " ".join(one), "b": " ".join(two)}),))
    return None


def _kinds(a: Name, b: Name) -> Judged | None:
    kinds = {a.kind, b.kind}
    if len(kinds) == 1:
        return None
    if kinds <= {"school", "academy", "company"} and "company" in kinds and a.core == b.core and a.place == b.place:
        return Judged("same", 0.9, (Reason("institute-became-company"),))
    if "other" in kinds:
        return None
    return Judged("different", 0.1, (Reason("kind-differs"),))


def _equal_cores(a: Name, b: Name) -> Judged | None:
    if a.core != b.core:
        group = next((word for word in ("集团", "控股", "股份") if _differs_by(a.core, b.core, word)), "")
        if group and a.place == b.place:
            return Judged("unsure", 0.6, (Reason("group-word-differs", {"word": group}),))
        return None
    if (_FORCES in a.kinds) != (_FORCES in b.kinds):  # a school of the forces bears no place that could be left out
        return Judged("different", 0.25, (Reason("prefix-left-out", {"prefix": "中国人民解放军"}),))
    if a.place == b.place:
        return Judged("unsure", 0.7, (Reason("place-written-elsewhere", {"place": a.place}),))
    score = 0.65 if len(a.core) >= 4 else 0.45
    return Judged("unsure", score, (Reason("place-left-out", {"place": a.place or b.place}),))


def _differs_by(one: str, two: str, word: str) -> bool:
    return one != two and (one.replace(word, "") == two or two.replace(word, "") == one)


def _schools(a: Name, b: Name) -> Judged | None:
    """A college and a university of the same words. Known ones are in the dictionaries; this is about the others."""
    one, two = stem_of_school(a.head), stem_of_school(b.head)
    if one is None or two is None or one[0] != two[0] or one[1] == two[1]:
        return None
    college, university = (a, b) if one[1] == "学院" else (b, a)
    # What became of a known college is known: a university of the same words is another school, or a slip.
    common = one[0].endswith(_COMMON_STEMS) and not one[0].endswith("化工")
    if college.meanings or common or one[1] == "" or two[1] == "":
        return Judged("unsure", 0.55, (Reason("college-or-university", {"stem": one[0]}),))
    score = 0.88 if university.meanings else 0.86
    return Judged("same", score, (Reason("college-became-university", {"college": college.head}),))


def _edited(a: Name, b: Name, words: Dictionaries) -> Judged:
    public = (a.kind in _PUBLIC and b.kind in {a.kind, "other"}) or (b.kind in _PUBLIC and a.kind == "other")
    known = bool(a.meanings or b.meanings)
    judged = judge_texts(a.head, b.head, words, public=public, known=known)
    if judged.answer != "different" or (a.text, b.text) == (a.head, b.head):
        return judged
    # A slip inside a word that is abbreviated: 农业大大学 is no 农大.
    return max(judged, judge_texts(a.text, b.text, words, public=public, known=known), key=lambda one: one.score)


def judge_texts(a: str, b: str, words: Dictionaries, *, public: bool, known: bool) -> Judged:
    """Two texts by their characters. `public`: names made of dictionary words, where a slip makes a word that is none;
    `known`: one of the two is in the dictionaries."""
    one, two = ending_of_institute(a), ending_of_institute(b)
    if one and two and one != two and a.removesuffix(one) == b.removesuffix(two):
        return Judged("unsure", 0.7, (Reason("institute-or-academy", {"a": one, "b": two}),))
    found = edits(a, b)
    shorter = min(len(a), len(b))
    if not found or len(found) * 3 > shorter:
        return Judged("different", 0.1, (Reason("little-in-common"),))
    if len(found) == 1:
        return _judge_edit(found[0], a, b, public=public, known=known)
    added = "".join(edit.a + edit.b for edit in found)
    if len({edit.kind for edit in found} | {"more", "less"}) == 2 and len({edit.kind for edit in found}) == 1:
        if set(added) <= JOINING:
            return Judged("same", 0.93, (Reason("joining-word-differs", {"word": added}),))
        if words.places.named(added):
            return Judged("different", 0.25, (Reason("place-left-out", {"place": added}),))
        if shorter >= 8:
            return Judged("unsure", 0.5, (Reason("words-more", {"words": added}),))
        return Judged("different", 0.25, (Reason("words-more", {"words": added}),))
    reason = Reason("several-characters-differ", {"count": str(len(found))})
    return Judged("unsure", 0.4, (reason,)) if len(found) * 6 <= shorter else Judged("different", 0.2, (reason,))


def _judge_edit(edit: Edit, a: str, b: str, *, public: bool, known: bool) -> Judged:
    """One edit between two texts. `public`: names made of dictionary words, where a slip makes a word that is none."""
    pair = {"a": edit.a, "b": edit.b}
    if edit.kind == "swapped":
        return Judged("same" if public else "unsure", 0.9 if public else 0.7, (Reason("characters-swapped", pair),))
    if edit.kind in {"more", "less"}:
        character, longer = (edit.b, b) if edit.kind == "more" else (edit.a, a)
        if character in JOINING:
            return Judged("same", 0.95, (Reason("joining-word-differs", {"word": character}),))
        if character * 2 in longer and character * 2 not in (a if longer is b else b):
            return Judged("same", 0.9, (Reason("character-doubled", {"character": character}),))
        return Judged("unsure", 0.5, (Reason("one-character-more", {"character": character}),))
    if {edit.a, edit.b} <= JOINING:
        return Judged("same", 0.95, (Reason("joining-word-differs", {"word": edit.a + edit.b}),))
    why = alike(edit.a, edit.b)
    if edit.a in _TELLING and edit.b in _TELLING:
        return Judged("different", 0.15, (Reason("direction-differs", pair),))
    if why and len(a) >= 4:
        sure = public and (known or len(a) >= 5)
        score = (0.9 if known else 0.86) if sure else 0.65
        return Judged("same" if sure else "unsure", score, (Reason(f"one-character-misprinted-{why}", pair),))
    return Judged(
        "different" if public else "unsure", 0.3 if public else 0.45, (Reason("one-character-differs", pair),)
    )


def writing_reasons(a: Name, b: Name) -> tuple[Reason, ...]:
    """Which steps of writing brought two names of one key nearer to each other; at least one reason."""
    one, two = a.original, b.original
    found: list[Reason] = []
    for name, step in STEPS:
        after = step(one), step(two)
        if _distance(*after) < _distance(one, two):
            found.append(Reason(f"same-after-{name}"))
        one, two = after
    if one != two:
        found += _key_reasons(a, b)
    return tuple(found)


def _distance(one: str, two: str) -> int:
    found = edits(one, two, most=max(len(one), len(two)))
    assert found is not None
    return len(found)


def _key_reasons(a: Name, b: Name) -> list[Reason]:
    found: list[Reason] = []
    forms = [[kind for kind in name.kinds if "公司" in kind or "合伙" in kind] for name in (a, b)]
    if forms[0] != forms[1]:
        found.append(Reason("same-after-legal-form", {"a": "".join(forms[0]) or "–", "b": "".join(forms[1]) or "–"}))
    if (_FORCES in a.kinds) != (_FORCES in b.kinds):
        found.append(Reason("prefix-left-out", {"prefix": "中国人民解放军"}))
    if a.place and a.lead != b.lead:
        found.append(Reason("same-after-place-marker", {"place": a.place}))
    if any(name.campus and f"({name.campus})" not in name.normal for name in (a, b)):
        found.append(Reason("same-after-campus-brackets", {"campus": a.campus}))
    if not found and (a.text, a.units) == (b.text, b.units):
        found.append(Reason("same-without-brackets"))
    if not found or (a.text != b.text and _FORCES not in {*a.kinds, *b.kinds}):
        found.append(Reason("same-after-abbreviation"))
    return found
