"""Identifiers, money, vocabularies, sameness and grants."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

import factories
from jiandao.kernel import identifiers, sameness
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import RoleGrant
from jiandao.kernel.accounts.roles import ADMINISTRATORS, Role, Scope
from jiandao.kernel.identifiers import CREDIT_CODE_ALPHABET, CreditCodeFault, check_credit_code
from jiandao.kernel.money import MoneyFault, fen_from_wan, fen_from_yuan, split
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.vocabulary.loading import load_vocabularies
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people.models import Organisation


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
        ("91350100M000100Y4", CreditCodeFault.LENGTH),
        ("9135010OM000100Y43", CreditCodeFault.CHARACTER),
    ],
)
def test_credit_codes_of_the_standard(code, fault):
    assert check_credit_code(code).fault == fault


def test_an_authority_written_with_a_letter_is_accepted():
    body = "N2420100M000100Y4"
    (good,) = [c for c in CREDIT_CODE_ALPHABET if check_credit_code(body + c).ok]
    identifiers.validate_credit_code(body + good)


@given(st.text(alphabet=CREDIT_CODE_ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
def test_one_check_character_fits_and_one_wrong_character_is_noticed(body, place, shift):
    (good,) = [c for c in CREDIT_CODE_ALPHABET if check_credit_code(body + c).ok]
    other = CREDIT_CODE_ALPHABET[(CREDIT_CODE_ALPHABET.index(body[place]) + shift) % 31]
    assert check_credit_code(body[:place] + other + body[place + 1 :] + good).fault == CreditCodeFault.CHECK


def test_a_wrong_code_is_told_where_and_what():
    with pytest.raises(ValidationError, match="8"):
        identifiers.validate_credit_code("9135010OM000100Y43")
    assert identifiers.normalise_credit_code(" ９１350100-m000100y43 ") == "91350100M000100Y43"


def test_orcid():
    identifiers.validate_orcid("0000-0002-1825-0097")
    with pytest.raises(ValidationError):
        identifiers.validate_orcid("0000-0002-1825-0098")


@pytest.mark.parametrize(
    ("text", "fen"), [("1250.5", 1_250_500_000), ("1,250.50", 1_250_500_000), ("0.000001", 1), ("１２", 12_000_000)]
)
def test_money_in_wan(text, fen):
    assert fen_from_wan(text) == fen


@pytest.mark.parametrize("text", ["0.0000001", "三百万", "", "nan", "1e400", "12万"])
def test_what_is_no_money_is_refused(text):
    with pytest.raises(MoneyFault):
        fen_from_wan(text)


def test_a_float_is_never_money():
    with pytest.raises(TypeError):
        fen_from_yuan(0.1)  # type: ignore[arg-type]
    assert fen_from_yuan(Decimal("0.1")) == 10


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_shares_add_up_to_the_fen_and_follow_the_weights(total, weights):
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Decimal(total) * weight / sum(weights)) < 1
        assert weight or not share


def test_vocabularies_are_there_and_loading_again_changes_nothing(db, django_assert_num_queries):
    count = Term.objects.count()
    counts = {name: Term.objects.filter(vocabulary=name).count() for name in ("direction", "orientation", "prefecture")}
    assert counts == {"direction": 3, "orientation": 4, "prefecture": 17}
    assert Term.objects.filter(vocabulary="cluster", parent__isnull=False).count() == 35
    assert Term.objects.filter(vocabulary="discipline", parent__isnull=False).count() == 62
    assert Term.objects.filter(vocabulary="trl").values("edition").distinct().count() == 2
    with django_assert_num_queries(1):
        assert load_vocabularies() == 0
    assert Term.objects.count() == count


def test_merging_chains_and_undoing_in_any_order(db):
    by = factories.actor()
    a, b, c = (factories.organisation(name) for name in "甲乙丙")

    def same():
        fresh = {one.name: one for one in Organisation.objects.filter(name__in="甲乙丙")}
        return [fresh[x].same_id == fresh[y].same_id for x, y in ("甲乙", "乙丙", "甲丙")]

    first = sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    assert same() == [True, False, False]
    second = sameness.merge(actor=by, loser=b, winner=c, reason="合并")
    assert same() == [True, True, True]
    sameness.undo(merge=first)
    assert same() == [False, True, False]
    sameness.undo(merge=second)
    assert same() == [False, False, False]
    with pytest.raises(sameness.MergeRefused):
        sameness.undo(merge=second)


def test_undoing_the_later_merge_brings_followers_back(db):
    by = factories.actor()
    a, b, c = (factories.organisation(name) for name in "甲乙丙")
    sameness.merge(actor=by, loser=a, winner=b, reason="更名")
    sameness.undo(merge=sameness.merge(actor=by, loser=b, winner=c, reason="误并"))
    fresh = {one.name: one.same_id for one in Organisation.objects.filter(name__in="甲乙丙")}
    assert fresh["甲"] == fresh["乙"] != fresh["丙"]


def test_the_three_administrators_are_three_people(race):
    account = factories.account()
    outcomes = race(*[lambda role=role: factories.grant(account, role) for role in sorted(ADMINISTRATORS)])
    assert sum(isinstance(one.error, NotAllowed) for one in outcomes) == 2
    assert RoleGrant.objects.filter(account=account).count() == 1


def test_one_person_keeps_every_role_when_another_ends(db, django_assert_num_queries):
    programme, organisation = factories.programme(), factories.organisation()
    account = factories.account()
    factories.grant(account, Role.EXPERT, programme)
    factories.grant(account, Role.NEED_OWNER, organisation)
    with django_assert_num_queries(2):
        actor = load_actor(account)
    assert {Role.EXPERT, Role.NEED_OWNER} <= actor.roles
    granting.end(grant=RoleGrant.objects.get(account=account, role=Role.EXPERT))
    assert Role.NEED_OWNER in load_actor(account).roles
    assert Role.EXPERT not in load_actor(account).roles


def test_a_role_is_given_only_where_it_makes_sense(db):
    with pytest.raises(NotAllowed) as refused:
        granting.grant(account=factories.account(), role=Role.EXPERT, scope=Scope.SITE, by=None)
    assert "专家" in refused.value.refusal.sentence
