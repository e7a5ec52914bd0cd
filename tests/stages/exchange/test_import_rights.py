"""What an import may change, and what the timelines of imported records tell, and to whom."""

from datetime import date

import pytest
from django.urls import reverse
from test_import_batches import ROW, check, officer, programme, run, upload, with_options

import factories
from jiandao.kernel.accounts.actor import anonymous, load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.notifications import tell
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.exchange import actions, policy
from jiandao.stages.exchange.importing import storage
from jiandao.stages.exchange.models import Challenge, Need

__all__ = ["officer", "programme"]
SECRET = ROW.replace(",,,", ",工作秘密,2030-01-01,")


@pytest.fixture
def unit(db):
    return factories.organisation("示范公司")


@pytest.fixture
def owner(unit):
    return factories.actor((Role.NEED_OWNER, unit))


def told(by, need):
    """What the timeline of the need shows to somebody, as they are now."""
    fresh = Need.objects.select_related("organisation").get(pk=need.pk)
    return timeline(
        fresh, load_actor(by.account) if by.account else by, read=policy.READ_NEED, history=policy.NEED_HISTORY
    )


def test_an_imported_need_has_a_timeline_and_its_import_is_named(officer, programme, unit, owner):
    batch = upload(officer, programme, ROW, source="s")
    run(officer, with_options(officer, batch, state="submitted", as_they_are=False, mode="skip"))
    run(officer, with_options(officer, upload(officer, programme, ROW, source="s"), state="draft"))
    need = Need.objects.get(source="s")
    (entry,) = told(owner, need)
    assert entry.what in {"import", "导入"}
    assert batch.public_id not in repr(entry)


def test_an_import_that_lowers_the_secrecy_discloses_nothing_of_before(programme, unit, owner):
    officer, colleague = (
        factories.actor((Role.PROGRAMME_OFFICER, programme)),
        factories.actor((Role.NEED_OWNER, unit)),
    )
    run(owner, upload(owner, programme, SECRET, source="s"))
    me = load_actor(owner.account)
    need = Need.objects.get(source="s")
    need = actions.edit_need(actor=me, need=need, expected_version=None, values={"problem": "绝密配方XYZ"})
    need = actions.edit_need(actor=me, need=need, expected_version=None, values={"problem": "缺陷多"})
    run(me, with_options(me, upload(me, programme, ROW.replace(",,,", ",公开,,"), source="s"), empty_clears=True))
    need.refresh_from_db()
    assert need.secrecy == "public"
    assert "XYZ" in repr(told(owner, need))  # who stood on the list still knows
    for who in (colleague, officer, anonymous()):
        assert "XYZ" not in repr(told(who, need))


def test_an_officer_of_the_asking_organisation_changes_nothing_of_its_published_need_by_a_file(programme, unit):
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    run(
        officer, with_options(officer, upload(officer, programme, ROW, source="s"), state="published", as_they_are=True)
    )
    recused = factories.actor((Role.PROGRAMME_OFFICER, programme), (Role.RESEARCHER, unit))
    change = ROW.replace("缺陷多", "缺陷少")
    with pytest.raises(NotAllowed) as refused:
        run(recused, upload(recused, programme, change, source="s"))
    assert refused.value.refusal.code == "import.faulty"
    assert Need.objects.get(source="s").problem == "缺陷多"
    run(officer, with_options(officer, upload(officer, programme, change, source="s"), as_they_are=True))
    assert Need.objects.get(source="s").problem == "缺陷少"


@pytest.mark.parametrize("related", [False, True])
def test_nor_does_an_officer_give_a_need_to_the_own_organisation_or_a_relative_of_it(programme, unit, related):
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    run(
        officer, with_options(officer, upload(officer, programme, ROW, source="s"), state="published", as_they_are=True)
    )
    own = factories.organisation("自己公司")
    mother = factories.organisation("母公司")
    if related:
        factories.tie(own, mother)
    recused = factories.actor((Role.PROGRAMME_OFFICER, programme), (Role.RESEARCHER, mother if related else own))
    with pytest.raises(NotAllowed):
        run(recused, upload(recused, programme, ROW.replace("示范公司", "自己公司"), source="s"))
    assert Need.objects.get(source="s").organisation_id == unit.pk


