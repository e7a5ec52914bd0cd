"""English names: the words that count, in no order. Univ. of Wuhan and Wuhan University are one."""

import re

_WORD = re.compile(r"[a-z0-9]+")
_LITTLE = "the of and for in at a an co ltd limited inc incorporated corp corporation llc company"
_LEFT_OUT = frozenset(_LITTLE.split(" "))
_SHORT = {
    "univ": "university", "u": "university", "inst": "institute", "acad": "academy", "coll": "college", "sci": "science",
    "sciences": "science", "tech": "technology", "technol": "technology", "technologies": "technology", "engn": "engineering",
    "eng": "engineering", "hosp": "hospital", "med": "medical", "agr": "agricultural", "natl": "national", "lab": "laboratory",
    "dept": "department", "sch": "school", "ctr": "center", "centre": "center", "res": "research", "econ": "economics",
    "normal": "normal", "geosci": "geosciences", "telecommun": "telecommunications",
}  # fmt: skip


def words(text: str) -> tuple[str, ...]:
    """The words of a folded name that count, abbreviations written out: ("huazhong", "science", …), in their order."""
    return tuple(_SHORT.get(word, word) for word in _WORD.findall(text) if word not in _LEFT_OUT)


def key(text: str) -> str:
    """Equal for names of equal words in any order; "" for none."""
    found = words(text)
    return " ".join(sorted(found))
