"""From text to lexemes: words and bigrams for Chinese, stemmed words for the rest; and the order by pinyin."""

import re
import unicodedata
from functools import lru_cache

import rjieba
import snowballstemmer

_RUN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]+|[a-z0-9]+(?:[.\-+][a-z0-9]+)*")
_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")
_HAN_OR_NOT = re.compile(r"[〇㐀-鿿豈-﫿\U00020000-\U0003134f]+|[^〇㐀-鿿豈-﫿\U00020000-\U0003134f]+")
MAX_POSITION = 16_383  # PostgreSQL's
MAX_PER_LEXEME = 255
MAX_LEXEME_BYTES = 2_046
LONGEST_QUERY = 200  # characters that are looked at: what is longer nobody searches for

_stemmer = snowballstemmer.stemmer("english")


def normalise(text: str) -> str:
    """NFKC (full-width forms become half-width), lower case."""
    return unicodedata.normalize("NFKC", text).lower()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The English stem of a word; a word with digits stays as it is."""
    stemmed: str = _stemmer.stemWord(word) if word.isalpha() else word
    return stemmed


def runs(text: str) -> list[str]:
    """Maximal runs of Han characters, and Latin or numeric words, in their order."""
    return _RUN.findall(normalise(text))


def is_han(run: str) -> bool:
    return bool(_HAN.match(run))


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of characters; a single character is itself."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def lexemes(text: str) -> list[str]:
    """All lexemes of a text in order: bigrams and words of three characters and more, stems of other words."""
    found: list[str] = []
    for run in runs(text):
        if is_han(run):
            found += bigrams(run)
            found += [word for word in rjieba.cut(run) if len(word) > 2]
        else:
            found.append(stem(run))
            if re.search(r"[.\-+]", run):  # 5g-a is found under 5g as well
                found += [stem(part) for part in re.split(r"[.\-+]", run)]
    return found


def vector(title: str, rest: str) -> str:
    """A tsvector literal: the title with weight A, the rest with weight C, positions in order."""
    places: dict[str, list[str]] = {}
    position = 0
    for text, weight in ((title, "A"), (rest, "C")):
        for lexeme in lexemes(text):
            position = min(position + 1, MAX_POSITION)
            if len(lexeme.encode()) > MAX_LEXEME_BYTES:
                continue
            own = places.setdefault(lexeme, [])
            if len(own) < MAX_PER_LEXEME:
                own.append(f"{position}{weight}")
    return " ".join(f"{_quoted(lexeme)}:{','.join(own)}" for lexeme, own in places.items())


def query(text: str) -> str | None:
    """A tsquery literal that asks for every run of `text`; None when it holds nothing to ask for.

    A Chinese run asks for all its bigrams, so a word of two characters is found in any company; a single character
    asks for the bigrams that begin with it.
    """
    terms: list[str] = []
    for run in runs(text[:LONGEST_QUERY])[:32]:
        if len(run.encode()) > MAX_LEXEME_BYTES:  # one character may be many after normalisation
            continue
        if not is_han(run):
            terms.append(_quoted(stem(run)))
        elif len(run) == 1:
            terms.append(f"{_quoted(run)}:*")
        else:
            terms += [_quoted(pair) for pair in bigrams(run)]
    return " & ".join(dict.fromkeys(terms)) or None


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def pinyin_key(text: str) -> str:
    """The key that sorts Chinese by pinyin and other text by its letters, at most 200 characters."""
    from pypinyin.contrib.mmseg import seg  # late: its tables take a third of a second

    parts: list[str] = []
    for piece in _HAN_OR_NOT.findall(normalise(text)[:60]):
        if is_han(piece) or piece[0] == "〇":
            for word in seg.cut(piece):
                parts += _syllables(word)
        else:
            parts.append(piece)
    return " ".join(parts)[:200]


@lru_cache(maxsize=50_000)
def _syllables(word: str) -> list[str]:
    """The syllables of a word. Titles repeat their words: remembering them takes a tenth of the time."""
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)
