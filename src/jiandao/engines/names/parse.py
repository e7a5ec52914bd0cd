"""A written name taken apart: place, core, legal form, campus, units, other names in brackets.

The parts are keys: folded, abbreviated, without the markers 省 and 市. What was written stays in `original`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from jiandao.engines.names import english
from jiandao.engines.names.known import Known, Meaning
from jiandao.engines.names.places import Place, Places
from jiandao.engines.names.text import folded, has_han
from jiandao.engines.names.words import GROUP, Kind, abbreviated, is_unit, kind_of, split_units, without_legal_form

LONGEST = 200  # characters of a name that are looked at
_BRACKET = re.compile(r"\(([^()]*)\)")
_LATIN_TAIL = re.compile(
    r"^(?P<han>.*[^\x00-\x7f)]\)?)[ /(,]*(?P<latin>[a-z][a-z0-9&.,'\- ]*(?: [a-z0-9&.,'\-]+)+)\)?$"
)
_FORMER = re.compile(
    r"^(?:原名|原|曾用名|曾名|前身为|前身|简称|又名|又称|即|英文名|现更名为|更名为|现名|现为|今为"
    r"|现(?![代场有货役行金实状]))[:为是]?"
)
_MAIN = frozenset({"本部", "校本部", "总部", "主校区", "校部", "筹", "筹建"})
_INLINE = frozenset({*GROUP, "中国", "股份", "有限合伙", "普通合伙", "特殊普通合伙"})
_WIDE_PLACES = frozenset({"华东", "华南", "华北", "华中", "西南", "西北", "东北"})
_FORCES = "解放军"


@dataclass(frozen=True, slots=True)
class Name:
    """What a name says. Keys, not texts to show; `""` and `()` where it says nothing.

    normal: the name after all steps of writing (`text.folded`), brackets as ().
    head: the organisation without its units, legal form and markers of places: 武汉大学 of 武汉大学人民医院.
    text: the head before its words were abbreviated. lead: its place as written: 湖北省武汉市.
    place, province: the place with which the head begins (武汉 and 湖北; 湖北 and ""), or that stands in its brackets.
    core: the head without its place. kinds: legal form and 集团, as taken off. kind: what sort of organisation.
    campus: the place in brackets of a school: 武汉 of 中国地质大学（武汉）. units: what comes after the head, outermost first.
    brackets: other notes in brackets. others: other names that stood inside (the old name, the English one).
    meanings: what the dictionaries say about the head; `whole` about head and units as one name.
    """

    original: str
    normal: str
    head: str
    text: str
    lead: str
    place: str
    province: str
    core: str
    kinds: tuple[str, ...]
    kind: Kind
    campus: str
    units: tuple[str, ...]
    brackets: tuple[str, ...]
    others: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    whole: tuple[Meaning, ...]
    latin: bool

    @property
    def last_kind(self) -> Kind:
        """What sort of organisation the innermost unit is: a hospital, though its head is a school."""
        return kind_of(self.units[-1]) if self.units else self.kind

    @property
    def full_head(self) -> str:
        """The head with its campus, as the dictionaries have it: 中国地质大学(武汉)."""
        return f"{self.head}({self.campus})" if self.campus else self.head

    @property
    def key(self) -> str:
        """Everything that tells the name from others; equal keys are one name."""
        return "|".join((self.full_head, *self.units, *(f"({one})" for one in self.brackets)))


class Dictionaries:
    """Places and known names. `places`: more of them, as (name, province) pairs of the caller's vocabulary. `by_heart`
    False: places alone, to measure the rules without former, short and English names and campuses."""

    def __init__(self, places: Iterable[tuple[str, str]] = (), *, by_heart: bool = True) -> None:
        self.places = Places(places)
        self.known: Known | None = None  # names are parsed while it is made
        self.known = Known(
            lambda name: _joined(normalise(name, self)), lambda name: english.key(folded(name)), by_heart=by_heart
        )


@cache
def dictionaries() -> Dictionaries:
    """The dictionaries of the package alone."""
    return Dictionaries()


def _joined(name: Name) -> str:
    return name.full_head + "".join(name.units)


def normalise(name: str, words: Dictionaries | None = None) -> Name:
    """Take a name apart. Any text is a name; what is empty gives an empty one. Texts are cut after 200 characters."""
    words = words or dictionaries()
    original = name[:LONGEST]
    normal = folded(original)
    if not has_han(normal):
        return _english(original, normal, words)
    others: list[str] = []
    text = normal
    both = _LATIN_TAIL.match(text)
    if both:
        text = both["han"] + ")" * (both["han"].count("(") - both["han"].count(")"))
        others.append(both["latin"].strip())
    text, campus, notes, place_note = _brackets(text, words, others)
    head, *units = _split(text, words)
    if not campus:
        head, campus, units = _campus_without_brackets(head, units, text, words)
    place, rest = _place(head, words.places)
    lead = head[: len(head) - len(rest)]
    core, kinds = without_legal_form(rest)
    kind = kind_of(head)
    prefix = place.name if place else ""
    text = prefix + core
    core = abbreviated(core, prefix)
    if core.startswith(_FORCES) and len(core) - len(_FORCES) >= 6 - core.count("科大"):
        core, kinds = core.removeprefix(_FORCES), (*kinds, _FORCES)
    key = prefix + core
    if place_note:
        place = place or place_note
        key = f"{key}({place_note.name})"
    if any(word in core for word in GROUP):
        kinds = (*kinds, "集团")
    plain = tuple(abbreviated(unit) or unit for unit in units)
    found = Name(
        original=original, normal=normal, head=key, text=text, lead=lead, place=place.name if place else "",
        province=place.province if place else "", core=core, kinds=kinds, kind=kind, campus=campus, units=plain,
        brackets=tuple(notes), others=tuple(others), meanings=(), whole=(), latin=False,
    )  # fmt: skip
    return _with_meanings(found, words)


def _english(original: str, normal: str, words: Dictionaries) -> Name:
    key = english.key(normal)
    found = Name(
        original=original, normal=normal, head=key, text=key, lead="", place="", province="", core=key, kinds=(),
        kind="other", campus="", units=(), brackets=(), others=(), meanings=(), whole=(), latin=True,
    )  # fmt: skip
    return _with_meanings(found, words)


def _with_meanings(name: Name, words: Dictionaries) -> Name:
    if words.known is None:
        return name
    meanings = words.known.meanings(name.full_head)
    whole = words.known.meanings(_joined(name)) if name.units else meanings
    if name.kind == "company" and name.kinds and not name.units:
        # 武汉轻工有限公司 is a firm, and 武汉轻工 the short name of a university.
        meanings = whole = tuple(meant for meant in meanings if kind_of(meant.today) == "company")
    if not meanings and not whole:
        return name
    return replace(name, meanings=meanings, whole=whole)


def _brackets(text: str, words: Dictionaries, others: list[str]) -> tuple[str, str, list[str], Place | None]:
    """The text without its brackets, the campus, notes that stay, the place of a firm; other names go to `others`."""
    campus, place = "", None
    notes: list[str] = []
    while found := _BRACKET.search(text):
        inside, before, after = found[1].strip(), text[: found.start()], text[found.end() :]
        replacement = ""
        where = words.places.named(inside.removesuffix("校区")) if inside else None
        of_school = kind_of(before) in {"school", "academy", "hospital"}
        if not inside or inside in _MAIN:
            pass
        elif inside in _INLINE:
            replacement = inside
        elif of_school and (where or inside in _WIDE_PLACES):
            campus = campus or (where.name if where else inside)
        elif where and not of_school:
            place = place or where
        elif (old := _FORMER.sub("", inside)) != inside and old:
            others.append(old)
        elif not after and is_inner(inside) and kind_of(before) == "school":
            replacement = inside  # 武汉大学(医学部) is 武汉大学医学部
        elif len(inside) >= 4 and (kind_of(inside) != "other" or not has_han(inside)) and not is_inner(inside):
            others.append(inside)
        else:
            notes.append(inside)
        text = before + replacement + after
    return text.replace("(", "").replace(")", "") or text, campus, notes, place


def is_inner(text: str) -> bool:
    """Whether a note in brackets names a part (信息学部, 管理学院) and no organisation of its own."""
    return is_unit(text) and len(text) <= 5


def _split(text: str, words: Dictionaries) -> tuple[str, ...]:
    """Head and units; a known name, the longest, is a head before any word for an organisation is."""
    parts = split_units(text)
    known = words.known
    if known is None:
        return parts
    if not known.meanings(_joined_key(parts[0], words)) and not known.meanings(_joined_key(text, words)):
        short = abbreviated(text)
        leading = known.leading(short, lambda name, rest: _can_lead(name) and is_unit(rest) and rest[-2:] != "公司")
        if leading:
            return (leading, *split_units(short[len(leading) :]))
    for count in range(len(parts), 1, -1):
        # 国务院 | 发展研究中心 | 农村部: the first two are a name that is known. Academies keep their institutes apart.
        if kind_of(parts[0]) == "government" and known.meanings(_joined_key("".join(parts[:count]), words)):
            return ("".join(parts[:count]), *parts[count:])
    return parts


def _can_lead(name: str) -> bool:
    """Whether a known name can be read before a unit: 武大 | 人民医院, but 中南 | 工学院 is a college of its own."""
    return len(name) > 2 or name[-1] in "大科院工航邮电交农部委"


def _joined_key(text: str, words: Dictionaries) -> str:
    place, rest = _place(text, words.places)
    prefix = place.name if place else ""
    return prefix + abbreviated(without_legal_form(rest)[0], prefix)


# A college of its own until 2021, beside the campus 北京师范大学（珠海）.
_OWN_BRANCHES = frozenset({"北京师范大学珠海分校"})


def _campus_without_brackets(head: str, units: list[str], text: str, words: Dictionaries) -> tuple[str, str, list[str]]:
    """A place behind a school is its campus, as it is in brackets: 山东大学威海, 山东大学威海分校, 哈尔滨工业大学深圳校区."""
    at = head.rfind("大学")
    tail = head[at + 2 :] if at >= 2 and not units else ""
    found = words.places.named(tail) if tail else None
    if found and found.name == tail:
        return head[: -len(tail)], tail, units
    if units and kind_of(head) == "school" and text not in _OWN_BRANCHES:
        ending = next((one for one in ("分校", "校区") if units[0].endswith(one)), "")
        found = words.places.named(units[0].removesuffix(ending)) if ending else None
        if found and not (words.known and words.known.meanings(_joined_key(text, words))):
            return head, found.name, units[1:]
    return head, "", units


def _place(head: str, places: Places) -> tuple[Place | None, str]:
    """The leading place and what follows; none when nothing or too little would follow."""
    place = places.leading(head)
    if place is None or len(head) - place.length < 2:
        return None, head
    return place, head[place.length :]


def today(name: Name, words: Dictionaries) -> Name:
    """The short or English name of a unit as that unit: 武汉同济医院 is the hospital of a school. Others as they are."""
    if not name.units and len(name.meanings) == 1 and name.meanings[0].how in {"short", "english"}:
        meant = normalise(name.meanings[0].today, words)
        return meant if meant.units else name
    return name
