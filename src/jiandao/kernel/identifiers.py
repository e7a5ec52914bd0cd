"""Identifiers of organisations and persons, checked for form. A pass proves the form, not that the thing exists."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# GB 32100-2015: no I, O, S, V, Z; a character's value is its place. The check is modulo 31.
CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714


class CreditCodeFault(StrEnum):
    LENGTH = "bad_length"
    CHARACTER = "bad_char"
    CHECK = "bad_check"
    ORGANISATION_CODE = "warn_orgcode"  # a warning: codes given before 2015 may break it


@dataclass(frozen=True)
class CreditCodeCheck:
    """What is wrong with a code, and where (1-based place of a bad character; expected check character)."""

    code: str
    fault: CreditCodeFault | None = None
    place: int | None = None
    expected: str = ""

    @property
    def ok(self) -> bool:
        """Whether the code may be kept; a warning does not stand against it."""
        return self.fault in {None, CreditCodeFault.ORGANISATION_CODE}


def check_credit_code(code: str) -> CreditCodeCheck:
    """Check a unified social credit code (统一社会信用代码), GB 32100-2015, letters of registering authorities included."""
    if len(code) != 18:
        return CreditCodeCheck(code, CreditCodeFault.LENGTH)
    for place, character in enumerate(code, start=1):
        if character not in CREDIT_CODE_ALPHABET:
            return CreditCodeCheck(code, CreditCodeFault.CHARACTER, place)
    total = sum(CREDIT_CODE_ALPHABET.index(c) * w for c, w in zip(code[:17], _CREDIT_CODE_WEIGHTS, strict=True))
    # A remainder of 0 gives 31, which is 0 again: the second modulo is what widely copied code forgets.
    expected = CREDIT_CODE_ALPHABET[(31 - total % 31) % 31]
    if code[17] != expected:
        return CreditCodeCheck(code, CreditCodeFault.CHECK, 18, expected)
    if code[16] != organisation_code_check(code[8:16]):
        return CreditCodeCheck(code, CreditCodeFault.ORGANISATION_CODE, 17, organisation_code_check(code[8:16]))
    return CreditCodeCheck(code)


def organisation_code_check(body: str) -> str:
    """The check character of eight characters of an organisation code, GB 11714: A is 10 … Z is 35; 10 is X, 11 is 0."""
    total = sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_CODE_WEIGHTS, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def normalise_credit_code(text: str) -> str:
    """As people type and paste it: full-width forms and small letters are made regular; spaces, dashes and what is
    invisible (a zero-width space of a web page) go."""
    return _regular(text, without={"Zs", "Cc", "Cf", "Pd"})


def _regular(text: str, without: set[str]) -> str:
    characters = unicodedata.normalize("NFKC", text).upper()
    return "".join(one for one in characters if unicodedata.category(one) not in without)


def validate_credit_code(code: str) -> None:
    """Django validator; a ValidationError says which character is wrong."""
    check = check_credit_code(code)
    if check.ok:
        return
    if check.fault == CreditCodeFault.LENGTH:
        raise ValidationError(
            _("A unified social credit code has 18 characters; this has %(count)s."),
            code="bad_length",
            params={"count": len(code)},
        )
    if check.fault == CreditCodeFault.CHARACTER:
        raise ValidationError(
            _(
                "Character %(place)s, “%(character)s”, does not occur in these codes (digits and letters without I, O, S, V, Z)."
            ),
            code="bad_char",
            params={"place": check.place, "character": code[(check.place or 1) - 1]},
        )
    raise ValidationError(
        _("The check character is wrong: the first 17 characters ask for “%(expected)s”. Compare with the licence."),
        code="bad_check",
        params={"expected": check.expected},
    )


def normalise_orcid(text: str) -> str:
    """The four groups of an ORCID, without the address around them; what is none comes back as it was."""
    address, _slash, last = _regular(text, without={"Zs", "Cc", "Cf"}).rstrip("/").rpartition("/")
    if address.endswith("ORCID.ORG") or not address:
        import idutils  # late: it compiles the patterns of all identifiers there are, half a second in every process

        return str(idutils.normalize_orcid(last)) if idutils.is_orcid(last) else text
    return text


def validate_orcid(text: str) -> None:
    """Django validator: four groups, check digit (ISO 7064 mod 11-2), and one way to write it, so that one is unique."""
    import idutils

    if not idutils.is_orcid(text) or normalise_orcid(text) != text:
        raise ValidationError(_("This is no ORCID: it has four groups of four, as 0000-0002-1825-0097."), code="orcid")
