"""Where somebody works has a first and a last day: on these the unit reads and keeps the entry, before and after it does not."""

from datetime import timedelta

import pytest
from django.urls import reverse

import factories
from jiandao.kernel import clock, journal
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


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


@pytest.fixture
def office(unit):
    return factories.actor((Role.UNIT_ADMINISTRATOR, unit))


def test_a_unit_ends_its_own_affiliation_and_reads_the_contact_no_more_the_day_after(expert, unit, office):
    today = clock.today()
    client = factories.english_client(office)
    own = Membership.objects.get()
    page = client.get(url("expert", expert)).content.decode()
    form = url("affiliation-change", expert, number=own.pk)
    assert form in page
    sent = {"since": today - timedelta(days=400), "until": today, "title": "教授"}
    assert client.get(form).status_code == 200
    wrong = client.post(form, sent | {"until": today - timedelta(days=401)})
    assert wrong.status_code == 422
    assert "The end lies before the beginning" in wrong.content.decode()
    assert client.post(form, sent)["Location"] == url("expert", expert)
    assert CONTACT in client.get(url("expert", expert)).content.decode()  # the last day counts
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert CONTACT not in factories.english_client(office).get(url("expert", expert)).content.decode()
        assert factories.english_client(office).get(form).status_code == 403
    entry = journal.timeline(expert.kind, expert.pk)[0]
    assert (entry.verb, entry.who) == ("change-affiliation", office.account.username)


def test_a_unit_that_ends_its_own_in_the_past_is_led_to_the_list(unit, office):
    hidden = factories.expert(unit, state="entered")
    Membership.objects.update(since=clock.today() - timedelta(days=9))
    own = hidden.person.memberships.get()
    sent = {"since": own.since, "until": clock.today() - timedelta(days=1)}
    client = factories.english_client(office)
    assert client.post(url("affiliation-change", hidden, number=own.pk), sent)["Location"] == reverse("people:experts")


def test_a_unit_touches_no_other_unit_and_claims_nobody(expert, unit, office):
    other = factories.organisation("乙大学")
    elsewhere = works(expert, other, -3)
    client = factories.english_client(office)
    form = url("affiliation-change", expert, number=elsewhere.pk)
    assert form not in client.get(url("expert", expert)).content.decode()
    assert client.post(form, {"since": clock.today()}).status_code == 403
    assert client.get(url("affiliation-new", expert)).status_code == 403
    rival = factories.actor((Role.UNIT_ADMINISTRATOR, factories.organisation()))
    assert factories.english_client(rival).get(url("affiliation-new", expert)).status_code == 403
    of_another = factories.expert(unit).person.memberships.get()
    assert client.get(url("affiliation-change", expert, number=of_another.pk)).status_code == 404


def test_the_expert_and_officers_enter_where_somebody_works_besides(unit, officer):
    account = factories.account()
    made = factories.expert(unit, account=account)
    second = factories.organisation("乙大学")
    client = factories.english_client(load_actor(account))
    assert "Enter an affiliation" in client.get(url("expert", made)).content.decode()
    sent = {"organisation": second.name, "since": clock.today(), "title": "兼职教授"}
    assert client.post(url("affiliation-new", made), sent).status_code == 302
    page = client.get(url("expert", made)).content.decode()
    assert "乙大学" in page
    assert "兼职教授" in page
    again = factories.english_client(officer).post(url("affiliation-new", made), sent)
    assert again.status_code == 422
    assert "works at 乙大学 on some of these days already" in again.content.decode()
    earlier = {"organisation": second.name, "since": "2019-09-01", "until": "2021-08-31"}
    assert factories.english_client(officer).post(url("affiliation-new", made), earlier).status_code == 302
    assert Membership.objects.filter(person=made.person, organisation=second).count() == 2
