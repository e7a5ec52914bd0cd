"""The directory: entered, known by all of its names, verified by an officer, changed by its own unit."""

import json

import pytest
from django.test import Client
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel import sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.identifiers import check_credit_code
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import queries
from jiandao.stages.people.models import Organisation

TABLE = {"names-TOTAL_FORMS": "2", "names-INITIAL_FORMS": "0"}


def code(number):
    """A well-formed social credit code of nobody."""
    body = f"9142{number:013d}"
    return next(body + sign for sign in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check_credit_code(body + sign).ok)


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


def client_of(actor):
    client = factories.english_client()
    client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def form(**more):
    return {
        "name": "汉江示范轴承有限公司", "organisation_kind": "enterprise", "credit_code": code(1), "website": "",
        "introduction": "", "name_en": "", "prefecture": "", **TABLE,
    } | more  # fmt: skip


def test_an_officer_enters_an_organisation_and_it_is_found_by_every_name(officer):
    client = client_of(officer)
    cluster = factories.term("cluster")
    named = {"names-0-name": "汉江轴承厂", "names-0-name_kind": "former", "names-0-until": "2019-06-30"}
    page = client.post(reverse("people:organisation-new"), form(**named, clusters=[cluster.pk]))
    assert page.status_code == 302
    made = Organisation.objects.get(name="汉江示范轴承有限公司")
    assert (made.state, list(made.clusters.all())) == ("entered", [cluster])
    for words in ("汉江轴承厂", "示范轴承", code(1).lower()):
        shown = client.get(reverse("people:organisations"), {"name": words}).content.decode()
        assert "汉江示范轴承有限公司" in shown, words
    shown = client.get(page["Location"]).content.decode()
    assert "汉江轴承厂 · former name · until 2019-06-30" in shown
    options = client.get(reverse("people:suggest"), {"other": "汉江轴承"}).content.decode()
    assert made.public_id in options


def test_a_code_that_is_taken_or_wrong_is_answered_beside_the_field(officer):
    client = client_of(officer)
    there = factories.organisation("汉江轴承集团有限公司", credit_code=code(1))
    page = client.post(reverse("people:organisation-new"), form())
    assert page.status_code == 422
    assert f"{there.name} has this code already" in page.content.decode()
    page = client.post(reverse("people:organisation-new"), form(credit_code=code(1)[:-1] + "0"))
    assert page.status_code == 422
    assert Organisation.objects.count() == 1


def test_one_name_in_two_rows_is_answered_beside_the_second(officer):
    client = client_of(officer)
    named = {"names-0-name": "汉江轴承厂", "names-0-name_kind": "former", "names-0-until": ""}
    twice = {"names-1-name": " 汉江轴承厂", "names-1-name_kind": "other", "names-1-until": ""}
    page = client.post(reverse("people:organisation-new"), form(**named, **twice))
    assert page.status_code == 422
    assert "This stands in another row already." in page.content.decode()
    assert not Organisation.objects.exists()


def test_an_officer_who_acts_for_an_entry_does_not_keep_it_verified_while_changing_it(db):
    unit = factories.organisation("汉江旧名轴承厂", credit_code=code(7))
    both = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()), (Role.RESEARCHER, unit))
    page = client_of(both).post(
        reverse("people:organisation-edit", kwargs={"public_id": unit.public_id}),
        form(name="汉江新名轴承厂", credit_code=code(7), version=unit.version),
    )
    assert page.status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.state) == ("汉江新名轴承厂", "entered")


def test_verified_by_an_officer_who_does_not_act_for_it(officer):
    unit = factories.organisation(state="entered", verified_at=None, credit_code=code(7))
    head = factories.actor((Role.UNIT_ADMINISTRATOR, unit))
    both = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()), (Role.RESEARCHER, unit))
    assert allowed(both, unit)["verify"].code == "policy.recused"
    done = perform(actor=officer, record=unit, verb="verify")
    assert done.state == "verified"
    assert done.verified_at is not None
    assert Notification.objects.get().account == head.account


