"""Supply speaks: results are offered where they fit, to those who asked for it, once; a no is kept and respected."""

from datetime import timedelta

import pytest
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import clock, journal, sameness
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.follower import follow, rebuild
from jiandao.stages.exchange import actions as exchange
from jiandao.stages.exchange.models import Introduction, Offer, OfferWish, ResearchResult, SetAside, WaitingOffer
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.exchange.offers.pushing import push
from jiandao.stages.people.models import Membership, Person

NOISE = ("中药饮片质量检测", "茶叶杀青机改造", "桥梁缆索防腐涂层", "水稻机插秧盘", "船用柴油机尾气处理")


class Scene:
    def __init__(self):
        self.programme = factories.programme()
        self.firm, self.university = factories.organisation("示例公司"), factories.organisation("示例大学")
        self.owner = factories.actor((Role.NEED_OWNER, self.firm))
        person = Person.objects.create(name="李强", account=self.owner.account)
        Membership.objects.create(person=person, organisation=self.firm)
        self.office = factories.actor((Role.RESEARCH_OFFICE, self.university))
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme))
        self.client = factories.english_client(self.owner)

    def wants(self, **more):
        values = {"wanted": True, "most_a_week": 3} | more
        return OfferWish.objects.with_scopes_disabled().create(
            programme=self.programme, organisation=self.firm, **values
        )

    def need(self, **more):
        return factories.need(self.programme, self.firm, state="published", **more)

    def result(self, **more):
        return factories.result(self.programme, self.university, **more)

    def noise(self):
        for title in NOISE:
            factories.result(self.programme, self.university, title=title, text=f"{title}的成套装备与工艺。" * 3,
                             offered_at=clock.now())  # fmt: skip

    def url(self, name, record=None, **more):
        kwargs = {"programme": self.programme.slug, **more}
        if record is not None:
            kwargs["public_id"] = record.public_id
        return reverse(f"exchange:{name}", kwargs=kwargs)


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    made = Scene()
    made.noise()
    yield made
    index.forget_opened()


def fresh(record):
    return type(record).everywhere().get(pk=record.pk)


def pushed():
    rebuild()
    return push()


def test_a_result_is_offered_once_to_a_firm_whose_need_it_fits_and_which_asked_for_it(scene):
    need = scene.need()
    result = scene.result()
    assert pushed() == 0  # nobody has asked for offers
    ResearchResult.everywhere().filter(pk=result.pk).update(offered_at=None)
    scene.wants()
    assert pushed() == 1
    offer = Offer.everywhere().get()
    assert (offer.result, offer.organisation, offer.need) == (result, scene.firm, need)
    assert Notification.objects.get(code="offer.send").account == scene.owner.account
    ResearchResult.everywhere().update(offered_at=None)
    assert pushed() == 0  # once, whatever became of it
    shown = scene.client.get(scene.url("offer", offer)).content.decode()
    assert "碳化硅" in shown
    assert f"/offers/{offer.public_id}/" in scene.client.get(scene.url("offers")).content.decode()
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    assert factories.english_client(stranger).get(scene.url("offer", offer)).status_code == 404
    assert result.title not in factories.english_client(stranger).get(scene.url("offers")).content.decode()


def test_one_that_fits_nothing_is_offered_to_nobody(scene):
    scene.need()
    scene.wants()
    scene.result(title="柑橘保鲜膜", text="用于柑橘采后保鲜的可降解薄膜,货架期延长20天,已在三家合作社试用。")
    for _n in range(12):  # better answers than it
        scene.result(offered_at=clock.now())
    assert pushed() == 0


@pytest.mark.parametrize(
    "wish",
    [
        {"wanted": False},
        {"paused_until": clock.today() + timedelta(days=3)},
        {"least_level": 7},
    ],
)
def test_wishes_are_kept_to(scene, wish):
    scene.need()
    scene.wants(**wish)
    scene.result()
    assert pushed() == 0


def test_a_wish_for_certain_fields_hears_of_no_other(scene):
    scene.need()
    wish = scene.wants()
    wish.fields.add(factories.term("field"))
    result = scene.result()
    assert pushed() == 0
    ResearchResult.everywhere().filter(pk=result.pk).update(offered_at=None, field=factories.term("field"))
    assert pushed() == 1


