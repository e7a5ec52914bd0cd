"""The unified social credit code (统一社会信用代码, GB 32100-2015): only whether its check character is right."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}


def tidy(code: str | None) -> str:
    """The code without blanks, in capitals; "" for none."""
    return "".join((code or "").split()).upper()


def valid(code: str) -> bool:
    """Whether a tidy code has 18 characters of the alphabet and its check character, and is not all zeros."""
    if len(code) != 18 or not code.strip("0") or any(character not in _VALUES for character in code):
        return False
    total = sum(_VALUES[character] * pow(3, at, 31) for at, character in enumerate(code[:17]))
    return _VALUES[code[17]] == (31 - total % 31) % 31
