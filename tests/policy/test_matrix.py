"""Who may do what, as one checked-in table; and proof that every rule and its SQL twin agree.

The table holds the allowed cells only. After a wanted change of a rule, write it anew and read the difference:

    JIANDAO_WRITE_MATRIX=1 scripts/test tests/policy/test_matrix.py
"""

import os
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factories
from jiandao.kernel import clock, sameness, secrecy
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import SCOPE_OF, Role, Scope
from jiandao.kernel.policy import registered_rules
from jiandao.kernel.programme import in_programme
from jiandao.kernel.secrecy import Classified
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.capabilities import policy as capabilities
from jiandao.stages.exchange.importing import policy as importing
from jiandao.stages.exchange.importing.models import ImportBatch
from jiandao.stages.exchange.introductions import policy as meeting
from jiandao.stages.exchange.models import (
    Booking,
    Capability,
    Challenge,
    CooperationRecord,
    Introduction,
    Need,
    Offer,
    ResearchResult,
)
from jiandao.stages.exchange.offers import policy as offers
from jiandao.stages.people import policy as people
from jiandao.stages.people.models import Certificate, Expert, FamilyTie, IntegrityRecord, MergeProposal, Organisation
from policy import worlds

FOLDER = Path(__file__).parent  # one table a room: exchange.tsv
RULES = {
    "exchange.need": (
        exchange.READ_NEED,
        exchange.NEED_HISTORY,
        exchange.EDIT_NEED,
        exchange.ATTACH_TO_NEED,
        exchange.OWN_NEED,
        exchange.CHECK_NEED,
        exchange.ASSESS_NEED,
        exchange.CONDENSE,
        exchange.WITHDRAW_NEED,
        exchange.ADMIT_TO_NEED,
        exchange.DISMISS_FROM_NEED,
        exchange.CHANGE_NEED_BY_IMPORT,
        meeting.COUNT_NEED,
        offers.SET_ASIDE_NEED,
    ),
    "exchange.challenge": (
        exchange.READ_CHALLENGE,
        exchange.CHALLENGE_HISTORY,
        exchange.EDIT_CHALLENGE,
        exchange.WORD_CHALLENGE,
        offers.SET_ASIDE_CHALLENGE,
    ),
    "exchange.capability": (
        capabilities.READ_CAPABILITY,
        capabilities.CAPABILITY_HISTORY,
        capabilities.EDIT_CAPABILITY,
        capabilities.OWN_CAPABILITY,
        capabilities.BOOK_CAPABILITY,
        offers.SET_ASIDE_CAPABILITY,
        importing.CHANGE_CAPABILITY_BY_IMPORT,
    ),
    "exchange.booking": (capabilities.READ_BOOKING, capabilities.OWN_BOOKING, capabilities.ANSWER_BOOKING),
    "exchange.introduction": (
        meeting.READ_INTRODUCTION,
        meeting.TAKE_PART,
        meeting.READ_OPENED,
        meeting.READ_PAPERS,
        meeting.INTRODUCTION_HISTORY,
        meeting.ATTACH_TO_INTRODUCTION,
    ),
    "exchange.cooperation": (
        meeting.READ_COOPERATION,
        meeting.RUN_COOPERATION,
        meeting.CONFIRM_COOPERATION,
        meeting.TAKE_BACK_COOPERATION,
        meeting.REPORT_OUTCOME,
    ),
    "exchange.offer": (offers.READ_OFFER, offers.ANSWER_OFFER),
    "exchange.result": (
        exchange.READ_RESULT,
        exchange.RESULT_HISTORY,
        exchange.EDIT_RESULT,
        exchange.ATTACH_TO_RESULT,
        exchange.OWN_RESULT,
        exchange.ADMIT_TO_RESULT,
        exchange.DISMISS_FROM_RESULT,
        exchange.CHANGE_RESULT_BY_IMPORT,
        offers.SET_ASIDE_RESULT,
    ),
    "exchange.import": (importing.READ_IMPORT, importing.RUN_IMPORT),
    "people.organisation": (
        people.READ_ORGANISATION,
        people.SEE_MEMBERS,
        people.MANAGE_MEMBERS,
        people.EDIT_ORGANISATION,
        people.VERIFY_ORGANISATION,
        people.ORGANISATION_HISTORY,
        people.ADD_TIE,
        people.PROPOSE_MERGE,
    ),
    "people.certificate": (
        people.READ_CERTIFICATE,
        people.EDIT_CERTIFICATE,
        people.OWN_CERTIFICATE,
        people.CHECK_CERTIFICATE,
    ),
    "people.expert": (
        people.READ_EXPERT,
        people.EXPERT_DETAILS,
        people.EDIT_EXPERT,
        people.EDIT_EXPERT_PERSON,
        people.INVITE_EXPERT,
        people.UNITE_EXPERT,
        people.ADD_AFFILIATION,
        people.KEEP_AFFILIATIONS,
        people.CONSENT_AS_EXPERT,
        people.WITHDRAW_EXPERT,
        offers.SET_ASIDE_EXPERT,
    ),
    "people.integrity": (people.SEE_INTEGRITY, people.KEEP_INTEGRITY),
    "people.merge-proposal": (people.READ_PROPOSAL, people.DECIDE_MERGE),
    "people.family-tie": (people.READ_TIE, people.CONFIRM_TIE, people.END_TIE),
}
MODELS = {
    "exchange.need": Need,
    "exchange.challenge": Challenge,
    "exchange.capability": Capability,
    "exchange.booking": Booking,
    "exchange.introduction": Introduction,
    "exchange.cooperation": CooperationRecord,
    "exchange.offer": Offer,
    "exchange.result": ResearchResult,
    "exchange.import": ImportBatch,
    "people.organisation": Organisation,
    "people.certificate": Certificate,
    "people.expert": Expert,
    "people.integrity": IntegrityRecord,
    "people.merge-proposal": MergeProposal,
    "people.family-tie": FamilyTie,
}
# Challenges and capabilities are public or internal, never for a list of people: a constraint of the database says so.
OPEN_ONLY = (Challenge, Capability)
CLASSIFIED = [kind for kind, model in MODELS.items() if issubclass(model, Classified) and model not in OPEN_ONLY]