def test_at_most_so_many_a_week_the_best_first_and_the_others_when_there_is_room(scene):
    need = scene.need()
    scene.wants(most_a_week=2)
    best = [scene.result(title=need.title, text=f"{need.title}。{need.problem}") for _n in range(2)]
    others = [scene.result() for _n in range(2)]
    ResearchResult.everywhere().filter(pk__in=[one.pk for one in best]).update(
        published_at=clock.now()
    )  # the last ones
    assert pushed() == 2
    assert {one.result for one in Offer.everywhere()} == set(best)
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert push() == 0
    with clock.frozen(clock.now() + timedelta(days=8)):
        perform(actor=load_actor(scene.office.account), record=others[0], verb="withdraw", reason="已转让")
        assert push() == 1, "what was withdrawn meanwhile is not offered"
        assert push() == 0


def test_what_fits_in_a_pause_is_offered_after_it(scene):
    scene.need()
    wish = scene.wants(paused_until=clock.today() + timedelta(days=3))
    scene.result()
    assert pushed() == 0
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert push() == 0
    with clock.frozen(clock.now() + timedelta(days=4)):
        OfferWish.everywhere().filter(pk=wish.pk).update(least_level=9)
        assert push() == 0, "the wish as it is now counts"


def test_what_waits_too_long_is_offered_no_more(scene):
    scene.need()
    scene.wants(paused_until=clock.today() + timedelta(days=91))
    scene.result()
    assert pushed() == 0
    with clock.frozen(clock.now() + timedelta(days=92)):
        assert push() == 0
    assert not WaitingOffer.everywhere().exists()


def test_of_two_entries_that_are_one_the_wish_of_the_one_that_stands_for_both_counts(scene):
    scene.need()
    scene.wants(wanted=False)
    alias = factories.organisation("示例公司(旧名)")
    OfferWish.objects.with_scopes_disabled().create(programme=scene.programme, organisation=alias, wanted=True)
    sameness.merge(actor=scene.officer, loser=alias, winner=scene.firm, reason="同一")
    scene.result()
    assert pushed() == 0
    form = {"wanted": "on", "most_a_week": "5", "version": "1"}
    assert scene.client.post(scene.url("offer-wish"), form).status_code == 302
    scene.result()
    assert pushed() == 1


def test_a_firm_run_by_its_unit_administrator_alone_is_told(scene):
    firm = factories.organisation("小公司")
    boss = factories.actor((Role.UNIT_ADMINISTRATOR, firm))
    OfferWish.objects.with_scopes_disabled().create(programme=scene.programme, organisation=firm, wanted=True)
    factories.need(scene.programme, firm, state="published")
    scene.result()
    assert pushed() == 1
    assert Notification.objects.get(code="offer.send").account == boss.account


def test_what_a_firm_writes_beyond_its_needs_counts_too(scene):
    scene.wants(text="碳化硅外延缺陷密度控制")
    result = scene.result()
    assert pushed() == 1
    offer = Offer.everywhere().get()
    assert (offer.need, offer.result) == (None, result)


@pytest.mark.parametrize("change", [{"secrecy": "trade-secret"}, {"may_be_offered": False}, {"state": "draft"}])
def test_what_its_owner_does_not_offer_is_offered_to_nobody(scene, change):
    scene.need()
    scene.wants()
    scene.result(**change)
    assert pushed() == 0


def test_a_firm_says_why_not_and_is_not_bothered_again(scene):
    need = scene.need()
    scene.wants(most_a_week=20)
    scene.result()
    pushed()
    offer = Offer.everywhere().get()
    do = scene.url("offer-do", offer, verb="refuse")
    assert scene.client.post(do, {"version": 1}).status_code in {409, 422, 403}  # a cause is asked for
    assert scene.client.post(do, {"version": 1, "cause": "offer.partner"}).status_code == 302
    offer.refresh_from_db()
    assert (offer.state, offer.cause) == ("refused", "offer.partner")
    kept = SetAside.everywhere().get()
    assert (kept.need, kept.result, kept.why) == (need, offer.result, "partner")
    scene.result()  # another one of the same owner
    assert pushed() == 0
    factories.result(scene.programme, factories.organisation("另一所大学"))
    assert pushed() == 1


def test_an_offer_is_taken_up_by_proposing_an_introduction(scene):
    need = scene.need()
    scene.wants()
    result = scene.result()
    pushed()
    offer = Offer.everywhere().get()
    page = scene.client.get(scene.url("offer", offer)).content.decode()
    url = f"{scene.url('introduction-new')}?result={result.public_id}&need={need.public_id}"
    assert url.replace("&", "&amp;") in page
    contact = Person.objects.get(account=scene.owner.account)
    assert scene.client.post(url, {"message": "想试用", "contact": contact.pk}).status_code == 302
    offer.refresh_from_db()
    assert offer.state == "taken-up"
    assert Introduction.everywhere().get().need == need


