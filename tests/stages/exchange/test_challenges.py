"""Triage: form check, technology check, then a challenge, a merge, a return or a refusal; each drop keeps its cause."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError, ProgrammingError
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange import actions, funnel, policy
from jiandao.stages.exchange.models import Challenge, ChallengeSource, Need, TechnologyCheck


class Scene:
    def __init__(self):
        self.programme, self.enterprise = factories.programme(), factories.organisation("江汉轴承有限公司")
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme))
        self.department = factories.actor((Role.DEPARTMENT, self.programme))
        self.owner = factories.actor((Role.NEED_OWNER, self.enterprise))

    def need(self, **more):
        return factories.need(self.programme, self.enterprise, **{"state": "submitted", "complete": True} | more)

    def assessed(self, **more):
        need = perform(actor=self.officer, record=self.need(**more), verb="pass")
        factories.assess(need, self.department)
        return Need.everywhere().get(pk=need.pk)

    def client(self, actor):
        client = factories.english_client()
        if actor is not None:
            client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
        return client

    def url(self, name, record=None, **more):
        more |= {"public_id": record.public_id} if record is not None else {}
        return reverse(f"exchange:{name}", kwargs={"programme": self.programme.slug} | more)


@pytest.fixture
def scene(db):
    return Scene()


def sources(challenge):
    return ChallengeSource.objects.with_scopes_disabled().filter(challenge=challenge).order_by("id")


def only_challenge():
    return Challenge.everywhere().get()


def test_nothing_is_published_that_the_department_has_not_looked_at(scene):
    need = perform(actor=scene.officer, record=scene.need(), verb="pass")
    assert Notification.objects.filter(account=scene.department.account, code="need.pass").exists()
    with pytest.raises(NotAllowed) as refused:
        perform(actor=scene.officer, record=need, verb="publish")
    assert refused.value.refusal.code == "need.not_assessed"
    factories.assess(need, scene.department)
    assert Notification.objects.filter(account=scene.officer.account, code="need.assess").exists()
    need = perform(actor=scene.officer, record=need, verb="publish")
    made = only_challenge()
    assert (made.title, made.state, made.issuer) == (need.title, "published", scene.enterprise)
    with in_programme(scene.programme):
        assert [str(one) for one in made.indicators.all()] == [str(one) for one in need.indicators.all()]
    assert [(one.need, one.how) for one in sources(made)] == [(need, "origin")]


def test_what_was_returned_after_the_check_is_checked_again(scene):
    need = scene.assessed()
    need = perform(actor=scene.officer, record=need, verb="return", reason="补充指标", cause="return.indicators")
    need = perform(actor=scene.owner, record=need, verb="submit")
    need = perform(actor=scene.officer, record=need, verb="pass")
    assert allowed(load_actor(scene.officer.account), need)["publish"].code == "need.not_assessed"


def test_a_unit_that_nobody_verified_is_not_published(scene):
    scene.enterprise.state, scene.enterprise.verified_at = "entered", None
    scene.enterprise.save()
    answer = allowed(load_actor(scene.officer.account), scene.assessed())["publish"]
    assert answer.code == "need.unit_not_verified"


def test_a_challenge_is_condensed_worded_and_published_with_its_need(scene):
    need, same = scene.assessed(), scene.need(title="外延缺陷密度偏高")
    client = scene.client(scene.officer)
    page = client.post(scene.url("need-condense", need))
    made = only_challenge()
    assert page["Location"] == scene.url("challenge-edit", made)
    assert client.post(scene.url("need-condense", need))["Location"] == page["Location"], "once"
    values = {
        "version": made.version, "title": "8英寸碳化硅外延缺陷控制", "language": "zh", "text": "凝练后的表述。",
        "secrecy": "public",
        "deadline": (clock.today() + timedelta(days=90)).isoformat(), "issuer_shown": "on",
        "indicators-TOTAL_FORMS": "1", "indicators-INITIAL_FORMS": "0", "indicators-0-name": "缺陷密度",
        "indicators-0-comparator": "le", "indicators-0-threshold": "0.5", "indicators-0-unit": "个/cm²",
        "indicators-0-test_method": "KLA",
    }  # fmt: skip
    assert client.post(scene.url("challenge-edit", made), values).status_code == 302
    merged = client.post(
        scene.url("need-merge", same), {"version": same.version, "challenge": made.public_id, "reason": "同一问题"}
    )
    assert merged.status_code == 302
    assert scene.client(None).get(scene.url("challenge", made)).status_code == 404, "a draft is the office's"
    assert client.post(scene.url("challenge-do", made, verb="publish"), {"version": 2}).status_code == 302
    need.refresh_from_db()
    same.refresh_from_db()
    assert (need.state, same.state, same.drop_cause) == ("published", "merged", "merged")
    assert [(one.need, one.how) for one in sources(made)] == [(need, "origin"), (same, "merged")]
    shown = scene.client(None).get(scene.url("challenge", made)).content.decode()
    assert "凝练后的表述。" in shown
    assert "外延缺陷密度偏高" not in shown, "where it came from is for the office"
    assert "外延缺陷密度偏高" in client.get(scene.url("challenge", made)).content.decode()
    told = Notification.objects.filter(account=scene.owner.account).values_list("code", flat=True)
    assert {"need.merge", "need.publish"} <= set(told)
    lineage = scene.client(scene.owner).get(scene.url("need", same)).content.decode()
    assert "8英寸碳化硅外延缺陷控制" in lineage, "the asker sees what became of it"


def test_merging_names_a_challenge_that_is_there(scene):
    need = scene.need()
    gone = factories.challenge(scene.programme, scene.enterprise, state="withdrawn")
    elsewhere = factories.challenge(factories.programme(), scene.enterprise)
    client = scene.client(scene.officer)
    for wrong in (gone.public_id, elsewhere.public_id, "不存在的榜题"):
        page = client.post(scene.url("need-merge", need), {"version": 1, "challenge": wrong, "reason": "同一问题"})
        assert page.status_code == 422, wrong
        assert "同一问题" in page.content.decode(), "nothing typed is lost"
    with pytest.raises(NotAllowed) as refused:  # a button without a page
        perform(actor=scene.officer, record=need, verb="merge", reason="同一问题")
    assert refused.value.refusal.code == "need.no_challenge"
    need.refresh_from_db()
    assert need.state == "submitted"


def test_a_merged_need_comes_back_when_its_challenge_is_withdrawn(scene):
    into = factories.challenge(scene.programme, scene.enterprise)
    need = perform(
        actor=scene.officer, record=scene.need(), verb="merge", reason="同一问题", facts={"challenge": into.public_id}
    )
    assert allowed(load_actor(scene.owner.account), need)["reopen"].code == "need.in_a_challenge"
    perform(actor=scene.officer, record=into, verb="withdraw", reason="发榜单位撤回")
    assert perform(actor=scene.owner, record=need, verb="reopen").state == "draft"


def test_with_its_need_goes_a_challenge_that_nobody_else_joined(scene):
    alone = perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    perform(actor=scene.owner, record=alone, verb="withdraw", reason="已自行解决")
    assert only_challenge().state == "withdrawn"
    joined = perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    with in_programme(scene.programme):
        into = Challenge.objects.get(sources__need=joined)
    perform(actor=scene.officer, record=scene.need(), verb="merge", reason="同", facts={"challenge": into.public_id})
    perform(actor=scene.owner, record=joined, verb="withdraw", reason="已自行解决")
    assert Challenge.everywhere().get(pk=into.pk).state == "published", "others ask for the same"


def test_a_need_to_know_need_is_published_to_its_list_and_makes_no_challenge(scene):
    known = [scene.officer.account, scene.department.account, scene.owner.account]
    need = scene.assessed(secrecy=Level.WORK_SECRET, knowers=known)
    assert not policy.CONDENSE.decide(load_actor(scene.officer.account), need)
    assert perform(actor=load_actor(scene.officer.account), record=need, verb="publish").state == "published"
    assert not Challenge.everywhere().exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.challenge(scene.programme, scene.enterprise, secrecy=Level.WORK_SECRET)


def test_an_organisation_that_is_not_named_stays_unnamed_everywhere(scene):
    need = perform(actor=scene.officer, record=scene.assessed(anonymous=True), verb="publish")
    made = only_challenge()
    stranger = factories.actor((Role.RESEARCHER, factories.organisation()))
    for who in (None, stranger):
        client = scene.client(who)
        assert client.get(scene.url("need", need)).status_code == 404
        addresses = [
            scene.url("challenges"), scene.url("challenge", made), scene.url("challenge-feed"),
            scene.url("challenge-deadlines"), scene.url("challenge-export", form="csv"), scene.url("needs"),
            scene.url("need-feed"), f"/api/v1/p/{scene.programme.slug}/challenges",
            f"/api/v1/p/{scene.programme.slug}/challenges/{made.public_id}",
            reverse("search", kwargs={"programme": scene.programme.slug}) + f"?q={made.title[:6]}",
        ]  # fmt: skip
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            text = b"".join(answer).decode()
            assert scene.enterprise.name not in text, address
            assert scene.enterprise.public_id not in text, address
    assert scene.enterprise.name in scene.client(scene.officer).get(scene.url("challenge", made)).content.decode()


def test_what_a_department_said_is_not_changed_afterwards(scene):
    scene.assessed()
    check = TechnologyCheck.objects.with_scopes_disabled().get()
    check.note = "改口"
    with pytest.raises((InternalError, ProgrammingError, IntegrityError)), transaction.atomic():
        check.save()


def test_the_check_says_where_and_ticks_the_results_that_answer(scene):
    need = perform(actor=scene.officer, record=scene.need(), verb="pass")
    client = scene.client(scene.department)
    url = scene.url("need-assess", need)
    page = client.post(url, {"version": 2, "verdict": "abroad", "note": "仅国外有成熟产品。"})
    assert page.status_code == 422
    assert "It exists: say where." in page.content.decode()
    assert client.post(url, {"version": 1, "verdict": "nowhere", "note": "无"}).status_code == 422, "stale"
    values = {"version": 2, "verdict": "abroad", "where": "日本某企业", "note": "仅国外有成熟产品。"}
    assert client.post(url, values).status_code == 302
    shown = scene.client(scene.owner).get(scene.url("need", need)).content.decode()
    assert "日本某企业" in shown
    assert "仅国外有成熟产品。" in shown
    entry = journal.timeline(need.kind, need.pk)[0]
    assert (entry.verb, entry.facts["verdict"], entry.role) == ("assess", "abroad", "department")


def test_an_officer_of_the_issuer_words_and_publishes_nothing(scene):
    both = factories.actor((Role.PROGRAMME_OFFICER, scene.programme), (Role.NEED_OWNER, scene.enterprise))
    draft = factories.challenge(scene.programme, scene.enterprise, state="draft")
    assert policy.EDIT_CHALLENGE.decide(both, draft).code == "policy.recused"
    assert allowed(both, draft)["publish"].code == "policy.recused"
    with pytest.raises(NotAllowed):
        actions.condense(actor=both, need=scene.assessed())


def test_the_funnel_counts_each_step_and_keeps_why_the_others_dropped_out(scene):
    field, other = factories.term("field"), factories.term("direction")
    wuhan = factories.term("prefecture")
    scene.enterprise.prefecture = wuhan
    scene.enterprise.save()
    scene.need(state="draft")
    perform(actor=scene.owner, record=scene.need(state="draft"), verb="submit")
    returned = perform(actor=scene.owner, record=scene.need(state="draft"), verb="submit")
    perform(actor=scene.officer, record=returned, verb="return", reason="指标不清", cause="return.indicators")
    rejected = perform(actor=scene.owner, record=scene.need(state="draft"), verb="submit")
    perform(actor=scene.officer, record=rejected, verb="reject", reason="市场有售", cause="reject.exists")
    through = perform(actor=scene.owner, record=scene.need(state="draft"), verb="submit")
    factories.triaged(through, scene.officer)
    with in_programme(scene.programme):
        needs = funnel.needs_in(load_actor(scene.officer.account))
        whole = funnel.counted(needs)
        assert list(whole.counts.values()) == [4, 4, 1, 1, 1]
        assert (whole.dropped["returned"], whole.dropped["rejected"]) == (1, 1)
        assert set(funnel.causes(funnel.drops(needs))) == {
            ("returned", "return.indicators", 1),
            ("rejected", "reject.exists", 1),
        }
        for cut, key in {"field": field.pk, "direction": other.pk, "prefecture": wuhan.pk}.items():
            (line,) = funnel.by(needs, cut)
            assert (line.key, line.counts) == (key, whole.counts), cut
        (month,) = funnel.by(needs, "month")
        assert month.key.strftime("%Y-%m") == clock.today().strftime("%Y-%m")
        strangers = funnel.needs_in(factories.actor((Role.PROGRAMME_OFFICER, factories.programme())))
        assert funnel.counted(strangers).counts["entered"] == 1, "a number is counted through the viewer's own rule"
    client = scene.client(scene.officer)
    for cut in funnel.CUTS:
        assert client.get(scene.url("funnel"), {"cut": cut}).status_code == 200
    page = client.get(scene.url("funnel")).content.decode()
    assert "the technology exists and can be bought" in page
    assert "drop_cause=reject.exists" in page
    listed = client.get(scene.url("needs"), {"reached": "form-passed"}).content.decode()
    assert listed.count("jd-badge") >= 1
    assert through.title in listed
    assert rejected.title not in listed
    caused = client.get(scene.url("needs"), {"drop_cause": "reject.exists"}).content.decode()
    assert rejected.title in caused
    assert through.title not in caused


def test_lists_and_pages_ask_as_much_at_100_as_at_10(db):
    few, many = Scene(), Scene()
    for scene, count in ((few, 10), (many, 100)):
        for n in range(count):
            factories.challenge(scene.programme, scene.enterprise, state=("published", "draft", "solved")[n % 3])
    readers = {scene: (scene.client(scene.officer), scene.client(None)) for scene in (few, many)}
    assert_same_queries(lambda scene: readers[scene][0].get(scene.url("challenges")), few, many, at_most=15)
    assert_same_queries(lambda scene: readers[scene][0].get(scene.url("funnel")), few, many, at_most=12)
    assert_same_queries(lambda scene: readers[scene][1].get(scene.url("challenges")), few, many, at_most=8)


def test_an_expired_need_that_is_taken_up_again_is_published_with_a_new_challenge(scene):
    need = perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    with clock.frozen(clock.now() + timedelta(days=400)):
        owner = load_actor(scene.owner.account)
        need = perform(actor=owner, record=need, verb="reopen")
        later = {"deadline": clock.today() + timedelta(days=50), "needed_by": clock.today() + timedelta(days=90)}
        need = actions.edit_need(actor=owner, need=need, expected_version=need.version, values=later)
        need = perform(actor=owner, record=need, verb="submit")
        factories.triaged(need, load_actor(scene.officer.account))
        first, second = Challenge.everywhere().order_by("pk")
        assert (first.deadline < clock.today(), second.state) == (True, "published")
        assert second.deadline == later["deadline"]


def test_a_need_is_not_published_beside_the_challenge_that_is_worded_from_it(scene):
    need = scene.assessed()
    with in_programme(scene.programme):
        challenge = actions.condense(actor=scene.officer, need=need)
    with pytest.raises(NotAllowed, match=r"need\.being_worded"):
        perform(actor=load_actor(scene.officer.account), record=need, verb="publish")
    perform(actor=load_actor(scene.officer.account), record=challenge, verb="publish")
    need.refresh_from_db()
    assert need.state == "published"
    assert only_challenge() == challenge


@pytest.mark.parametrize("verb", ["reject", "merge"])
def test_a_draft_goes_with_its_need(scene, verb):
    need, other = scene.assessed(), factories.challenge(scene.programme, scene.enterprise)
    with in_programme(scene.programme):
        draft = actions.condense(actor=scene.officer, need=need)
    more = {"cause": "reject.exists"} if verb == "reject" else {"facts": {"challenge": other.public_id}}
    perform(actor=load_actor(scene.officer.account), record=need, verb=verb, reason="已有", **more)
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    assert journal.timeline(Challenge.kind, draft.pk)[0].rule == policy.CHECK_NEED.code


def test_a_need_does_not_join_the_challenge_that_was_made_from_it(scene):
    need = scene.assessed()
    with in_programme(scene.programme):
        draft = actions.condense(actor=scene.officer, need=need)
    client, url = scene.client(scene.officer), scene.url("need-merge", need)
    page = client.post(url, {"version": need.version, "challenge": draft.public_id, "reason": "同一问题"})
    assert page.status_code == 422
    assert "was made from the need itself" in page.content.decode()
    need.refresh_from_db()
    assert need.state == "assessing"


@pytest.mark.parametrize(
    ("wish", "field", "value", "code", "sentence"),
    [
        ({"anonymous": True}, "issuer_shown", True, "challenge.not_named", "does not want to be named"),
        ({"secrecy": Level.INTERNAL}, "secrecy", "public", "challenge.too_open", "The need behind it is internal"),
    ],
)
def test_the_wording_tells_no_more_than_the_organisation_wished(scene, wish, field, value, code, sentence):
    with in_programme(scene.programme):
        draft = actions.condense(actor=scene.officer, need=scene.assessed(**wish))
        with pytest.raises(NotAllowed, match=code):
            actions.edit_challenge(
                actor=scene.officer, challenge=draft, expected_version=draft.version, values={field: value}
            )
    sent = {
        "version": draft.version, "title": draft.title, "language": "zh", "text": "说明", "deadline": draft.deadline,
        "secrecy": draft.secrecy, **({"issuer_shown": "on"} if draft.issuer_shown else {}),
    }  # fmt: skip
    page = scene.client(scene.officer).post(scene.url("challenge-edit", draft), {**sent, field: value}).content.decode()
    assert sentence in page
    Challenge.everywhere().filter(pk=draft.pk).update(**{field: value})  # as it may be when the need was returned
    with pytest.raises(NotAllowed, match=code):
        perform(actor=load_actor(scene.officer.account), record=only_challenge(), verb="publish")


def test_the_month_of_a_need_is_that_of_its_first_submission_and_an_old_cause_is_not_told_of_a_withdrawal(scene):
    need = perform(actor=scene.owner, record=scene.need(state="draft"), verb="submit")
    month = clock.today().strftime("%Y-%m")
    need = perform(actor=scene.officer, record=need, verb="return", reason="不清", cause="return.vague")
    with clock.frozen(clock.now() + timedelta(days=40)):
        need = perform(actor=load_actor(scene.owner.account), record=need, verb="submit")
        perform(actor=load_actor(scene.owner.account), record=need, verb="withdraw", reason="自行解决")
        with in_programme(scene.programme):
            needs = funnel.needs_in(load_actor(scene.officer.account))
            assert [line.key.strftime("%Y-%m") for line in funnel.by(needs, "month")] == [month]
            assert [(one.state, one.cause) for one in funnel.drops(needs)] == [("withdrawn", "")]


def joined(scene, challenge):
    """Another firm whose need joined the challenge, and its need owner."""
    firm = factories.organisation()
    owner = factories.actor((Role.NEED_OWNER, firm))
    need = factories.need(scene.programme, firm, state="submitted")
    perform(actor=scene.officer, record=need, verb="merge", reason="同题", facts={"challenge": challenge.public_id})
    return owner, Need.everywhere().get(pk=need.pk)


def test_a_challenge_that_outlived_its_need_keeps_the_wishes_with_which_it_comes_back(scene):
    need = perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    challenge = only_challenge()
    joined(scene, challenge)
    owner = factories.reloaded(scene.owner)
    with in_programme(scene.programme):
        need = perform(actor=owner, record=need, verb="withdraw", reason="改一下")
        need = perform(actor=owner, record=need, verb="reopen")
        wishes = {"anonymous": True, "secrecy": "internal"}
        need = actions.edit_need(actor=owner, need=need, expected_version=need.version, values=wishes)
        need = perform(actor=owner, record=need, verb="submit")
        factories.triaged(need, scene.officer)
    challenge = only_challenge()
    assert (challenge.state, challenge.issuer_shown, challenge.secrecy) == ("published", False, "internal")
    assert scene.client(None).get(scene.url("challenge", challenge)).status_code == 404
    assert journal.timeline(challenge.kind, challenge.pk, 1)[0].verb == "follow"


@pytest.mark.parametrize("verb", ["withdraw", "solve"])
def test_everybody_whose_need_is_in_a_challenge_is_told_of_its_end(scene, verb):
    perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    challenge = only_challenge()
    other, _need = joined(scene, challenge)
    perform(actor=scene.officer, record=challenge, verb=verb, reason="有人做了")
    told = Notification.objects.filter(code=f"challenge.{verb}").values_list("account", flat=True)
    assert set(told) == {scene.owner.account_id, other.account_id}


def test_when_a_need_becomes_secret_those_who_joined_its_challenge_are_told_and_go_on(scene):
    need = perform(actor=scene.officer, record=scene.assessed(), verb="publish")
    challenge = only_challenge()
    other, theirs = joined(scene, challenge)
    owner = factories.reloaded(scene.owner)
    with in_programme(scene.programme):
        need = perform(actor=owner, record=need, verb="withdraw", reason="改一下")
        need = perform(actor=owner, record=need, verb="reopen")
        secret = {"secrecy": "trade-secret", "secret_until": clock.today() + timedelta(days=900)}
        actions.edit_need(actor=owner, need=need, expected_version=need.version, values=secret)
    assert only_challenge().state == "withdrawn"
    assert Notification.objects.get(code="challenge.withdraw").account == other.account
    assert allowed(factories.reloaded(other), theirs)["reopen"]


def test_a_secret_need_that_joins_leaves_no_trace_for_those_off_its_list(scene):
    challenge = factories.challenge(scene.programme, scene.enterprise)
    knower = factories.actor((Role.PROGRAMME_OFFICER, scene.programme))
    secret = factories.need(
        scene.programme, factories.organisation(), state="submitted", secrecy="trade-secret",
        secret_until=clock.today() + timedelta(days=300), knowers=[knower.account],
    )  # fmt: skip
    with in_programme(scene.programme):
        perform(
            actor=factories.reloaded(knower), record=secret, verb="merge", reason="同题",
            facts={"challenge": challenge.public_id},
        )  # fmt: skip
    api = f"/api/v1/p/{scene.programme.slug}/challenges/{challenge.public_id}"
    for address in (scene.url("challenge", challenge), api):
        assert secret.public_id not in scene.client(scene.officer).get(address).content.decode()
    assert secret.public_id in scene.client(knower).get(scene.url("challenge", challenge)).content.decode()
