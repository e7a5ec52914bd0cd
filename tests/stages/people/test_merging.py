"""One organisation under two names: proposed once, merged with a reason, undone, never two legal persons."""

import pytest
from django.urls import reverse

import factories
from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.models import Need
from jiandao.stages.people import actions
from jiandao.stages.people.models import MergeProposal, Organisation
from stages.people.test_directory import client_of, code


@pytest.fixture
def officer(db):
    return factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))


def test_proposed_on_the_page_of_one_of_them_and_merged_undone_and_refused(officer):
    school, spelling = factories.organisation("江城示范大学（武汉）"), factories.organisation("江城示范大学(武汉)")
    client = client_of(officer)
    propose = reverse("people:propose-merge", kwargs={"public_id": spelling.public_id})
    page = client.post(propose, {"other": school.name, "note": "全角与半角括号"})
    found = MergeProposal.objects.get()
    assert page["Location"] == reverse("people:proposal", kwargs={"public_id": found.public_id})
    again = client.post(propose, {"other": school.public_id, "note": "再提一次"})
    assert (again["Location"], MergeProposal.objects.count()) == (page["Location"], 1)
    do = reverse("people:proposal-do", kwargs={"public_id": found.public_id, "verb": "keep-first"})
    assert client.post(do, {"version": 1}).status_code == 403, "without a reason nothing is merged"
    assert client.post(do, {"version": 1, "reason": "同一所大学"}).status_code == 302
    spelling.refresh_from_db()
    assert spelling.same_id == school.pk
    shown = client.get(page["Location"]).content.decode()
    assert "全角与半角括号" in shown
    assert "同一所大学" in shown
    for one in (school, spelling):
        assert journal.timeline(one.kind, one.pk)[0].verb == "merge"
    undo = reverse("people:proposal-do", kwargs={"public_id": found.public_id, "verb": "undo"})
    assert client.post(undo, {"version": 2, "reason": "其实是两个校区"}).status_code == 302
    spelling.refresh_from_db()
    assert spelling.same_id == spelling.pk
    refuse = reverse("people:proposal-do", kwargs={"public_id": found.public_id, "verb": "refuse"})
    assert client.post(refuse, {"version": 3, "reason": "两个法人"}).status_code == 302
    assert client.post(propose, {"other": school.name, "note": "又来"})["Location"] == page["Location"]


def test_the_second_may_be_kept_and_a_merge_may_be_made_again_after_it_was_undone(officer):
    older, newer = factories.organisation(), factories.organisation()
    found = factories.proposal(older, newer)
    found = perform(actor=officer, record=found, verb="keep-second", reason="新名称已登记")
    older.refresh_from_db()
    assert older.same_id == newer.pk
    found = perform(actor=officer, record=found, verb="undo", reason="核对")
    perform(actor=officer, record=found, verb="keep-first", reason="以旧名为准")
    newer.refresh_from_db()
    assert newer.same_id == older.pk


def test_two_codes_are_two_legal_persons(officer):
    one, other = factories.organisation(credit_code=code(1)), factories.organisation(credit_code=code(2))
    found = factories.proposal(one, other)
    for verb in ("keep-first", "keep-second"):
        with pytest.raises(NotAllowed) as refused:
            perform(actor=officer, record=found, verb=verb, reason="名称相同")
        assert refused.value.refusal.code == "merge.codes_differ"
    assert MergeProposal.objects.get().state == "open"


def test_nobody_decides_about_the_own_organisation(db):
    one, other = factories.organisation(), factories.organisation()
    inside = factories.programme()
    found = factories.proposal(one, other)
    both = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.NEED_OWNER, other))
    assert {answer.code for answer in allowed(both, found).values()} == {"policy.recused"}
    head = factories.actor((Role.UNIT_ADMINISTRATOR, one))
    assert actions.propose_merge(actor=head, organisation=one, other=other) == found
    with pytest.raises(NotAllowed):
        actions.propose_merge(actor=head, organisation=other, other=one)


def test_recusal_follows_the_merge_and_its_undoing(officer):
    """Equality of a recusal before, during and after."""
    inside = factories.programme()
    school, spelling = factories.organisation(), factories.organisation()
    colleague = factories.actor((Role.PROGRAMME_OFFICER, inside), (Role.RESEARCHER, spelling))
    need = factories.need(inside, school, state="submitted")

    def answer():
        again = Need.everywhere().select_related("organisation").get(pk=need.pk)
        return bool(exchange.CHECK_NEED.decide(load_actor(colleague.account), again))

    assert answer()
    found = perform(actor=officer, record=factories.proposal(school, spelling), verb="keep-first", reason="同一所大学")
    assert not answer()
    perform(actor=officer, record=found, verb="undo", reason="两所大学")
    assert answer()


def test_what_was_merged_meanwhile_is_said(officer):
    first, second, third = (factories.organisation() for _ in range(3))
    perform(actor=officer, record=factories.proposal(first, second), verb="keep-first", reason="同一单位")
    again = factories.proposal(second, third)
    with pytest.raises(NotAllowed) as refused:
        perform(actor=officer, record=again, verb="keep-second", reason="同一单位")
    assert refused.value.refusal.code == "sameness.already_merged"
    assert Organisation.objects.get(pk=third.pk).canonical_id is None
