"""Rules: dated, sourced, never edited, one reading a decision, and none that no code reads."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

import factories
import jiandao
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.rulebook import RuleMissing, declared, one_reading, rule
from jiandao.kernel.rulebook import actions as rulebook
from jiandao.kernel.rulebook.declarations import Declared, Kind, RuleFault
from jiandao.kernel.rulebook.models import RuleEdition
from jiandao.stages.exchange import gate, rules
from jiandao.stages.exchange.forms import NeedForm
from jiandao.stages.people import actions as people

ROOT = Path(jiandao.__file__).parent
CODE = rules.TEXT_LIMIT.code


def _edit(actor, programme, value, code=CODE, **more):
    values = {"reason": "会议纪要", "source": "办法第九条"} | more
    return rulebook.edit(actor=actor, programme=programme, code=code, value=value, **values)


@pytest.fixture(autouse=True)
def _language():
    """A request leaves its reader's language behind in this thread; the next test starts in Chinese."""
    yield
    translation.deactivate()


@pytest.fixture
def office(db):
    programme = factories.programme()
    return programme, factories.actor((Role.PROGRAMME_OFFICER, programme))


def test_every_rule_that_is_declared_is_read_somewhere_and_none_is_read_undeclared():
    sources = {file: file.read_text(encoding="utf-8") for file in ROOT.rglob("*.py") if "migrations" not in file.parts}
    names = {}
    for file, text in sources.items():
        if file.name == "rules.py" and "views" not in file.parts:
            for name, code in re.findall(r'^(\w+) = reads\(\s*"([^"]+)"', text, re.MULTILINE):
                names[code] = (name, file)
    assert names.keys() == declared().keys()
    for code, (name, home) in names.items():
        room = home.parent
        # Read there, or handed to what reads it (the number of files goes to the description of a holder).
        use = re.compile(rf"\brules\.{name}(\.at\(|[,)])")
        readers = [f for f, text in sources.items() if f != home and f.is_relative_to(room) and use.search(text)]
        assert readers, f"{code} is declared and no code reads it"


def test_every_seeded_edition_is_declared_and_loading_again_enters_nothing(db):
    general = RuleEdition.objects.filter(programme__isnull=True)
    assert set(general.values_list("code", flat=True)) == set(declared())
    assert rulebook.load_rules() == 0
    assert all(row.source and row.date_basis for row in general)


def test_the_default_counts_until_a_programme_enters_its_own_value(office):
    programme, officer = office
    other = factories.programme()
    before = rules.TEXT_LIMIT.at(programme=programme)
    assert (before.value, before.edition, before.programme_id, before.verified) == (500, 1, None, False)
    made = _edit(officer, programme, 800)
    after = rule(CODE, None, programme)
    assert (after.value, after.edition, after.programme_id) == (800, made.edition, programme.pk)
    assert rules.TEXT_LIMIT.at(programme=other).value == 500
    assert rules.TEXT_LIMIT.at().value == 500


def test_a_new_edition_counts_from_its_day_and_what_was_before_stays(office):
    programme, officer = office
    noon = datetime(2026, 3, 2, 4, tzinfo=UTC)
    with clock.frozen(noon):
        _edit(officer, programme, 800)
    with clock.frozen(noon + timedelta(days=30)):
        _edit(officer, programme, 300)
    seen = [rule(CODE, day, programme).value for day in (date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 1))]
    assert seen == [500, 800, 300]
    # A quarter past midnight in Hubei is still the day before in UTC.
    assert rule(CODE, datetime(2026, 3, 1, 16, 15, tzinfo=UTC), programme).value == 800
    assert rule(CODE, datetime(2026, 3, 1, 15, 45, tzinfo=UTC), programme).value == 500


def test_two_editions_of_one_day_the_later_counts(office):
    programme, officer = office
    _edit(officer, programme, 800)
    _edit(officer, programme, 700)
    assert rule(CODE, None, programme).value == 700


def test_an_edition_is_journalled_with_what_it_was_before(office):
    programme, officer = office
    made = _edit(officer, programme, 800)
    (entry,) = journal.timeline(RuleEdition.kind, made.pk)
    assert (entry.before["value"], entry.after["value"], entry.reason) == (500, 800, "会议纪要")
    assert (entry.rule, entry.role) == ("rulebook.edit", Role.PROGRAMME_OFFICER)


