"""Ways of writing the same thing: what is shown of a text, and the form in which it is compared.

`readable` repairs what copying from a paper leaves behind (Fe$_3$O$_4$, 10<sup>3</sup>, ㎏, full-width forms) and keeps
the writer's characters. `surface` is as long, character by character, with traditional characters simplified and dashes
alike: a place found in the one is the same place in the other. Unicode NFKC (UAX #15); the table of characters is
OpenCC's (characters.py makes it).
"""

import re
import unicodedata
from functools import cache
from importlib import resources

# Characters that are seen by no one and would cut a word in two: joiners, soft hyphens, byte-order marks.
_UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
# NFKC would make 10³ into 103; 10^3 is what is meant. After a letter (m², Fe³⁺) the digits may stay beside it.
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_POWER = re.compile(rf"(?<=\d)([⁺⁻]?[{_RAISED}]+)")
_ODD = re.compile(f"[{_UNSEEN}{_RAISED}]")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_DASHES = dict.fromkeys("‐‑‒–−﹣－", "-") | dict.fromkeys("〜∼～", "~")


def _simplified() -> dict[str, str]:
    file = resources.files("jiandao.engines.matching").joinpath("data", "traditional.tsv")
    rows = file.read_text(encoding="utf-8").splitlines()[1:]
    return {one: row[0] for row in rows for one in row.split("\t")[1]}


_FORMS = _simplified() | _DASHES
# Beyond the first plane a range is enough: the pattern only says where to look into the table.
_FIRST_PLANE = "".join(map(re.escape, sorted(one for one in _FORMS if ord(one) < 0x10000)))
_CHANGED = re.compile(f"[{_FIRST_PLANE}\U00020000-\U0003ffff]")