@pytest.mark.parametrize("about", ["result", "need"])
def test_offers_go_and_come_back_with_the_result_and_the_need(scene, about):
    need = scene.need()
    scene.wants()
    result = scene.result()
    pushed()
    offer = Offer.everywhere().get()
    with in_programme(scene.programme):
        if about == "result":
            perform(actor=scene.office, record=result, verb="withdraw", reason="改错字")
        else:
            perform(actor=scene.owner, record=need, verb="withdraw", reason="改错字")
        assert fresh(offer).state == "recalled"
        assert not any(allowed(load_actor(scene.owner.account), fresh(offer)).values())
        if about == "result":
            perform(actor=load_actor(scene.office.account), record=fresh(result), verb="publish")
        else:
            owner = load_actor(scene.owner.account)
            perform(actor=owner, record=perform(actor=owner, record=fresh(need), verb="reopen"), verb="submit")
            factories.triaged(fresh(need), scene.officer)
        assert fresh(offer).state == "sent"
        assert [one.verb for one in journal.timeline(offer.kind, offer.pk, 10)] == ["renew", "recall", "create"]
    assert push() == 0, "it is the same offer, not another one"


def test_a_result_set_aside_from_the_challenge_of_the_need_is_not_offered_for_it(scene):
    need = scene.need()
    scene.wants()
    result = scene.result()
    with in_programme(scene.programme):
        challenge = exchange.challenges.publish_from(actor=scene.officer, need=need, at=clock.now(), rule="x")
        setting_aside.set_aside(actor=scene.owner, record=challenge, other=result, why="known", note="试过")
    assert pushed() == 0


def test_the_wish_is_kept_by_whoever_acts_for_the_firm(scene):
    form = {"wanted": "on", "text": "碳化硅", "most_a_week": "5", "least_level": "4", "version": "0"}
    assert scene.client.post(scene.url("offer-wish"), {**form, "most_a_week": "50"}).status_code == 422
    assert scene.client.post(scene.url("offer-wish"), form).status_code == 302
    wish = OfferWish.everywhere().get()
    assert (wish.organisation, wish.most_a_week, wish.least_level, wish.version) == (scene.firm, 5, 4, 1)
    assert scene.client.post(scene.url("offer-wish"), {**form, "version": "1"}).status_code == 302
    stale = scene.client.post(scene.url("offer-wish"), {**form, "version": "1"})
    assert stale.status_code in {409, 422}
    assert factories.english_client(scene.office).get(scene.url("offer-wish")).status_code == 403


# Not this, because …


def test_a_match_is_set_aside_by_either_side_seen_by_both_and_taken_up_again(scene):
    need, result = scene.need(), scene.result()
    follow()
    sent = {"kind": "result", "id": result.public_id, "why": "known", "note": "去年试过,靶材不兼容"}
    back = f"{scene.url('need-matches', need)}?kind=result"
    assert result.title in scene.client.get(back).content.decode()
    assert scene.client.post(scene.url("need-aside", need), sent)["Location"] == back
    scene.client.post(scene.url("need-aside", need), sent)  # twice is once
    assert SetAside.everywhere().count() == 1
    own = scene.client.get(back).content.decode()
    assert own.count(f"/results/{result.public_id}/") == 1  # in the panel alone
    assert "靶材不兼容" in own
    office = factories.english_client(scene.office)
    theirs = office.get(f"{scene.url('result-matches', result)}?kind=need").content.decode()
    assert "we know it and tried it" in theirs
    assert "靶材不兼容" not in theirs  # words are for those who wrote them
    scene.client.post(scene.url("need-aside", need), {"kind": "result", "id": result.public_id, "back": "1"})
    assert SetAside.everywhere().get().taken_back_at is not None
    assert "Set aside" not in scene.client.get(back).content.decode().replace("Set aside</button>", "")


def test_only_those_of_its_organisation_and_officers_set_a_match_aside(scene):
    need, result = scene.need(), scene.result()
    with pytest.raises(NotAllowed), in_programme(scene.programme):
        setting_aside.set_aside(actor=scene.office, record=need, other=result, why="known")
    with in_programme(scene.programme):
        made = setting_aside.set_aside(actor=scene.officer, record=need, other=result, why="object")
    assert (made.side, made.organisation) == ("office", None)