def test_the_database_refuses_to_change_an_edition(office):
    row = RuleEdition.objects.filter(code=CODE).first()
    for change in (lambda: RuleEdition.objects.filter(pk=row.pk).update(value=1), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("value", ["800", 800.0, True, 99, 10_001, None])
def test_a_value_that_the_rule_cannot_have_is_refused(office, value):
    programme, officer = office
    with pytest.raises(NotAllowed) as refused:
        _edit(officer, programme, value)
    assert refused.value.refusal.code == "rulebook.value"


def test_who_is_no_officer_of_the_programme_enters_nothing(office):
    programme, _officer = office
    others = [
        factories.actor((Role.PROGRAMME_OFFICER, factories.programme())),
        factories.actor((Role.AUDITOR, programme)),
        factories.actor((Role.LEADER, None)),
        factories.actor(),
    ]
    for actor in others:
        with pytest.raises(NotAllowed):
            _edit(actor, programme, 800)
    assert not RuleEdition.objects.filter(programme=programme).exists()


def test_a_rule_of_the_shared_directory_and_an_unknown_one_and_an_unexplained_edit_are_refused(office):
    programme, officer = office
    for more, code in (
        ({"code": "people.invitation.days"}, "rulebook.shared"),
        ({"code": "no.such.rule"}, "rulebook.unknown"),
        ({"reason": " "}, "rulebook.reason"),
        ({"source": ""}, "rulebook.reason"),
    ):
        with pytest.raises(NotAllowed) as refused:
            _edit(officer, programme, 500, **more)
        assert refused.value.refusal.code == code
    with pytest.raises(RuleMissing):
        rule("no.such.rule")
    with pytest.raises(RuleMissing, match="jiandao migrate"):
        rule(CODE, date(1999, 12, 31))


def test_two_officers_at_once_one_enters_and_the_other_reads_why(race):
    programme = factories.programme()
    officers = [factories.actor((Role.PROGRAMME_OFFICER, programme)) for _ in range(2)]
    outcomes = race(
        *[
            lambda one=one, value=value: _edit(one, programme, value, seen_edition=0)
            for one, value in zip(officers, (600, 700), strict=True)
        ]
    )
    refused = [one.error for one in outcomes if one.error is not None]
    assert [error.refusal.code for error in refused] == ["rulebook.stale"]
    assert RuleEdition.objects.filter(programme=programme).count() == 1


def test_one_reading_asks_once_and_sees_its_own_edit(office, django_assert_num_queries):
    programme, officer = office
    with one_reading():
        with django_assert_num_queries(1):
            for _ in range(20):
                assert rule(CODE, None, programme).value == 500
        _edit(officer, programme, 800)
        assert rule(CODE, None, programme).value == 800
    with django_assert_num_queries(2):
        assert [rule(CODE, None, programme).value for _ in range(2)] == [800, 800]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**12))
def test_a_decimal_goes_through_the_database_unchanged(value):
    one = Declared("x", Kind.DECIMAL, "", Decimal(1), "", "s")
    assert one.typed(one.kept(value)) == value
    assert one.parsed(f" {value} ") == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.INTEGER, "１４", 14),
        (Kind.BOOL, "True", True),
        (Kind.BOOL, "false", False),
        (Kind.LIST, "甲\n\n 乙 \n", ["甲", "乙"]),
        (Kind.TEXT, " 七日 ", "七日"),
    ],
)
def test_values_as_an_officer_types_them(kind, text, value):
    assert Declared("x", kind, "", value, "", "s").parsed(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.INTEGER, "1.5"),
        (Kind.INTEGER, ""),
        (Kind.DECIMAL, "nan"),
        (Kind.DECIMAL, "inf"),
        (Kind.BOOL, "yes?"),
        (Kind.TEXT, " "),
    ],
)
def test_what_cannot_be_a_value_is_said_so(kind, text):
    with pytest.raises(RuleFault):
        Declared("x", kind, "", None, "", "s").parsed(text)


