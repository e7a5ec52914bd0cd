"""Unified social credit codes (GB 32100-2015) and ORCID: all vectors, the known traps, and any single slip."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

import factories
from jiandao.kernel import identifiers
from jiandao.kernel.identifiers import (
    CREDIT_CODE_ALPHABET,
    CreditCodeFault,
    check_credit_code,
    normalise_credit_code,
    normalise_orcid,
    organisation_code_check,
    validate_credit_code,
    validate_orcid,
)
from jiandao.stages.people.models import Person

bodies = st.text(alphabet=CREDIT_CODE_ALPHABET, min_size=17, max_size=17)


def complete(body):
    """The body with the one check character that fits."""
    (good,) = [one for one in CREDIT_CODE_ALPHABET if check_credit_code(body + one).ok]
    return body + good


def by_the_standard(body):
    """The formula as the standard prints it, worked with plain numbers."""
    total = sum(CREDIT_CODE_ALPHABET.index(one) * 3**place for place, one in enumerate(body))
    return CREDIT_CODE_ALPHABET[-total % 31]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91350100M000100Y43", None),
        ("91350100M000100Y4Z", CreditCodeFault.CHARACTER),
        ("91420100MA40Y00000", CreditCodeFault.ORGANISATION_CODE),  # remainder 0 gives check character 0, not 31
        ("914403001922038216", None),
        ("12100000441626842D", None),
        ("12100000707137123P", None),
        ("91350100M000100Y42", CreditCodeFault.CHECK),
        ("91350100M000100Y4S", CreditCodeFault.CHARACTER),  # what the raw remainder and ord(c) - 55 would give
        ("91350100M000100Y4", CreditCodeFault.LENGTH),
        ("91350100M000100Y433", CreditCodeFault.LENGTH),
        ("", CreditCodeFault.LENGTH),
        ("91350100m000100y43", CreditCodeFault.CHARACTER),
    ],
)
def test_credit_codes_of_the_standard(code, fault):
    assert check_credit_code(code).fault == fault


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_are_misread_do_not_occur(letter):
    found = check_credit_code(f"9135010{letter}M000100Y43")
    assert (found.fault, found.place, found.ok) == (CreditCodeFault.CHARACTER, 8, False)


@pytest.mark.parametrize("authority", "ANY123456789")
def test_every_registering_authority_is_accepted_the_lettered_ones_too(authority):
    validate_credit_code(complete(f"{authority}2420100M000100Y4"))


def test_a_remainder_of_nought_is_the_character_nought():
    """The widely copied formula asks for the character at place 31 here, which there is not."""
    found = check_credit_code("91420100MA40Y00000")
    assert found.ok
    validate_credit_code("91420100MA40Y00000")


def test_the_check_of_the_organisation_code_is_a_warning_only():
    assert organisation_code_check("M000100Y") == "4"
    assert organisation_code_check("00000000") == "0"  # 11 - 0 is 11, written 0
    found = check_credit_code(complete("91350100M000100Y5"))
    assert (found.fault, found.place, found.expected, found.ok) == (CreditCodeFault.ORGANISATION_CODE, 17, "4", True)


@given(bodies)
def test_any_seventeen_characters_with_the_computed_check_pass(body):
    code = body + by_the_standard(body)
    assert check_credit_code(code).ok
    assert complete(body) == code
    validate_credit_code(code)


@given(bodies, st.integers(0, 17), st.integers(1, 30))
def test_one_changed_character_is_noticed(body, place, shift):
    code = complete(body)
    other = CREDIT_CODE_ALPHABET[(CREDIT_CODE_ALPHABET.index(code[place]) + shift) % 31]
    found = check_credit_code(code[:place] + other + code[place + 1 :])
    assert (found.fault, found.place) == (CreditCodeFault.CHECK, 18)


@given(bodies, st.integers(0, 15))
def test_two_neighbours_exchanged_are_noticed(body, place):
    code = complete(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (swapped == code) == check_credit_code(swapped).ok


@given(st.text())
def test_no_text_breaks_the_check_or_its_words(text):
    for one in (text, normalise_credit_code(text)):
        if check_credit_code(one).ok:
            validate_credit_code(one)
        else:
            with pytest.raises(ValidationError):
                validate_credit_code(one)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("9135010OM000100Y43", ("8", "“O”")),
        ("91350100M000100Y42", ("“3”",)),
        ("91350100M0001", ("18", "13")),
    ],
)
def test_a_wrong_code_is_told_where_and_what(code, told):
    for language in ("zh-hans", "en"):
        with translation.override(language), pytest.raises(ValidationError) as fault:
            validate_credit_code(code)
        with translation.override(language):
            assert all(word in fault.value.messages[0] for word in told), fault.value.messages


@pytest.mark.parametrize(
    "typed",
    [
        " ９１350100-m000100y43 ",
        "9135 0100 M000 100Y 43",
        "91350100\u2013M000100Y43",
        "\ufeff91350100\u200bM000100Y43\u3000",
        "91350100M000100Y43\t",
    ],
)
def test_a_code_as_people_type_and_paste_it(typed):
    assert normalise_credit_code(typed) == "91350100M000100Y43"


# --- ORCID -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_orcids_of_the_registry(orcid):
    validate_orcid(orcid)
    wrong = orcid[:-1] + ("1" if orcid[-1] == "0" else "0")
    for text in (wrong, orcid.replace("-", ""), orcid.lower() if "X" in orcid else f" {orcid}", orcid[:-1], ""):
        with pytest.raises(ValidationError, match="ORCID"):
            validate_orcid(text)


@pytest.mark.parametrize(
    "typed",
    [
        "https://orcid.org/0000-0002-1694-233X",
        "http://orcid.org/0000-0002-1694-233x/",
        "orcid.org/0000-0002-1694-233X",
        "000000021694233x",
        " ００００-0002-1694-233X\u200b",
    ],
)
def test_an_orcid_as_people_paste_it(typed):
    assert normalise_orcid(typed) == "0000-0002-1694-233X"


@pytest.mark.parametrize("typed", ["", "none", "https://example.org/0000-0002-1694-233X", "0000-0002-1694-2330"])
def test_what_is_no_orcid_stays_as_it_was(typed):
    assert normalise_orcid(typed) == typed


def test_a_person_keeps_one_spelling_of_an_orcid_only(db):
    person = factories.person("李华")
    person.orcid = "0000000218250097"
    with pytest.raises(ValidationError):
        person.full_clean()
    person.orcid = normalise_orcid(person.orcid)
    person.full_clean()
    person.save()
    assert Person.objects.get(orcid="0000-0002-1825-0097") == person


def test_the_alphabet_is_the_one_of_the_standard():
    assert len(CREDIT_CODE_ALPHABET) == 31
    assert not set(CREDIT_CODE_ALPHABET) & set("IOSVZ")
    assert identifiers.CREDIT_CODE_ALPHABET.index("Y") == 30