def _nfkc(text: str) -> str:
    """`unicodedata.normalize`, which takes ten times as long for a text with a single comma of full width."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    pattern, forms = _compatible()
    text = pattern.sub(lambda found: forms[found[0]], text)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


@cache
def _compatible() -> tuple[re.Pattern[str], dict[str, str]]:
    """The characters of the first plane that NFKC changes by themselves, and into what."""
    decomposed = [one for one in map(chr, range(0x80, 0x10000)) if unicodedata.decomposition(one)]
    forms = {one: form for one in decomposed if (form := unicodedata.normalize("NFKC", one)) != one}
    return re.compile(f"[{''.join(map(re.escape, forms))}]"), forms


def surface(text: str) -> str:
    """The text as its tokens see it: `readable`, simplified, dashes alike, case kept. As long as `readable(text)`."""
    if _special().search(text):
        return simplified(readable(text))
    return text if text.isascii() else _nfkc(text)


@cache
def _special() -> re.Pattern[str]:
    """Characters with which NFKC alone is not enough: those changed here, and those that NFKC makes into such. One look
    at a text instead of three; most texts have none."""
    found = {*_FORMS, *"\\$^_<", *_RAISED, *filter(_INVISIBLE.match, map(chr, range(0xAD, 0x10000)))}
    made = [one for one in map(chr, range(0x80, 0x10000)) if unicodedata.decomposition(one)]
    made = [one for one in made if not found.isdisjoint(unicodedata.normalize("NFKC", one))]
    first_plane = sorted(one for one in {*found, *made} if ord(one) < 0x10000)
    return re.compile(f"[{''.join(map(re.escape, first_plane))}\U00020000-\U0003ffff]")


def simplified(text: str) -> str:
    """Traditional characters simplified and dashes made alike, character by character: as long as the text."""
    # Not str.translate, which looks at each character of a text for the sake of one.
    return text if text.isascii() else _CHANGED.sub(lambda found: _FORMS.get(found[0], found[0]), text)


def readable(text: str) -> str:
    """NFKC (full-width → half-width, ㎏ → kg, ℃ → °C, H₂O → H2O), nothing invisible, no mark-up in formulae and units.

    10³ is 10^3, cm⁻³ and cm^{-3} are cm-3, Fe_3O_4 and Fe$_3$O$_4$ are Fe3O4, \\mu m is μm.
    """
    if not text.isascii():
        if _ODD.search(text):
            text = _POWER.sub(r"^\1", _INVISIBLE.sub("", text))
        text = _nfkc(text)
    return _without_markup(text) if _MARKED.search(text) and _MARKUP.search(text) else text


def folded(text: str) -> str:
    """NFKC, nothing invisible, case folded, white space squeezed to single blanks; characters as written. Idempotent."""
    return _fold(text if text.isascii() else _nfkc(_INVISIBLE.sub("", text)))


def normalise(text: str) -> str:
    """Text for comparison: `surface`, case folded, white space squeezed to single blanks. Idempotent."""
    text = _fold(surface(text))
    while _MARKED.search(text) and (again := _fold(surface(text))) != text:  # what was folded may be mark-up now
        text = again
    return text


def _fold(text: str) -> str:
    text = text.casefold()
    if not text.isascii():
        # Folding can undo a composition (and composing can call for another folding): NFKC_Casefold of Unicode 5.18.
        text = _nfkc(_nfkc(text).casefold())
        text = _INVISIBLE.sub("", text)
    return _SPACE.sub(" ", text).strip()


_MARKED = re.compile(r"[\\$^_<]")
_MARKUP = re.compile(r"[\\$^_]|</?su[bp]>", re.IGNORECASE)  # surer, and ten times slower
_FONTS = "emph|mathbb|mathrm|mathbf|mathit|mathsf|mathcal|boldsymbol|operatorname|text|textrm|textit|textbf|rm|bf|it|ce"
_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Omega": "Ω", "times": "×", "cdot": "·", "pm": "±", "circ": "°",
    "degree": "°", "sim": "~", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "approx": "≈", "infty": "∞",
}  # fmt: skip


def _math(found: re.Match[str]) -> str:
    """$…$ without blanks is mathematics, unless it begins like an amount of money."""
    inner = found[1]
    return found[0] if inner[0].isdigit() and "^" not in inner and "_" not in inner else inner


_SIGN = "[-+‐‑‒–−]"
_STEPS = (
    (re.compile(rf"(?<=\d)<sup>({_SIGN}?\d{{1,3}})</sup>", re.IGNORECASE), r"^\1"),
    (re.compile(r"</?su[bp]>", re.IGNORECASE), ""),
    (re.compile(rf"\\(?:{_FONTS})\{{([^{{}}$\\]*)\}}"), r"\1"),
    (re.compile(r"\\([A-Za-z]+)[ ]?"), lambda found: _SYMBOLS.get(found[1], " ")),
    (re.compile(r"\\([%&#$_])"), r" \1"),
    (re.compile(r"\\"), " "),
    (re.compile(r"\$([^$\s]+)\$"), _math),
    (re.compile(r"\^(?:°|\{°\})"), "°"),
    # Indices of formulae: a number, x, 1-x, n+1 in braces; a number, x, y or z without.
    (re.compile(rf"(?<=[^\W_])_\{{([\d.]{{1,5}}|(?:\d{_SIGN})?[xyzn](?:{_SIGN}\d)?)\}}", re.IGNORECASE), r"\1"),
    (re.compile(r"(?<=[^\W_])_(\d{1,3}(?!\d)|[xyzXYZ](?![a-z_\d]))"), r"\1"),
    (re.compile(rf"(?<=[\w)])\^(?:\{{(\d?{_SIGN})\}}|(\d?{_SIGN})(?!\d))"), r"\1\2"),  # charges: SO4^{2-}
    (re.compile(rf"(?<=\d)\^\{{({_SIGN}?\d{{1,3}})\}}"), r"^\1"),
    (re.compile(rf"(?<=[^\W\d_])\^(?:\{{({_SIGN}?\d{{1,2}})\}}|({_SIGN}?\d{{1,2}})(?!\d))"), r"\1\2"),
)
_MOST_PASSES = 8


def _without_markup(text: str) -> str:
    """Indices, powers and symbols of LaTeX and HTML as plain letters. Each pass only shortens, so it comes to an end."""
    for _ in range(_MOST_PASSES):
        before = text
        for pattern, put in _STEPS:
            text = pattern.sub(put, text)
        if text == before:
            return text
    return _MARKUP.sub(" ", text)  # nested by intent: it becomes blanks