def test_experts_are_found_for_a_need_by_what_they_did_and_needs_for_an_expert(scene):
    need = scene.need()
    asked, away = factories.expert(scene.university), factories.expert(scene.university, available=False)
    silent = factories.expert(scene.university, state="entered")
    follow()
    page = scene.client.get(f"{scene.url('need-matches', need)}?kind=expert").content.decode()
    assert asked.person.name in page
    assert away.person.name not in page
    assert silent.person.name not in page
    assert "027-5555" not in page
    back = scene.client.get(f"{scene.url('expert-matches', asked)}?kind=need").content.decode()
    assert need.title in back
    assert scene.url("expert-matches", asked) in scene.client.get(f"/experts/{asked.public_id}/").content.decode()
    public = factories.english_client().get(f"{scene.url('need-matches', need)}?kind=expert").content.decode()
    assert asked.person.name not in public  # experts are for those with a role
    api = scene.client.get(f"/api/v1/p/{scene.programme.slug}/needs/{need.public_id}/matches?kind=expert").json()
    assert [one["title"] for one in api["items"]] == [asked.person.name]


def test_nobody_reads_what_was_set_aside_and_is_hidden_from_them(scene):
    need = scene.need(anonymous=True, title="长江存储八层外延卡点")
    result = scene.result()
    follow()
    with in_programme(scene.programme):
        setting_aside.set_aside(actor=scene.owner, record=need, other=result, why="partner")
    office = factories.english_client(scene.office)
    assert office.get(scene.url("need", need)).status_code == 404
    for kind in ("need", "challenge"):
        page = office.get(f"{scene.url('result-matches', result)}?kind={kind}").content.decode()
        assert need.title not in page
        assert need.public_id not in page
    assert need.title in scene.client.get(scene.url("need-matches", need)).content.decode()
    api = f"/api/v1/p/{scene.programme.slug}/needs/{need.public_id}/matches"
    assert [one["id"] for one in scene.client.get(api).json()["items"]].count(result.public_id) == 0


def test_an_expert_who_moved_takes_an_own_no_back(scene):
    account = factories.account()
    expert = factories.expert(scene.university, account=account)
    need = scene.need()
    with in_programme(scene.programme):
        setting_aside.set_aside(actor=load_actor(account), record=expert, other=need, why="object")
        Membership.objects.filter(person=expert.person).update(until=clock.today())
        Membership.objects.create(person=expert.person, organisation=factories.organisation())
        assert setting_aside.take_back(actor=load_actor(account), record=expert, other=need) == 1


def test_an_expert_is_set_aside_from_a_need_and_says_the_same_of_a_question(scene):
    need = scene.need()
    account = factories.account()
    expert = factories.expert(scene.university, account=account)
    follow()
    page = f"{scene.url('need-matches', need)}?kind=expert"
    sent = {"kind": "expert", "id": expert.public_id, "why": "known", "note": "已经请教过"}
    assert scene.client.post(scene.url("need-aside", need), sent)["Location"] == page
    shown = scene.client.get(page).content.decode()
    assert shown.count(f"/experts/{expert.public_id}/") == 1  # in the panel alone
    mine = factories.english_client(load_actor(account))
    theirs = mine.get(f"{scene.url('expert-matches', expert)}?kind=need").content.decode()
    assert "已经请教过" not in theirs
    assert "we know it and tried it" in theirs
    scene.client.post(scene.url("need-aside", need), {"kind": "expert", "id": expert.public_id, "back": "1"})
    answer = {"kind": "need", "id": need.public_id, "why": "object"}
    assert mine.post(scene.url("expert-aside", expert), answer).status_code == 302
    kept = SetAside.everywhere().get(taken_back_at__isnull=True)
    assert (kept.side, kept.organisation, kept.expert) == ("answerer", scene.university, expert)
    assert scene.client.post(scene.url("expert-aside", expert), answer).status_code == 403
    assert "right words, another thing" in scene.client.get(page).content.decode()


def test_facets_narrow_what_was_found(scene):
    need = scene.need()
    field = factories.term("field")
    kept = scene.result(field=field)
    other = scene.result()
    follow()
    url = f"{scene.url('need-matches', need)}?kind=result&field={field.code}"
    shown = scene.client.get(url).content.decode()
    assert kept.title in shown
    assert other.title not in shown


def test_lists_and_match_pages_ask_as_much_at_100_as_at_10(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    few, many = Scene(), Scene()
    for scene, count in ((few, 10), (many, 100)):
        scene.one = scene.need()
        for n in range(count):
            result = scene.result()
            factories.offer(result, scene.firm)
            if n % 5 == 0:
                with in_programme(scene.programme):
                    setting_aside.set_aside(actor=scene.owner, record=scene.one, other=result, why="known")
    follow()
    assert_same_queries(lambda scene: scene.client.get(scene.url("offers")), few, many, at_most=15)
    for kind in ("result", "capability", "expert"):
        assert_same_queries(
            lambda scene, kind=kind: scene.client.get(f"{scene.url('need-matches', scene.one)}?kind={kind}"),
            few, many, at_most=20,  # five more where a no stands
        )  # fmt: skip
    index.forget_opened()
