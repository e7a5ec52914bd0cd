"""Who may know of a confidential record: its page, in every state, for needs and results; and what messages still say."""

from datetime import date

import pytest
from django.urls import reverse
from test_import_batches import ROW, run, upload

import factories
from harness import assert_same_queries
from jiandao.kernel import journal, knowers, secrecy
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification, OutboxMail
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import actions, policy
from jiandao.stages.exchange.knowers import NEED_KNOWERS, RESULT_KNOWERS
from jiandao.stages.exchange.models import Need, ResearchResult

SECRET = {"secrecy": "work-secret", "secret_until": date(2030, 1, 1)}


class Scene:
    def __init__(self):
        self.programme, self.unit = factories.programme(), factories.organisation("示范公司")
        self.owner = factories.actor((Role.NEED_OWNER, self.unit), name="owner")
        self.colleague = factories.actor((Role.NEED_OWNER, self.unit), name="colleague")
        self.researcher = factories.actor((Role.RESEARCHER, self.unit), name="researcher")
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme), name="officer")
        self.auditor = factories.actor((Role.AUDITOR, self.programme), name="auditor")
        self.stranger = factories.actor((Role.NEED_OWNER, factories.organisation()), name="stranger")

    def need(self, *known, **more):
        knows = [one.account for one in known or (self.owner,)]
        return factories.need(self.programme, self.unit, complete=True, knowers=knows, **SECRET | more)

    def page(self, record):
        name = "exchange:need-knowers" if record.kind == Need.kind else "exchange:result-knowers"
        return reverse(name, kwargs={"programme": self.programme.slug, "public_id": record.public_id})

    def client(self, actor):
        client = factories.english_client()
        client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
        return client


@pytest.fixture
def scene(db):
    return Scene()


def on_list(record):
    return {one.username for one in secrecy.knowers(record.kind, record.pk)}


def reads(actor, record):
    rule = policy.READ_NEED if record.kind == Need.kind else policy.READ_RESULT
    return bool(rule.decide(load_actor(actor.account), record))


@pytest.mark.parametrize("state", ["draft", "submitted", "published", "withdrawn"])
def test_the_list_is_changed_in_every_state_and_each_change_is_journalled(scene, state):
    need = scene.need(scene.owner, scene.officer, state=state)
    owner = scene.client(scene.owner)
    assert "colleague" in owner.get(scene.page(need)).content.decode()
    owner.post(scene.page(need), {"admit": [scene.colleague.account_id, scene.auditor.account_id]})
    assert on_list(need) == {"owner", "officer", "colleague", "auditor"}
    assert reads(scene.colleague, need)
    answer = owner.post(scene.page(need), {"dismiss": scene.colleague.account_id}, follow=True)
    assert "The list was changed." in answer.content.decode()
    assert on_list(need) == {"owner", "officer", "auditor"}
    assert not reads(scene.colleague, need)
    newest, oldest = journal.timeline(need.kind, need.pk)
    assert (newest.verb, newest.facts) == ("dismiss", {"removed": ["colleague (colleague)"]})
    assert (oldest.verb, len(oldest.facts["added"])) == ("admit", 2)
    need.refresh_from_db()
    assert need.version == 1  # a form that is open elsewhere stays good


def test_an_edit_takes_nobody_off_the_list(scene):
    need = scene.need(scene.owner, scene.auditor, state="draft")
    actions.edit_need(actor=scene.owner, need=need, expected_version=1, values={"goal": "更好"})
    assert on_list(need) == {"owner", "auditor"}


def test_two_changes_at_once_do_not_undo_each_other(scene):
    need = scene.need(scene.owner, scene.colleague)
    first, second = load_actor(scene.owner.account), load_actor(scene.colleague.account)
    knowers.admit(actor=first, record=need, rules=NEED_KNOWERS, accounts=[scene.officer.account])
    knowers.admit(actor=second, record=need, rules=NEED_KNOWERS, accounts=[scene.auditor.account])
    assert on_list(need) == {"owner", "colleague", "officer", "auditor"}


def test_a_result_made_secret_leads_to_its_list_and_a_colleague_is_admitted(scene):
    result = factories.result(scene.programme, scene.unit)
    other = factories.actor((Role.RESEARCH_OFFICE, scene.unit), name="office")
    url = reverse("exchange:result-edit", kwargs={"programme": scene.programme.slug, "public_id": result.public_id})
    form = {
        "organisation": scene.unit.pk, "title": result.title, "language": "zh", "text": result.text, "version": 1,
        "terms": "negotiable", "secrecy": "trade-secret", "secret_until": "2030-01-01",
    }  # fmt: skip
    client = scene.client(scene.researcher)
    answer = client.post(url, form, follow=True)
    assert answer.redirect_chain[-1][0] == scene.page(result)
    assert "so far it is you alone" in answer.content.decode()
    assert not reads(other, ResearchResult.everywhere().get(pk=result.pk))
    client.post(scene.page(result), {"admit": [other.account_id]})
    assert reads(other, ResearchResult.everywhere().get(pk=result.pk))
    again = client.post(url, form | {"version": 2, "title": "新题目"}, follow=True)
    assert again.redirect_chain[-1][0] != scene.page(result)  # asked once, not at every save