# --- where the rooms read them ---------------------------------------------------------------------------------------


def test_a_need_that_is_too_long_is_not_handed_in_until_the_rule_allows_it(office):
    programme, officer = office
    need = factories.need(programme, factories.organisation(), complete=True, problem="缺" * 501)
    refused = gate.texts_are_short(officer, need, clock.now())
    assert refused.code == "need.too_long"
    assert "501" in refused.sentence
    assert "500" in refused.sentence
    _edit(officer, programme, 600)
    assert gate.texts_are_short(officer, need, clock.now())


def test_a_result_asks_for_as_many_characters_as_the_programme_says(office):
    programme, officer = office
    result = factories.result(programme, factories.organisation(), text="短" * 40)
    assert gate.result_is_described(officer, result, clock.now())
    _edit(officer, programme, 50, rules.LEAST_DESCRIPTION.code)
    assert gate.result_is_described(officer, result, clock.now()).facts == {"least": 50}


def test_the_form_takes_as_many_keywords_as_the_programme_says(office):
    from jiandao.kernel.programme import in_programme

    programme, officer = office
    _edit(officer, programme, 2, rules.KEYWORDS_MOST.code)
    with in_programme(programme):
        form = NeedForm({"keywords": "甲,乙,丙"}, actor=officer)
        assert "2" in str(form.fields["keywords"].help_text)
        assert "2" in form.errors["keywords"][0]
    with in_programme(factories.programme()):
        assert "keywords" not in NeedForm({"keywords": "甲,乙,丙,丁,戊"}, actor=officer).errors


def test_an_invitation_lives_as_long_as_the_rule_says_and_says_so(db):
    organisation = factories.organisation()
    administrator = factories.actor((Role.UNIT_ADMINISTRATOR, organisation))
    invitation, _secret = people.invite(
        actor=administrator, organisation=organisation, name="李", email="li@example.org", roles=[Role.RESEARCHER]
    )
    assert invitation.days == 14
    assert abs(invitation.expires_at - clock.now() - timedelta(days=14)) < timedelta(minutes=1)
    entry = journal.timeline(organisation.kind, organisation.pk)[0]
    assert (entry.facts["days"], entry.facts["edition"]) == (14, "1")


# --- the pages -------------------------------------------------------------------------------------------------------


def _client(actor):
    client = factories.english_client()
    client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def test_an_officer_enters_an_edition_in_the_browser_and_an_auditor_reads_it(office):
    programme, officer = office
    here = {"programme": programme.slug}
    address = reverse("rule-edit", kwargs=here | {"code": CODE})
    client = _client(officer)
    assert client.get(address).status_code == 200
    wrong = client.post(address, {"value": "viele", "source": "x", "reason": "y", "edition": 0})
    assert wrong.status_code == 422
    assert "whole number" in wrong.content.decode()
    typed = {"value": "650", "source": "Article 9", "verified": "on", "reason": "Meeting of May", "edition": 0}
    assert client.post(address, typed).status_code == 302
    again = client.post(address, typed)
    assert again.status_code == 422
    assert "entered after you opened" in again.content.decode()
    auditor = _client(factories.actor((Role.AUDITOR, programme)))
    page = auditor.get(reverse("rules", kwargs=here)).content.decode()
    for words in ("650 characters", "500 characters", "Article 9", "Meeting of May", "not verified", CODE):
        assert words in page
    assert address not in page
    assert auditor.get(address).status_code == 403


def test_the_page_of_a_shared_or_unknown_rule_is_missing_and_a_stranger_sees_no_rules(office):
    programme, officer = office
    for code in ("people.invitation.days", "no.such.rule"):
        address = reverse("rule-edit", kwargs={"programme": programme.slug, "code": code})
        assert _client(officer).get(address).status_code == 404
    answer = Client().get(reverse("rules", kwargs={"programme": programme.slug}))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_page_takes_as_many_queries_however_long_the_history(office, max_queries):
    programme, officer = office
    for value in range(600, 620):
        _edit(officer, programme, value)
    client = _client(officer)
    with max_queries(20):
        client.get(reverse("rules", kwargs={"programme": programme.slug}))
