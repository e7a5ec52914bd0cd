"""Families: dated ties, one answer for one day, whatever names the organisations go by."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factories
from harness import assert_same_queries
from jiandao.kernel import clock, sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, families
from jiandao.stages.people.models import FamilyTie, Organisation

DAY = date(2026, 6, 1)


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


def fresh(one):
    return Organisation.objects.get(pk=one.pk)


def test_the_chain_of_ties_is_the_reason(db):
    parent, daughter, granddaughter, stranger = (factories.organisation() for _ in range(4))
    upper = factories.tie(daughter, parent)
    lower = factories.tie(granddaughter, daughter, tie_kind="branch")
    found = families.same_family(granddaughter, parent, DAY)
    assert found
    assert found.ties == (lower, upper)
    assert families.same_family(parent, granddaughter, DAY).ties == (upper, lower)
    assert not families.same_family(parent, stranger, DAY)
    assert families.family_of(parent, DAY) == {parent.pk, daughter.pk, granddaughter.pk}


def test_a_tie_counts_on_its_days_the_first_and_the_last_included(db):
    one, other = factories.organisation(), factories.organisation()
    factories.tie(one, other, since=date(2026, 1, 1), until=date(2026, 3, 31))
    days = {date(2025, 12, 31): False, date(2026, 1, 1): True, date(2026, 3, 31): True, date(2026, 4, 1): False}
    assert {day: bool(families.same_family(one, other, day)) for day in days} == days


def test_one_person_behind_two_firms_makes_them_one_family(db):
    one, other = factories.organisation(), factories.organisation()
    owner, same_owner = factories.person("张三"), factories.person("张 三")
    for member, controller in ((one, owner), (other, same_owner)):
        FamilyTie.objects.create(member=member, controller=controller, tie_kind="controlled", source="公示系统")
    assert not families.same_family(one, other, DAY)
    merged = sameness.merge(actor=factories.actor(), loser=same_owner, winner=owner, reason="同一人")
    assert families.same_family(one, other, DAY)
    sameness.undo(merge=merged)
    assert not families.same_family(one, other, DAY)


def test_two_spellings_are_one_before_the_merge_by_nothing_and_after_it_by_sameness(db):
    """What recusal asks: an expert's university under one name, the applicant's host unit under the other."""
    school, spelling, institute = (factories.organisation() for _ in range(3))
    factories.tie(institute, spelling, tie_kind="hosted")
    assert not families.same_family(school, institute, DAY)
    merged = sameness.merge(actor=factories.actor(), loser=spelling, winner=school, reason="括号不同")
    assert families.same_family(fresh(school), fresh(spelling), DAY)
    assert families.same_family(fresh(school), fresh(institute), DAY)
    sameness.undo(merge=merged)
    assert not families.same_family(fresh(school), fresh(institute), DAY)
    assert families.same_family(fresh(spelling), fresh(institute), DAY)


def hanging_together(pairs):
    """What each of seven nodes reaches over the pairs, by plain repetition."""
    reached = {i: {i} for i in range(7)}
    for _ in range(7):
        for a, b in pairs:
            joint = reached[a] | reached[b]
            for one in joint:
                reached[one] = reached[one] | joint
    return reached


edges = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=10
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=edges, merges=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3), day=st.integers(0, 30)
)
def test_families_are_what_hangs_together(db, edges, merges, day):
    """Equal to a plain search over ties in force and merges; an equivalence: symmetric and transitive."""
    nodes = [factories.organisation() for _ in range(7)]
    begin = date(2026, 1, 1)
    for a, b, since, length, void in edges:
        first, last = begin + timedelta(days=since), begin + timedelta(days=since + length)
        if a != b:
            voided = clock.now() if void else None
            factories.tie(nodes[a], nodes[b], since=first, until=last, voided_at=voided)
    actor = factories.actor()
    joined = []
    for a, b in merges:
        one, other = fresh(nodes[a]), fresh(nodes[b])
        if one.root_id != other.root_id and one.canonical_id is None:
            sameness.merge(actor=actor, loser=one, winner=other, reason="同一")
            joined.append((a, b))
    nodes = [fresh(one) for one in nodes]
    held = [(a, b) for a, b, since, length, void in edges if not void and since <= day <= since + length]
    reached = hanging_together([*held, *joined])
    on = begin + timedelta(days=day)
    for i in range(7):
        for j in range(7):
            found = families.same_family(nodes[i], nodes[j], on)
            assert bool(found) == (j in reached[i])
            if found and nodes[i].root_id != nodes[j].root_id:
                assert found.ties, "a reason, and the same both ways"
                assert len(found.ties) == len(families.same_family(nodes[j], nodes[i], on).ties)


def test_families_of_many_take_one_query(db, django_assert_num_queries):
    heads = [factories.organisation() for _ in range(10)]
    for head in heads:
        factories.tie(factories.organisation(), head)
    with django_assert_num_queries(1):
        found = families.families_of([one.pk for one in heads], DAY)
    assert all(len(found[one.pk]) == 2 for one in heads)


def test_an_officer_enters_and_ends_a_tie_in_the_browser(officer):
    parent, daughter = factories.organisation("江城示范集团有限公司"), factories.organisation("江城示范科技有限公司")
    client = factories.english_client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    new = reverse("people:tie-new", kwargs={"public_id": daughter.public_id})
    values = {
        "side": "up",
        "tie_kind": "subsidiary",
        "other": "江城示范集团",
        "since": "2024-01-01",
        "source": "公司年报2025",
    }
    page = client.post(new, values)
    assert page.status_code == 422
    assert "江城示范集团有限公司" in page.content.decode(), "a name that is not clear is answered with the likely ones"
    assert client.post(new, values | {"other": "江城示范集团有限公司"}).status_code == 302
    tie = FamilyTie.objects.get()
    assert (tie.member, tie.head) == (daughter, parent)
    shown = client.get(reverse("people:organisation", kwargs={"public_id": parent.public_id})).content.decode()
    assert "江城示范科技有限公司" in shown
    assert "公司年报2025" in shown
    asked = {"one": parent.public_id, "other": daughter.name, "on": "2026-06-01"}
    assert "Yes, by these ties." in client.get(reverse("people:family"), asked).content.decode()
    end = reverse("people:tie-end", kwargs={"public_id": tie.public_id})
    assert client.post(end, {"reason": "股权转让"}).status_code == 422, "a day, or that it never was"
    assert client.post(end, {"reason": "股权转让", "until": "2023-01-01"}).status_code == 422, "before it began"
    assert client.post(end, {"reason": "股权转让", "until": "2026-05-31"}).status_code == 302
    assert "No tie that held on that day" in client.get(reverse("people:family"), asked).content.decode()
    assert "Yes, by these ties." in client.get(reverse("people:family"), asked | {"on": "2026-05-31"}).content.decode()


def test_ties_that_cannot_be_are_refused_with_their_reason(officer):
    parent, daughter = factories.organisation(), factories.organisation()
    factories.tie(daughter, parent)
    tries = {
        "family.itself": {"member": parent, "head": parent},
        "family.circle": {"member": parent, "head": daughter},
        "family.there": {"member": daughter, "head": parent},
        "family.order": {"member": daughter, "head": parent, "since": date(2026, 2, 1), "until": date(2026, 1, 1)},
    }
    for code, values in tries.items():
        with pytest.raises(NotAllowed) as refused:
            actions.add_tie(
                actor=officer, organisation=parent, values={"tie_kind": "subsidiary", "source": "年报"} | values
            )
        assert refused.value.refusal.code == code
    assert FamilyTie.objects.count() == 1


def test_nobody_ends_a_tie_of_the_own_organisation(db):
    head, member = factories.organisation(), factories.organisation()
    tie = factories.tie(member, head)
    inside = factories.programme()
    both = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, head))
    with pytest.raises(NotAllowed) as refused:
        actions.void_tie(actor=both, tie=tie, reason="并非如此")
    assert refused.value.refusal.code == "policy.recused"
    actions.void_tie(actor=factories.actor((Role.PROGRAMME_OFFICER, inside)), tie=tie, reason="并非如此")
    assert not families.same_family(head, member, DAY), "never true, so on no day"


def test_the_page_of_an_organisation_with_many_ties_asks_no_more(officer):
    few, many = factories.organisation(), factories.organisation()
    for head, count in ((few, 2), (many, 20)):
        for _ in range(count):
            factories.tie(factories.organisation(), head)
    client = Client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    urls = [reverse("people:organisation", kwargs={"public_id": one.public_id}) for one in (few, many)]
    assert_same_queries(client.get, *urls, at_most=15)