def test_the_record_page_names_them_and_leads_to_the_list_only_who_may_change_it(scene):
    need = scene.need(scene.owner, scene.officer, scene.auditor, state="published")
    url = reverse("exchange:need", kwargs={"programme": scene.programme.slug, "public_id": need.public_id})
    assert "Change the list" in scene.client(scene.owner).get(url).content.decode()
    assert "Change the list" in scene.client(scene.officer).get(url).content.decode()
    shown = scene.client(scene.auditor).get(url).content.decode()
    assert "Who may know of it" in shown
    assert "Change the list" not in shown


def test_who_may_not_know_of_the_record_gets_no_page_and_who_may_not_change_it_a_reason(scene):
    need = scene.need(scene.owner, scene.auditor, state="published")
    assert scene.client(scene.stranger).get(scene.page(need)).status_code == 404
    assert scene.client(scene.colleague).get(scene.page(need)).status_code == 404
    assert scene.client(scene.auditor).get(scene.page(need)).status_code == 403


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose somebody first."),
        ({"admit": ["x", "-1", "99999999999999999999"]}, "Choose somebody first."),
        ({"dismiss": "self"}, "You cannot take yourself off the list"),
        ({"admit": "stranger"}, "Only those whom the page offers"),
        ({"dismiss": "officer"}, "must have a programme officer on its list"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(scene, data, sentence):
    need = scene.need(scene.owner, scene.officer, state="submitted")
    names = {"self": scene.owner, "stranger": scene.stranger, "officer": scene.officer}
    data = {
        key: names[one].account_id if one in names else one for key, one in data.items() if isinstance(one, str)
    } or data
    answer = scene.client(scene.owner).post(scene.page(need), data, follow=True)
    assert sentence in answer.content.decode()
    assert on_list(need) == {"owner", "officer"}


def test_an_officer_on_the_list_admits_the_organisation_but_takes_nobody_off(scene, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    officer = scene.officer
    with in_programme(scene.programme):
        run(officer, upload(officer, scene.programme, ROW.replace(",,,", ",工作秘密,2030-01-01,"), source="s"))
        need = Need.objects.get(source="s")
        assert not reads(scene.owner, need)
        knowers.admit(
            actor=load_actor(officer.account), record=need, rules=NEED_KNOWERS, accounts=[scene.owner.account]
        )
        assert reads(scene.owner, need)
        with pytest.raises(NotAllowed):
            knowers.dismiss(
                actor=load_actor(officer.account), record=need, rules=NEED_KNOWERS, accounts=[scene.owner.account]
            )


def test_those_admitted_are_told_without_a_word_about_the_record(scene):
    need = scene.need(scene.owner, title="绝密题目")
    knowers.admit(
        actor=scene.owner, record=need, rules=NEED_KNOWERS, accounts=[scene.officer.account, scene.owner.account]
    )
    (told,) = Notification.objects.all()
    assert (told.account, told.facts) == (scene.officer.account, {"title": need.public_id})


def test_a_list_of_a_hundred_costs_as_many_queries_as_one_of_ten(scene):
    small, large = scene.need(scene.owner), scene.need(scene.owner)
    for number in range(100):
        one = factories.actor((Role.NEED_OWNER, scene.unit)).account
        factories.person("王芳", one)
        lists = [large] if number >= 10 else [small, large]
        for need in lists:
            secrecy.admit(kind=need.kind, record_id=need.pk, accounts=[one], by=scene.owner.account)
    client = scene.client(scene.owner)
    assert_same_queries(lambda need: client.get(scene.page(need)), small, large, at_most=20)


def test_only_an_officer_who_may_check_it_counts_for_a_submission(scene):
    recused = factories.actor((Role.PROGRAMME_OFFICER, scene.programme), (Role.RESEARCHER, scene.unit))
    gone = factories.actor((Role.PROGRAMME_OFFICER, scene.programme))
    gone.account.is_active = False
    gone.account.save()
    for one in (recused, gone):
        need = scene.need(scene.owner, one)
        assert allowed(load_actor(scene.owner.account), need)["submit"].code == "need.no_officer"
    need = scene.need(scene.owner, scene.officer)
    assert allowed(load_actor(scene.owner.account), need)["submit"]


def test_messages_and_mails_lose_the_title_when_the_record_becomes_secret(scene):
    scene.officer.account.email = "officer@example.org"
    scene.officer.account.save()
    need = factories.need(scene.programme, scene.unit, complete=True, title="题目甲")
    perform(actor=scene.owner, record=need, verb="submit")
    need.refresh_from_db()
    need = perform(actor=scene.officer, record=need, verb="return", reason="理由乙", cause="return.other")
    told = Notification.objects.filter(account=scene.officer.account)
    assert "题目甲" in repr(list(told.values("facts")) + list(OutboxMail.objects.values("facts")))
    actions.edit_need(actor=scene.owner, need=need, expected_version=None, values=SECRET)
    left = repr(list(Notification.objects.values("facts")) + list(OutboxMail.objects.values("facts")))
    assert "题目甲" not in left
    assert "理由乙" not in left
    assert need.public_id in left
    page = scene.client(scene.officer).get(reverse("notifications")).content.decode()
    assert need.public_id in page


def test_the_research_side_names_its_own_people(scene):
    result = factories.result(scene.programme, scene.unit, knowers=[scene.researcher.account], **SECRET)
    offered = {one.username for circle in RESULT_KNOWERS.circles(result) for one in circle.accounts}
    assert offered == {"researcher", "officer", "auditor"}
