"""Where somebody works has a first and a last day: on these the unit reads and keeps the entry, before and after it does not."""

from datetime import timedelta

import pytest
from django.urls import reverse

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.stages.people import actions, policy, queries
from jiandao.stages.people.models import Expert, Membership

CONTACT = "e@example.org"


@pytest.fixture
def unit(db):
    return factories.organisation("甲大学")


@pytest.fixture
def expert(unit):
    return factories.expert(unit)


def url(name, record, **more):
    return reverse(f"people:{name}", kwargs={"public_id": record.public_id, **more})


def works(expert, unit, since=0, until=None):
    """One affiliation alone, from so many days from now to so many."""
    day = clock.today()
    return Membership.objects.create(
        person=expert.person,
        organisation=unit,
        since=day + timedelta(days=since),
        until=day + timedelta(days=until) if until is not None else None,
    )


@pytest.mark.parametrize(
    ("since", "until", "reads"),
    [(-9, -1, False), (-9, 0, True), (0, 0, True), (-9, 300, True), (0, None, True), (1, 9, False), (1, None, False)],
)
def test_a_unit_reads_the_contact_from_the_first_day_to_the_last(expert, unit, since, until, reads):
    Membership.objects.all().delete()
    works(expert, unit, since, until)
    office = factories.actor((Role.RESEARCH_OFFICE, unit))
    page = factories.english_client(office).get(url("expert", expert)).content.decode()
    assert (CONTACT in page) == reads
    full = queries.expert_records().get(pk=expert.pk)
    for rule in (policy.EXPERT_DETAILS, policy.EDIT_EXPERT):
        assert bool(rule.decide(office, full)) == reads
        assert Expert.objects.filter(rule.q(office)).exists() == reads
    assert [one.name for one in queries.units_of(full.person)] == (["甲大学"] if reads else [])
    assert [one.name for one in queries.units_of(queries.experts(office).get().person)] == (["甲大学"] if reads else [])
    assert Expert.objects.filter(queries.expert_known_by("甲大")).exists() == reads


def test_a_person_of_two_merged_entries_is_one_line_under_the_name_that_stands(expert, unit):
    spelling = factories.organisation("甲大学(总部)")
    works(expert, spelling, -5)
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    perform(actor=officer, record=factories.proposal(unit, spelling), verb="keep-first", reason="同一单位")
    unit.refresh_from_db()
    assert [line.person.pk for line in queries.members_with_roles(unit)] == [expert.person_id]
    assert queries.members_with_roles(unit)[0].since == clock.today() - timedelta(days=5)
    page = factories.english_client(officer).get(reverse("people:experts")).content.decode()
    assert page.count("甲大学") == 1
    actions.join(actor=load_actor(officer.account), person=expert.person, organisation=unit)
    assert Membership.objects.filter(person=expert.person).count() == 2  # somebody who is there joins nothing