# Rules about no single record; the routes that ask for them are probed in test_routes.py.
WITHOUT_RECORD = {
    "exchange.challenge.list", "exchange.funnel", "exchange.need.list", "exchange.need.create", "exchange.need.import",
    "exchange.result.list", "exchange.result.create", "exchange.result.import",
    "exchange.capability.list", "exchange.capability.create", "exchange.booking.list",
    "exchange.introduction.list", "exchange.introduction.propose", "exchange.introduction.figures",
    "exchange.matching.weights",
    "exchange.introduction.look-after",  # in tests/stages/exchange/test_introduction_live.py: a group of the desk
    "exchange.cooperation.list", "exchange.offer.list", "exchange.offer.choose",
    "people.organisation.list", "people.organisation.create", "people.merge.list", "people.merge.seek", "people.family.ask",
    "people.expert.list", "people.expert.create", "people.expert.import", "people.organisation.import",
    "exchange.capability.import",
    "people.certificate.list", "people.certificate.create", "people.account.own", "people.everybody",
    "people.invitation.withdraw", "people.invitation.accept",  # in test_other_routes.py and tests/stages/people
}  # fmt: skip
ROOMS = sorted({kind.partition(".")[0] for kind in RULES})


@pytest.fixture
def world(db):
    return worlds.build()


def rows_of(world, room):
    """The allowed cells: rule, role, where the role is held, on the list or not, state, level."""
    for kind, rules in RULES.items():
        if not kind.startswith(f"{room}."):
            continue
        for visitor in world.visitors:
            actor = visitor.actor
            for rule, ((state, level), record) in product(rules, world.records[kind].items()):
                if rule.decide(actor, record):
                    listed = "listed" if visitor.listed else "-"
                    yield f"{rule.code}\t{visitor.role}\t{visitor.where}\t{listed}\t{state}\t{level}"


