"""Experts are found with their own consent; measures for breaches count on their days and say from where they are known."""

from datetime import timedelta

import pytest
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.exchange.matching import BY_CODE
from jiandao.stages.people import actions, queries
from jiandao.stages.people.models import Expert, IntegrityRecord, Membership, Person
from jiandao.stages.people.states import expert_reader

FORM = {
    "name": "周岩",
    "post": "教授",
    "orcid": "0000-0002-1825-0097",
    "email": "zhou@example.org",
    "keywords": "碳化硅，外延",
    "text": "宽禁带半导体外延与缺陷表征",
    "available": "on",
    "days_a_year": "12",
    "works-TOTAL_FORMS": "2",
    "works-INITIAL_FORMS": "0",
    "works-0-title": "碳化硅外延缺陷的原位控制",
    "works-0-year": "2024",
    "works-0-source": "材料导报",
    "works-1-title": "",
}


@pytest.fixture
def unit(db):
    return factories.organisation("示例大学")


@pytest.fixture
def office(unit):
    return factories.actor((Role.RESEARCH_OFFICE, unit))


def url(name, record=None, **more):
    return reverse(f"people:{name}", kwargs=({"public_id": record.public_id} if record is not None else {}) | more)


def test_entered_by_the_unit_and_found_by_others_only_with_consent(unit, office):
    client = factories.english_client(office)
    assert client.post(url("expert-new"), {**FORM, "organisation": unit.name}).status_code == 302
    made = Expert.objects.get()
    assert (made.person.name, made.works.get().year, made.state) == ("周岩", 2024, "entered")
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    other = factories.english_client(stranger)
    assert other.get(url("expert", made)).status_code == 404
    assert (
        client.post(url("expert-do", made, verb="consent"), {"version": 1}).status_code == 403
    )  # not in the expert's place
    _invitation, secret = actions.invite_expert(actor=office, expert=made, email="zhou@example.org")
    own = factories.Client()
    signed_up = {"username": "zhouyan", "password": "correct horse battery"}
    assert own.post(reverse("people:accept-invitation", kwargs={"secret": secret}), signed_up).status_code == 302
    assert own.post(url("expert-do", made, verb="consent"), {"version": 1}).status_code == 302
    shown = other.get(url("expert", made)).content.decode()
    assert "周岩" in shown
    assert "zhou@example.org" not in shown  # how to reach the expert is not for everybody
    assert "zhou@example.org" in client.get(url("expert", made)).content.decode()
    assert "周岩" in other.get(url("experts"), {"name": "原位控制"}).content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"orcid": "0000-0002-1825-0098"}, "ORCID"),
        ({"organisation": "没有这个单位"}, "no organisation"),
        ({"days_a_year": "500"}, "less than or equal to 366"),
        ({"works-1-year": "2020"}, "Write the title of the work"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(unit, office, change, sentence):
    answer = factories.english_client(office).post(url("expert-new"), {**FORM, "organisation": unit.name, **change})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Expert.objects.exists()


def test_the_same_person_is_entered_once(unit, office):
    client = factories.english_client(office)
    client.post(url("expert-new"), {**FORM, "organisation": unit.name})
    again = client.post(url("expert-new"), {**FORM, "organisation": unit.name})
    assert Expert.objects.count() == 1
    assert Expert.objects.get().public_id in again.content.decode()


def test_an_orcid_that_one_may_not_be_told_of_gets_a_sentence_that_says_nothing_of_the_library(unit, office):
    factories.english_client(office).post(url("expert-new"), {**FORM, "organisation": unit.name})
    hidden = Expert.objects.get()
    elsewhere = factories.organisation("另一大学")
    stranger = factories.actor((Role.RESEARCH_OFFICE, elsewhere))
    client = factories.english_client(stranger)
    answer = client.post(url("expert-new"), {**FORM, "name": "乱写", "organisation": elsewhere.name})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "the programme office enters or invites the expert" in page
    assert hidden.public_id not in page
    assert "周岩" not in page
    assert "library already" not in page
    assert Expert.objects.count() == 1
    assert Membership.objects.count() == 1  # nobody is claimed by an ORCID
    with pytest.raises(NotAllowed) as refused:  # past the form too
        actions.create_expert(actor=stranger, organisation=elsewhere, values={"name": "乱写", "orcid": FORM["orcid"]})
    assert refused.value.refusal.code == "expert.orcid"


def test_an_orcid_of_another_person_is_a_fault_of_its_field(unit, office):
    client = factories.english_client(office)
    client.post(url("expert-new"), {**FORM, "organisation": unit.name})
    other = factories.expert(unit)
    sent = {**FORM, "version": other.version, "name": other.person.name, "email": other.person.email}
    answer = client.post(url("expert-edit", other), sent)
    assert answer.status_code == 422
    assert "in the library already" in answer.content.decode()
    assert 'value="0000-0002-1825-0097"' in answer.content.decode()  # nothing typed is lost


def test_two_who_take_one_orcid_at_once_are_told_so_at_the_field(race):
    unit = factories.organisation("示例大学")
    client = [factories.english_client(factories.actor((Role.RESEARCH_OFFICE, unit))) for _one in range(2)]
    made = [factories.expert(unit), factories.expert(unit)]
    sent = [{**FORM, "version": 1, "name": one.person.name} for one in made]
    outcomes = race(
        lambda: client[0].post(url("expert-edit", made[0]), sent[0]),
        lambda: client[1].post(url("expert-edit", made[1]), sent[1]),
    )
    assert sorted(one.value.status_code for one in outcomes) == [302, 422]
    assert Person.objects.filter(orcid=FORM["orcid"]).count() == 1


def test_with_an_account_the_person_alone_keeps_name_orcid_and_contact(unit, office):
    account = factories.account("zhouyan")
    made = factories.expert(unit, account=account)
    sent = {**FORM, "name": made.person.name, "orcid": "", "email": made.person.email, "phone": made.person.phone}
    client = factories.english_client(office)
    assert "keeps this in person" in client.get(url("expert-edit", made)).content.decode()
    for name, value in (("name", "林厅长"), ("orcid", FORM["orcid"]), ("email", "x@example.org"), ("phone", "1")):
        answer = client.post(url("expert-edit", made), {**sent, "version": 1, name: value})
        assert answer.status_code == 422, name
        assert "The expert has an account and keeps this in person" in answer.content.decode()
        with pytest.raises(NotAllowed):
            actions.edit_expert(actor=office, expert=made, expected_version=1, values={name: value})
    assert client.post(url("expert-edit", made), {**sent, "version": 1, "post": "研究员"}).status_code == 302
    own = factories.english_client(factories.load_actor(account))
    phone = {**sent, "version": 2, "phone": "027-8888", "post": "研究员"}
    assert own.post(url("expert-edit", made), phone).status_code == 302
    made.person.refresh_from_db()
    assert (made.person.name, made.person.phone) == (sent["name"], "027-8888")
    entry = journal.timeline(made.kind, made.pk)[0]
    assert entry.after["phone_changed"] is True
    assert "027-8888" not in str(entry)
    assert "telephone changed" in own.get(url("expert", made)).content.decode()


def test_an_expert_keeps_the_own_entry_and_leaves_the_library(unit):
    account = factories.account("zhouyan")
    made = factories.expert(unit, account=account)
    actor = factories.load_actor(account)
    client = factories.english_client(actor)
    sent = {**FORM, "version": made.version, "text": "只评外延与缺陷"}
    assert client.post(url("expert-edit", made), sent).status_code == 302
    made.refresh_from_db()
    assert (made.text, [one.title for one in made.works.all()]) == ("只评外延与缺陷", ["碳化硅外延缺陷的原位控制"])
    assert perform(actor=actor, record=made, verb="withdraw", reason="不再参加评审").state == "withdrawn"
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    assert factories.english_client(stranger).get(url("expert", made)).status_code == 404


def test_nobody_of_another_unit_changes_an_entry(unit):
    made = factories.expert(unit)
    other = factories.actor((Role.RESEARCH_OFFICE, factories.organisation()))
    assert factories.english_client(other).get(url("expert-edit", made)).status_code == 403
    assert not any(allowed(other, made).values())


def test_measures_count_on_their_days_follow_a_merge_and_are_declared_void(unit):
    keeper = factories.actor((Role.INTEGRITY_OFFICER, factories.programme()))
    client = factories.english_client(keeper)
    today = clock.today()
    sent = {
        "organisation": unit.name,
        "measure": "no-funding",
        "since": today,
        "until": today + timedelta(days=30),
        "source": "通报〔2026〕3号",
        "reason": "虚报指标",
    }
    assert client.post(url("measure-new"), {**sent, "source": " "}).status_code == 422
    both = client.post(url("measure-new"), {**sent, "person": factories.expert(unit).public_id})
    assert "Name one person or one organisation" in both.content.decode()
    assert client.post(url("measure-new"), sent).status_code == 302
    made = IntegrityRecord.objects.get()
    for day, count in (
        (today - timedelta(days=1), 0),
        (today, 1),
        (today + timedelta(30), 1),
        (today + timedelta(31), 0),
    ):
        assert queries.measures_in_force(day, organisation=unit).count() == count
    spelling = factories.organisation("示例大学(总部)")
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    perform(actor=officer, record=factories.proposal(unit, spelling), verb="keep-first", reason="同一单位")
    spelling.refresh_from_db()
    assert queries.measures_in_force(today, organisation=spelling).count() == 1
    assert client.post(url("measure-void", made), {"reason": "复议撤销"}).status_code == 302
    assert queries.measures_in_force(today, organisation=unit).count() == 0
    assert "复议撤销" in client.get(url("measures")).content.decode()
    head = factories.actor((Role.UNIT_ADMINISTRATOR, unit))
    assert factories.english_client(head).get(url("measures")).status_code == 403
    with pytest.raises(NotAllowed):
        actions.void_measure(actor=officer, measure=made, reason="无权")


def test_who_sees_measures_sees_them_beside_the_expert(unit):
    made = factories.expert(unit)
    factories.measure(person=made.person, measure="no-review")
    keeper = factories.actor((Role.INTEGRITY_OFFICER, factories.programme()))
    assert "no work as an expert" in factories.english_client(keeper).get(url("expert", made)).content.decode()
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    assert "no work as an expert" not in factories.english_client(stranger).get(url("expert", made)).content.decode()
    factories.measure(organisation=unit, measure="no-title")
    assert "no titles and awards" in factories.english_client(keeper).get(url("organisation", unit)).content.decode()
    assert (
        "no titles and awards" not in factories.english_client(stranger).get(url("organisation", unit)).content.decode()
    )


def test_a_form_sent_twice_enters_one_measure_and_with_other_words_another(unit):
    client = factories.english_client(factories.actor((Role.INTEGRITY_OFFICER, factories.programme())))
    today = clock.today()
    sent = {
        "organisation": unit.name,
        "measure": "warning",
        "since": today,
        "until": today,
        "source": "通报",
        "once": "abc",
    }
    for reason in ("虚报指标", "虚报指标", "迟报"):
        assert client.post(url("measure-new"), sent | {"reason": reason}).status_code == 302
    assert sorted(one.reason for one in IntegrityRecord.objects.all()) == ["虚报指标", "迟报"]


def test_what_is_wrong_in_the_works_is_told_above_too(unit, office):
    wrong = FORM | {"organisation": unit.name, "works-0-year": "nineteen"}
    page = factories.english_client(office).post(url("expert-new"), wrong).content.decode()
    summary = page[page.index('id="errors"') : page.index("</ul>", page.index('id="errors"'))]
    assert 'href="#id_works-0-year"' in summary
    assert "row 1, year" in summary


@pytest.mark.parametrize(("measure", "bars"), [("no-review", True), ("all", True), ("no-funding", False)])
def test_a_measure_keeps_an_expert_from_consenting_and_says_until_when(unit, measure, bars):
    account = factories.account()
    made = factories.expert(unit, account=account, state="entered")
    held = factories.measure(person=made.person, measure=measure)
    own = factories.load_actor(account)
    if not bars:
        assert perform(actor=own, record=made, verb="consent").state == "active"
        return
    with pytest.raises(NotAllowed) as refused:
        perform(actor=own, record=made, verb="consent")
    sentence = refused.value.refusal.sentence
    assert held.source in sentence
    assert held.until.isoformat() in sentence
    with clock.frozen(clock.now() + timedelta(days=366)):
        assert perform(actor=factories.reloaded(own), record=made, verb="consent").state == "active"


def test_an_expert_under_a_measure_is_greyed_and_only_who_reads_measures_sees_why(unit):
    made = factories.expert(unit)
    held = factories.measure(person=made.person, measure="no-review")
    factories.expert(unit)
    reader = factories.actor((Role.NEED_OWNER, factories.organisation()))
    keeper = factories.actor((Role.INTEGRITY_OFFICER, factories.programme()))

    def states(at):
        return sorted(queries.experts(at).values_list("state_now", flat=True))

    assert states(reader) == ["active", "unavailable"]
    page = factories.english_client(reader).get(url("expert", made)).content.decode()
    assert "not available" in page
    assert held.source not in page
    assert held.source in factories.english_client(keeper).get(url("expert", made)).content.decode()
    with clock.frozen(clock.now() + timedelta(days=366)):  # the day after its last
        assert states(factories.reloaded(reader)) == ["active", "active"]
    actions.void_measure(actor=keeper, measure=held, reason="复议撤销")
    assert states(reader) == ["active", "active"]


def test_who_is_not_to_be_asked_is_left_out_of_matches_for_the_while(unit):
    today = clock.today()
    free = factories.expert(unit, away_until=today - timedelta(days=1))
    factories.expert(unit, away_until=today)
    factories.expert(unit, available=False)
    barred = factories.expert(unit)
    factories.measure(person=barred.person, measure="all", until=today)
    later = factories.expert(unit)
    factories.measure(person=later.person, measure="all", since=today + timedelta(days=1))
    offered = BY_CODE["expert"].offered

    assert set(Expert.objects.filter(offered(clock.now()))) == {free, later}
    tomorrow = clock.now() + timedelta(days=1)
    assert set(Expert.objects.filter(offered(tomorrow)).values_list("pk", flat=True)) >= {free.pk, barred.pk}
    for one in Expert.objects.all():  # the twin in Python
        for at in (clock.now(), tomorrow):
            found = Expert.objects.filter(offered(at), pk=one.pk).exists()
            assert (expert_reader.of(one, at) == "active") == found


def test_lists_ask_as_much_at_100_as_at_10(db):
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    keeper = factories.actor((Role.INTEGRITY_OFFICER, factories.programme()))
    clients = {"experts": factories.english_client(officer), "measures": factories.english_client(keeper)}
    few, many = factories.organisation("甲大学"), factories.organisation("乙大学")
    for organisation, count in ((few, 10), (many, 100)):
        for _n in range(count):
            made = factories.expert(organisation)
            made.fields.add(factories.term("field"))
            factories.measure(organisation=organisation)
    for name, by in (("experts", "name"), ("measures", "about")):
        assert_same_queries(
            lambda one, name=name, by=by: clients[name].get(url(name), {by: one.name}), few, many, at_most=15
        )
