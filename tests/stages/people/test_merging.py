"""One organisation under two names: proposed once, merged with a reason, undone, never two legal persons."""

import pytest
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.forms import NeedForm
from jiandao.stages.exchange.models import Need
from jiandao.stages.people import actions, duplicates
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


def test_two_codes_are_two_legal_persons_over_any_chain_of_merges(officer):
    one, between, other = (factories.organisation(credit_code=one) for one in (code(1), None, code(2)))
    perform(actor=officer, record=factories.proposal(one, between), verb="keep-first", reason="同一单位")
    found = MergeProposal.objects.get(pk=factories.proposal(between, other).pk)
    assert code(1) in allowed(officer, found)["keep-first"].sentence
    for verb in ("keep-first", "keep-second"):
        with pytest.raises(NotAllowed) as refused:
            perform(actor=officer, record=found, verb=verb, reason="同一单位")
        assert refused.value.refusal.code == "merge.codes_differ"
    assert Organisation.objects.get(pk=other.pk).canonical_id is None


def edited(client, organisation, **more):
    sent = {
        "name": organisation.name, "organisation_kind": "enterprise", "credit_code": "", "website": "", "introduction": "",
        "name_en": "", "prefecture": "", "version": organisation.version, "names-TOTAL_FORMS": "0",
        "names-INITIAL_FORMS": "0",
    } | more  # fmt: skip
    return client.post(reverse("people:organisation-edit", kwargs={"public_id": organisation.public_id}), sent)


def test_an_entry_takes_no_second_code_after_it_was_merged(officer):
    one, other = factories.organisation("江城示范厂", credit_code=code(1)), factories.organisation("江城示范工厂")
    perform(actor=officer, record=factories.proposal(one, other), verb="keep-first", reason="同一单位")
    client = client_of(officer)
    page = edited(client, other, credit_code=code(2))
    assert page.status_code == 422
    assert "“江城示范厂”" in page.content.decode(), "it says which entry has another code"
    with pytest.raises(NotAllowed) as refused:
        actions.edit_organisation(
            actor=officer, organisation=other, expected_version=other.version, values={"credit_code": code(2)}
        )
    assert refused.value.refusal.code == "organisation.two_codes"
    assert Organisation.objects.get(pk=other.pk).credit_code is None


def test_the_code_of_a_merged_entry_counts_for_the_canonical_one(officer):
    kept = factories.organisation("江城示范大学", state="entered", verified_at=None)
    merged = factories.organisation("江城示范大学(总部)", credit_code=code(1))
    assert allowed(officer, kept)["verify"].code == "organisation.no_code"
    proposal = perform(actor=officer, record=factories.proposal(kept, merged), verb="keep-first", reason="同一所大学")
    client = client_of(officer)
    for url in (
        reverse("people:organisations"),
        reverse("people:organisation", kwargs={"public_id": kept.public_id}),
        reverse("people:organisation-edit", kwargs={"public_id": kept.public_id}),
    ):
        assert code(1) in client.get(url).content.decode(), url
    kept = Organisation.objects.get(pk=kept.pk)
    assert edited(client, kept, credit_code=code(1)).status_code == 302, (
        "typed again it is the code that counts already"
    )
    kept = perform(actor=officer, record=Organisation.objects.get(pk=kept.pk), verb="verify")
    assert (kept.state, kept.credit_code) == ("verified", None)
    perform(actor=officer, record=proposal, verb="undo", reason="两所大学")
    assert Organisation.objects.get(pk=merged.pk).credit_code == code(1), (
        "an undoing leaves the code where it was entered"
    )


def spellings():
    """Two entries with like names, and a third that resembles neither."""
    return tuple(factories.organisation(name) for name in ("楚天研究院", "江城示范大学", "江城示範大学"))


def test_a_pair_that_was_refused_does_not_come_back_under_another_spelling(officer):
    former, one, other = spellings()
    refused = perform(actor=officer, record=factories.proposal(one, other), verb="refuse", reason="两所大学")
    perform(actor=officer, record=factories.proposal(former, one), verb="keep-first", reason="改名")
    assert duplicates.seek_nightly() == 0
    assert not MergeProposal.objects.filter(state="open").exists()
    assert actions.propose_merge(actor=officer, organisation=former, other=other) == refused