def test_the_matrix_is_the_checked_in_one(world):
    for room in ROOMS:
        matrix = FOLDER / f"{room}.tsv"
        rows = sorted(rows_of(world, room))
        shown = "rule\trole\twhere\tlist\tstate\tlevel\n" + "".join(f"{row}\n" for row in rows)
        if os.environ.get("JIANDAO_WRITE_MATRIX"):
            matrix.write_text(shown, encoding="utf-8")
        assert shown.splitlines() == matrix.read_text(encoding="utf-8").splitlines()


def test_every_rule_about_these_records_is_in_the_matrix():
    listed = {rule.code for rules in RULES.values() for rule in rules}
    here = {code for code in registered_rules() if code.partition(".")[0] in ROOMS}
    assert here == listed | WITHOUT_RECORD


def test_every_rule_and_its_twin_agree_on_the_whole_world(world):
    with in_programme(world.inside):
        for kind, rules in RULES.items():
            records = list(world.records[kind].values())
            for visitor in world.visitors:
                actor = visitor.actor
                for rule in rules:
                    decided = {record.pk for record in records if rule.decide(actor, record)}
                    shown = MODELS[kind].objects.filter(pk__in=[record.pk for record in records])
                    found = set(shown.filter(rule.q(actor)).values_list("pk", flat=True))
                    assert found == decided, (rule.code, visitor)


def test_nobody_without_the_list_sees_a_need_to_know_record(world):
    for row in (row for room in ROOMS for row in rows_of(world, room)):
        _rule, _role, _where, listed, _state, level = row.split("\t")
        assert level != "work-secret" or listed == "listed"


def test_a_refusal_names_what_stands_against_it(world):
    need = world.records["exchange.need"]["draft", "public"]
    by_role = {(one.role, one.where): one.actor for one in world.visitors if not one.listed}
    cases = {
        (Role.LEADER, "in programme"): "policy.role",
        (Role.NEED_OWNER, "out organisation"): "policy.relation",
    }
    for visitor, code in cases.items():
        assert exchange.EDIT_NEED.decide(by_role[visitor], need).code == code
    published = world.records["exchange.need"]["published", "public"]
    assert exchange.EDIT_NEED.decide(by_role[Role.NEED_OWNER, "in organisation"], published).code == "policy.state"
    secret = world.records["exchange.need"]["draft", "work-secret"]
    assert exchange.EDIT_NEED.decide(by_role[Role.NEED_OWNER, "in organisation"], secret).code == "policy.level"


def test_an_officer_of_the_asking_organisation_is_recused(db):
    inside, of = factories.programme(), factories.organisation()
    former = factories.organisation()
    officer = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, former))
    need = factories.need(inside, of, state="submitted")
    assert exchange.CHECK_NEED.decide(officer, need)
    merged = sameness.merge(actor=officer, loser=former, winner=of, reason="同一单位")
    officer = load_actor(officer.account)
    need = Need.everywhere().select_related("organisation").get(pk=need.pk)
    assert exchange.CHECK_NEED.decide(officer, need).code == "policy.recused"
    sameness.undo(merge=merged)
    assert exchange.CHECK_NEED.decide(load_actor(officer.account), need)