def test_one_without_a_code_says_why_before_it_is_verified(officer):
    unit = factories.organisation(state="entered", verified_at=None)
    with pytest.raises(NotAllowed) as refused:
        perform(actor=officer, record=unit, verb="verify")
    assert refused.value.refusal.code == "organisation.no_code"
    unit.introduction = "境外高校,无统一社会信用代码。"
    unit.save()
    assert perform(actor=officer, record=unit, verb="verify").state == "verified"


def test_its_own_change_of_the_name_is_compared_again_an_officers_is_not(officer):
    unit = factories.organisation("汉江示范轴承有限公司", credit_code=code(1))
    head = factories.actor((Role.UNIT_ADMINISTRATOR, unit))
    edit = reverse("people:organisation-edit", kwargs={"public_id": unit.public_id})
    assert client_of(head).post(edit, form(version=1, introduction="生产高速轴承。")).status_code == 302
    unit.refresh_from_db()
    assert unit.state == "verified", "what it does was not compared with the register"
    assert client_of(officer).post(edit, form(version=2, name="汉江示范精密轴承有限公司")).status_code == 302
    unit.refresh_from_db()
    assert unit.state == "verified"
    assert client_of(head).post(edit, form(version=3, name="汉江轴承股份有限公司")).status_code == 302
    unit.refresh_from_db()
    assert (unit.state, unit.sort_key[:3]) == ("entered", "han")
    shown = client_of(head).get(reverse("people:organisation", kwargs={"public_id": unit.public_id})).content.decode()
    assert "汉江示范精密轴承有限公司" in shown, "the timeline says what it was called"


def test_two_who_change_an_entry_at_once_see_both_texts(officer):
    unit = factories.organisation("汉江示范轴承有限公司", credit_code=code(1))
    edit = reverse("people:organisation-edit", kwargs={"public_id": unit.public_id})
    client = client_of(officer)
    assert client.post(edit, form(version=1, introduction="甲写的。")).status_code == 302
    page = client.post(edit, form(version=1, introduction="乙写的。"))
    assert page.status_code == 409
    assert "甲" in page.content.decode()
    assert "乙" in page.content.decode()


def test_a_merged_entry_is_no_line_of_its_own_and_still_found(officer):
    school, spelling = factories.organisation("江城示范大学（武汉）"), factories.organisation("江城示范大学(武昌)")
    sameness.merge(actor=officer, loser=spelling, winner=school, reason="括号写法不同")
    listed = client_of(officer).get(reverse("people:organisations"), {"name": "武昌"}).content.decode()
    assert "江城示范大学（武汉）" in listed
    assert "江城示范大学(武昌)" not in listed.split("</form>")[-1]
    assert queries.named("江城示范大学(武昌)") == [Organisation.objects.get(pk=school.pk)]
    page = client_of(officer).get(reverse("people:organisation", kwargs={"public_id": spelling.public_id}))
    assert "江城示范大学（武汉）" in page.content.decode()


def test_the_list_asks_as_much_at_100_organisations_as_at_10(officer):
    place = factories.term("prefecture")
    client = client_of(officer)
    for n in range(10):
        factories.organisation(f"十家之{n}", prefecture=place)
    for n in range(100):
        factories.organisation(f"百家之{n}", prefecture=place)
    url = reverse("people:organisations")
    assert_same_queries(lambda words: client.get(url, {"name": words}), "十家", "百家", at_most=15)


def test_the_api_says_the_same(officer):
    unit = factories.organisation("汉江示范轴承有限公司", credit_code=code(1), introduction="生产轴承。")
    unit.names.create(name="汉江轴承厂", name_kind="former")
    found = json.loads(client_of(officer).get(f"/api/v1/organisations/{unit.public_id}").content)
    assert (found["other_names"], found["state"], found["introduction"]) == (["汉江轴承厂"], "verified", "生产轴承。")
    listed = json.loads(client_of(officer).get("/api/v1/organisations", {"name": "轴承厂"}).content)
    assert [one["id"] for one in listed["items"]] == [unit.public_id]


def test_the_directory_says_nothing_to_those_without_a_role(db):
    unit = factories.organisation()
    for url in (reverse("people:organisations"), reverse("people:suggest") + "?q=示范"):
        assert Client().get(url).status_code == 302
    assert Client().get(reverse("people:organisation", kwargs={"public_id": unit.public_id})).status_code == 404
