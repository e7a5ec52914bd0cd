"""Under which keys a name meets others. Names that share none are never compared."""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

from jiandao.engines.names import codes as social
from jiandao.engines.names.parse import Name
from jiandao.engines.names.words import GROUP, ending_of_institute, named_everywhere, stem_of_school

_SHORTEST_SLIP, _LONGEST_SLIP = 4, 60  # characters of a text in which a slip is looked for
_LONG_NUMBER = re.compile(r"\d{3,}")
_MARKERS = dict.fromkeys(map(ord, "省市县区"))
_SHORT_NAME = 6  # up to this length also pieces that leave one character out


def whole(name: Name) -> str:
    """Head, campus and units as one text."""
    return name.full_head + "".join(name.units)


def texts(name: Name) -> set[str]:
    """The texts in which a slip is looked for: with usual abbreviations, and as the head was written before them."""
    return {whole(name), name.text + "".join(name.units)}


def keys(names: Iterable[Name], code: str | None) -> set[str]:
    """Keys of one organisation with all its names."""
    found: set[str] = set()
    for name in names:
        if name.head:
            found.update(_of_name(name))
    tidy = social.tidy(code)
    if social.valid(tidy):
        found.add(f"code {tidy}")
    return found


def _of_name(name: Name) -> Iterator[str]:
    units = "|".join(name.units)
    last = name.units[-1] if name.units else name.head
    if name.last_kind in {"hospital", "academy"} and not named_everywhere(last):
        yield f"own {last.translate(_MARKERS)}"
    if name.units and name.kind == "company" and _LONG_NUMBER.search(last):
        yield f"number {name.head[:4]}|{last}"
    yield f"key {name.key}"
    for meant in name.meanings:
        yield f"org {meant.key}|{units}"
    for meant in name.whole:
        yield f"org {meant.key}|"
    if name.units:
        yield f"unit {name.head}|{name.units[-1]}"
        return
    yield f"head {name.head}"  # campuses of one school
    core = name.core
    for word in (*GROUP, "股份"):
        core = core.replace(word, "")
    if len(core) >= 4:
        yield f"core {core}"
    ending = ending_of_institute(name.head)
    if ending:
        yield f"institute {name.head.removesuffix(ending)}"
    stem = stem_of_school(name.head)
    if stem:
        yield f"school {stem[0]}"


def holds(name: Name) -> set[str]:
    """Keys under which the units of an organisation find it: () for a unit."""
    if name.units or not name.head:
        return set()
    return {name.full_head, *(meant.key for meant in name.meanings)}


def belongs(name: Name) -> set[str]:
    """Keys of the organisations of which a name may be a unit: of what its head is, and of the units around it."""
    if not name.units:
        return set()
    return {name.full_head, *(meant.key for meant in name.meanings)}


def pieces(names: Iterable[Name]) -> set[str]:
    """Pieces of two neighbouring characters (words of an English name), by which names are found that share some."""
    found: set[str] = set()
    for name in names:
        if name.latin:
            found.update(name.head.split())
            continue
        text = whole(name)
        found.update(text[at : at + 2] for at in range(len(text) - 1))
        if len(text) <= _SHORT_NAME:
            found.update(f"{text[at]}?{text[at + 2]}" for at in range(len(text) - 2))
    return found


def one_slip_apart(texts: list[tuple[str, int]]) -> Iterator[tuple[int, ...]]:
    """Groups of numbers whose texts share what is left when at most one character of each is left out.

    Two texts with one edit between them are in one group (Mor and Fraenkel, CACM 25, 1982); a few others, too.
    """
    digests: list[int] = []
    numbers: list[int] = []
    for text, number in texts:
        if not _SHORTEST_SLIP <= len(text) <= _LONGEST_SLIP:
            continue
        for left in {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))}:
            digests.append(int.from_bytes(blake2b(left.encode(), digest_size=8).digest(), "big"))
            numbers.append(number)
    if not digests:
        return
    digest, number_of = np.array(digests, dtype=np.uint64), np.array(numbers, dtype=np.int64)
    order = np.lexsort((number_of, digest))
    digest, number_of = digest[order], number_of[order]
    starts = np.flatnonzero(np.r_[True, digest[1:] != digest[:-1]])
    ends = np.r_[starts[1:], len(digest)]
    for start, end in zip(starts[ends - starts > 1].tolist(), ends[ends - starts > 1].tolist(), strict=True):
        group = tuple(dict.fromkeys(number_of[start:end].tolist()))
        if len(group) > 1:
            yield group