def test_need_owners_change_their_drafts_by_a_file_but_not_what_was_handed_in(programme, unit, owner):
    run(owner, upload(owner, programme, ROW, source="s"))
    need = Need.objects.get(source="s")
    run(owner, upload(owner, programme, ROW.replace("缺陷多", "缺陷少"), source="s"))
    values = {
        "conditions": "有设备",
        "intellectual_property": "shared",
        "activity_type": "applied-research",
        "direction": factories.term("direction"),
        "field": factories.term("field"),
        "industry": factories.term("industry"),
        "needed_by": date(2028, 1, 1),
    }
    rows = [{"name": "缺陷密度", "comparator": "le", "threshold": 1, "tolerance": None, "stretch": None,
             "unit": "个/cm²", "test_method": "KLA"}]  # fmt: skip
    me = load_actor(owner.account)
    need = actions.edit_need(actor=me, need=need, expected_version=None, values=values, indicators=rows)
    perform(actor=me, record=need, verb="submit")
    with pytest.raises(NotAllowed):
        run(me, upload(me, programme, ROW, source="s"))
    assert Need.objects.get(source="s").problem == "缺陷少"


def test_what_was_published_stays_complete_whatever_a_file_says(programme, unit):
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    factories.need(programme, unit, state="published", source="s", source_id="N1")
    emptied = ROW.replace("缺陷多", "").replace("缺陷密度 ≤ 1 个/cm²", "")
    batch = with_options(officer, upload(officer, programme, emptied, source="s"), empty_clears=True)
    with pytest.raises(NotAllowed):
        run(officer, batch)
    (fault, *_more) = storage.faults_of_batch(batch).read()
    assert fault.code == "row.incomplete"
    assert Need.objects.get(source="s").problem
    as_it_is = with_options(
        officer, upload(officer, programme, emptied, source="s"), empty_clears=True, as_they_are=True, state="published"
    )
    assert run(officer, as_it_is).changed == 1  # an officer may say so


def test_the_message_about_imported_needs_leads_to_the_import(programme, unit, owner):
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    batch = upload(owner, programme, ROW, source="s")
    check(owner, batch)
    facts = {"count": 1, "title": "s"}
    tell(accounts=[officer.account], code="exchange.import.submitted", record=batch, actor=owner, facts=facts)
    told = Notification.objects.get(account=officer.account)
    client = factories.english_client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    answer = client.get(reverse("message", kwargs={"number": told.pk}), follow=True)
    assert answer.status_code == 200
    assert batch.public_id in answer.redirect_chain[-1][0]


def test_a_challenge_follows_its_need_when_an_import_corrects_or_closes_that(officer, programme, unit):
    def imported(row):
        run(
            officer,
            with_options(officer, upload(officer, programme, row, source="s"), state="published", as_they_are=True),
        )

    imported(ROW)
    challenge = Challenge.objects.get()
    reworded = Challenge.objects.filter(pk=challenge.pk)
    reworded.update(title="办公室改过的题目")
    imported(ROW.replace("2027-11-30", "2028-11-30").replace("缺陷多", "缺陷很多").replace("碳化硅外延,", "外延片,"))
    challenge.refresh_from_db()
    need = Need.objects.get()
    assert (need.title, challenge.title) == ("外延片", "办公室改过的题目"), "what officers worded stays"
    assert (challenge.deadline, challenge.text) == (date(2028, 11, 30), "缺陷很多")
    imported(ROW.replace("2027-11-30,,,", "2028-11-30,内部,,"))
    challenge.refresh_from_db()
    assert (Need.objects.get().secrecy, challenge.secrecy) == ("internal", "internal")
    address = reverse("exchange:challenge", kwargs={"programme": programme.slug, "public_id": challenge.public_id})
    assert factories.english_client().get(address).status_code == 404