def test_an_officer_of_the_mother_company_is_recused_on_a_need_of_its_subsidiary_while_the_tie_holds(db):
    inside = factories.programme()
    mother, daughter, grandchild, stranger = (factories.organisation(name) for name in ("母厂", "子厂", "孙厂", "他厂"))
    factories.tie(grandchild, daughter, tie_kind="branch")
    tie = factories.tie(daughter, mother, since=clock.today() - timedelta(days=30), until=clock.today())
    both = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, mother))
    needs = {unit: factories.need(inside, unit, state="submitted") for unit in (daughter, grandchild, stranger)}

    def allowed(actor):
        decided = {unit.name for unit, need in needs.items() if exchange.CHECK_NEED.decide(actor, need)}
        found = Need.everywhere().filter(exchange.CHECK_NEED.q(actor)).values_list("organisation__name", flat=True)
        assert decided == set(found), "the rule and its twin"
        return decided

    assert allowed(both) == {"他厂"}
    refusal = exchange.CHECK_NEED.decide(both, needs[grandchild])
    assert refusal.code == "policy.recused_kin"
    with translation.override("en"):
        assert "孙厂" in refusal.sentence
        steps = ["子厂 belongs to 母厂: subsidiary", "孙厂 belongs to 子厂: branch"]
        assert [str(step) for step in refusal.facts["chain"]] == steps
    assert exchange.READ_NEED.decide(factories.actor((Role.NEED_OWNER, daughter)), needs[daughter])
    tie.until = clock.today() - timedelta(days=1)
    tie.save()
    assert allowed(load_actor(both.account)) == {"子厂", "孙厂", "他厂"}, "sold yesterday"


def test_kinship_costs_one_query_for_a_whole_list(db, django_assert_num_queries):
    inside, mother = factories.programme(), factories.organisation()
    units = [factories.organisation() for _ in range(40)]
    for unit in units[::2]:
        factories.tie(unit, mother)
    needs = [factories.need(inside, unit, state="submitted") for unit in units]
    both = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, mother))
    with in_programme(inside):
        records = list(Need.objects.filter(pk__in=[one.pk for one in needs]).select_related("organisation"))
        secrecy.known_ids(both, "exchange.need")
        with django_assert_num_queries(1):
            answers = [exchange.CHECK_NEED.decide(both, record) for record in records]
            rule = exchange.CHECK_NEED.q(both)
    assert [bool(one) for one in answers].count(False) == 20
    with in_programme(inside):
        assert Need.objects.filter(rule).count() == 20
    nobodys = factories.actor((Role.PROGRAMME_OFFICER, inside))
    with in_programme(inside), django_assert_num_queries(0):
        assert exchange.CHECK_NEED.decide(nobodys, records[0])


grants = st.lists(
    st.sampled_from([(role, scope) for role, scopes in SCOPE_OF.items() for scope in sorted(scopes)]), max_size=4
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grants=grants, inside=st.lists(st.booleans(), min_size=4, max_size=4), listed=st.booleans())
def test_rule_and_twin_agree_for_people_with_several_roles(db, grants, inside, listed):
    """One person, several roles, none lost: what any single role allows stays allowed, vetoes aside."""
    world = _world_once()
    account = factories.account()
    for (role, scope), here in zip(grants, inside, strict=False):
        if role in {"system-administrator", "security-administrator", "audit-administrator"}:
            continue
        target = {
            Scope.SITE: None,
            Scope.PROGRAMME: world.inside if here else world.outside,
            Scope.ORGANISATION: world.own if here else world.other,
        }[scope]
        factories.grant(account, role, target)
    if listed:
        for kind in CLASSIFIED:
            for record in world.records[kind].values():
                if record.is_need_to_know:
                    secrecy.admit(kind=kind, record_id=record.pk, accounts=[account], by=None)
    actor = load_actor(account)
    with in_programme(world.inside):
        for kind, rules in RULES.items():
            records = list(world.records[kind].values())
            for rule in rules:
                decided = {record.pk for record in records if rule.decide(actor, record)}
                shown = MODELS[kind].objects.filter(pk__in=[record.pk for record in records])
                assert set(shown.filter(rule.q(actor)).values_list("pk", flat=True)) == decided


def _world_once():
    programme = factories.Programme.objects.filter(slug="twins").first()
    if programme is None:
        world = worlds.build()
        world.inside.slug = "twins"
        world.inside.save()
        _world_once.kept = world
    return _world_once.kept
