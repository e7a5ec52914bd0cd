"""What turns one short text into another: single characters put in, left out, exchanged or swapped.

Reference: optimal string alignment, the restricted Damerau–Levenshtein distance (Damerau, CACM 7, 1964; Boytsov,
J. Exp. Algorithmics 16, 2011).
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from pypinyin import Style, pinyin

from jiandao.engines.names.files import rows


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. `a`, `b`: the characters in each text ("" when there is none); `at`: its place in the first text."""

    kind: Literal["more", "less", "other", "swapped"]
    a: str
    b: str
    at: int


def edits(a: str, b: str, most: int = 3) -> list[Edit] | None:
    """The fewest edits from `a` to `b`, in order; None when there are more than `most`."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    one, two = a[start : len(a) - end], b[start : len(b) - end]
    if abs(len(one) - len(two)) > most:
        return None
    table = _table(one, two)
    if table[-1][-1] > most:
        return None
    found: list[Edit] = []
    i, j = len(one), len(two)
    while i or j:
        here = table[i][j]
        if i and j and one[i - 1] == two[j - 1] and table[i - 1][j - 1] == here:
            i, j = i - 1, j - 1
        elif i > 1 and j > 1 and one[i - 2 : i] == two[j - 2 : j][::-1] and table[i - 2][j - 2] + 1 == here:
            found.append(Edit("swapped", one[i - 2 : i], two[j - 2 : j], start + i - 2))
            i, j = i - 2, j - 2
        elif i and j and table[i - 1][j - 1] + 1 == here:
            found.append(Edit("other", one[i - 1], two[j - 1], start + i - 1))
            i, j = i - 1, j - 1
        elif i and table[i - 1][j] + 1 == here:
            found.append(Edit("less", one[i - 1], "", start + i - 1))
            i -= 1
        else:
            found.append(Edit("more", "", two[j - 1], start + i))
            j -= 1
    return found[::-1]


def _table(a: str, b: str) -> list[list[int]]:
    table = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            best = min(row[j - 1] + 1, table[i - 1][j] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, table[i - 2][j - 2] + 1)
            row.append(best)
        table.append(row)
    return table


@cache
def _shapes() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows("alike.tsv"):
        for one in row["characters"]:
            found.setdefault(one, set()).update(row["characters"])
    return {one: frozenset(others) for one, others in found.items()}


@lru_cache(maxsize=4096)
def _sounds(character: str) -> frozenset[str]:
    return (
        frozenset(pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")[0])
        if character
        else frozenset()
    )


def alike(a: str, b: str) -> Literal["sound", "shape", ""]:
    """Why one character may stand for another by mistake: the same sound without its tone, or a similar shape."""
    if b in _shapes().get(a, ()):
        return "shape"
    try:
        return "sound" if _sounds(a) & _sounds(b) else ""
    except IndexError:  # no Chinese character: it has no sound
        return ""
