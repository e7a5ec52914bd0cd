"""The letters of many texts at once, as `overlap.plain` finds them one by one, in a tenth of the time.

Most characters become one character or nothing, whatever stands beside them. A table says which; a text with any other
character, or an English one, is left to `plain`.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.text import IDEOGRAPHS
from jiandao.engines.matching.writing import normalise, surface

Codes = npt.NDArray[np.uint32]

_SPECIAL = 0xFFFF_FFFF
_SIZE = 0x1_0000  # the basic plane; what lies beyond is left to `plain`
_LETTER = re.compile(r"[^\W_]")
_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
# Hangul letters, and half-width forms that carry marks of their own: they combine with their neighbours.
_COMBINING = (range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800), range(0xFF65, 0xFFDD))
_MARKS = frozenset("\\$^_<")  # `writing` looks for mark-up where one of these stands
# Frequent in Chinese papers and more than one letter each; written out before, whatever stands beside them.
_EXPANDED = [(character, normalise(character)) for character in "℃ⅡⅢⅣⅥⅦⅧ"]


def letters_of(texts: Sequence[str]) -> list[Codes | None]:
    """Code points of the letters and digits of each text, normalised; None where `plain` must say (also if English)."""
    for character, meaning in _EXPANDED:
        texts = [text.replace(character, meaning) for text in texts]
    lengths = np.array([len(text) for text in texts], np.int64)
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    becomes, ideographs = _table()
    found = becomes[np.minimum(codes, _SIZE)]
    is_letter = found > 0
    is_ideograph = is_letter & ideographs[np.minimum(found, _SIZE)]
    in_word = is_letter & ~is_ideograph
    begins = in_word.copy()  # words
    begins[1:] &= ~in_word[:-1]
    edges = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    inner = edges[:-1][lengths > 0]
    begins[inner] = in_word[inner]
    special, words, characters = (_per_text(one, edges) for one in (found == _SPECIAL, begins, is_ideograph))
    kept = np.concatenate((np.zeros(1, np.int64), np.cumsum(is_letter)))[edges].tolist()
    letters = found[is_letter]
    known = ((special == 0) & (words <= characters)).tolist()
    return [letters[kept[i] : kept[i + 1]] if known[i] else None for i in range(len(texts))]


def _per_text(flags: npt.NDArray[np.bool_], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.diff(np.concatenate((np.zeros(1, np.int64), np.cumsum(flags)))[edges])


@cache
def _table() -> tuple[Codes, npt.NDArray[np.bool_]]:
    """What each character becomes: a letter, 0 for what is none, or _SPECIAL; and which letters are ideographs."""
    becomes = np.full(_SIZE + 1, _SPECIAL, np.uint32)
    ideographs = np.zeros(_SIZE + 1, np.bool_)
    for code in range(_SIZE):
        character = chr(code)
        ideographs[code] = bool(_IDEOGRAPH.match(character))
        if unicodedata.category(character)[0] == "M" or any(code in one for one in _COMBINING):
            continue
        if not surface(character) and not character.isspace():
            continue  # seen by no one: it does not part two words
        if not _MARKS.isdisjoint(unicodedata.normalize("NFKC", character)):
            continue  # of mark-up, which goes with the letters beside it
        folded = normalise(character)
        if any(unicodedata.category(one)[0] == "M" for one in folded):
            continue
        letters = _LETTER.findall(folded)
        if not letters:
            becomes[code] = 0
        elif len(folded) == 1:
            becomes[code] = ord(folded)
    return becomes, ideographs