def test_what_other_merges_have_made_one_is_not_open_any_more_and_is_again_after_their_undoing(officer):
    a, b, c = (factories.organisation(name) for name in ("甲厂", "乙厂", "丙厂"))
    ab, bc, ac = factories.proposal(a, b), factories.proposal(b, c), factories.proposal(a, c)
    ab = perform(actor=officer, record=ab, verb="keep-first", reason="同一单位")
    perform(actor=officer, record=bc, verb="keep-first", reason="同一单位")
    client = client_of(officer)
    open_ones = reverse("people:proposals"), {"state": "open"}
    page = reverse("people:proposal", kwargs={"public_id": ac.public_id})
    assert "丙厂" not in client.get(*open_ones).content.decode()
    assert "one already" in client.get(page).content.decode()
    again = MergeProposal.objects.get(pk=ac.pk)
    assert {verb: answer.code for verb, answer in allowed(officer, again).items()} == dict.fromkeys(
        ("keep-first", "keep-second", "refuse", "undo"), "lifecycle.state"
    )
    perform(actor=officer, record=ab, verb="undo", reason="两家")
    assert "丙厂" in client.get(*open_ones).content.decode()
    assert allowed(officer, MergeProposal.objects.get(pk=ac.pk))["refuse"]


def test_a_certificate_stays_with_the_entry_that_it_was_entered_for(officer):
    kept, merged = factories.organisation("江城示范大学"), factories.organisation("江城示范大学(总部)")
    certificate = factories.certificate(merged)
    head = factories.actor((Role.UNIT_ADMINISTRATOR, merged))
    proposal = perform(actor=officer, record=factories.proposal(kept, merged), verb="keep-first", reason="同一所大学")
    client = client_of(head)
    url = reverse("people:certificate-edit", kwargs={"public_id": certificate.public_id})
    assert "江城示范大学(总部)" in client.get(url).content.decode()
    values = {"certificate_kind": "high-tech", "title": "改过的名称", "number": "", "issuer": "", "issued_on": ""}
    sent = values | {"valid_until": "", "organisation": merged.pk, "version": certificate.version}
    assert client.post(url, sent).status_code == 302
    perform(actor=officer, record=proposal, verb="undo", reason="两所大学")
    certificate.refresh_from_db()
    assert (certificate.title, certificate.organisation) == ("改过的名称", merged)


def test_a_need_stays_with_the_entry_that_it_was_entered_for(officer):
    kept, merged = factories.organisation("江城示范公司"), factories.organisation("江城示范公司(总部)")
    need = factories.need(factories.programme(), merged)
    owner = factories.actor((Role.NEED_OWNER, merged))
    perform(actor=officer, record=factories.proposal(kept, merged), verb="keep-first", reason="同一家公司")
    with in_programme(need.programme):
        form = NeedForm(instance=need, actor=load_actor(owner.account))
        assert list(form.fields["organisation"].queryset) == [merged]


def test_the_list_of_proposals_asks_as_much_at_100_as_at_10(officer):
    place = factories.term("prefecture")
    head = factories.organisation("集团本部")
    for word, count in (("十家", 10), ("百家", 100)):
        for number in range(count):
            one = factories.organisation(f"{word}之{number}", prefecture=place)
            other = factories.organisation(f"{word}又{number}", state="entered", verified_at=None)
            if number % 5 == 0:  # both were merged into a third: settled
                Organisation.objects.filter(pk__in=[one.pk, other.pk]).update(canonical=head)
            state = ("open", "refused", "undone")[number % 3]
            factories.proposal(one, other, state=state, score=number / count)
    client = client_of(officer)
    url = reverse("people:proposals")
    assert_same_queries(lambda word: client.get(url, {"name": word, "per_page": 100}), "十家", "百家", at_most=15)
    for state in ("open", "settled"):
        assert_same_queries(
            lambda word, state=state: client.get(url, {"name": word, "state": state}), "十家", "百家", at_most=15
        )


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
