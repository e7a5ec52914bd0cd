"""A need from draft to publication, through the actions and through the pages."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

import factories
from jiandao.kernel import clock, journal, secrecy
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.drafts.models import Draft
from jiandao.kernel.lifecycle import StaleRecord, allowed, allowed_many, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import actions, queries
from jiandao.stages.exchange.models import Need, TargetIndicator


@pytest.fixture
def scene(db):
    """A programme with an enterprise, its need owner and an officer."""
    return _scene()


class _Scene:
    def __init__(self):
        self.programme, self.enterprise = factories.programme(), factories.organisation()
        self.owner = factories.actor((Role.NEED_OWNER, self.enterprise), name="owner")
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme), name="officer")

    def need(self, **more):
        return factories.need(self.programme, self.enterprise, **more)

    def url(self, name, need=None, **more):
        parts = {"programme": self.programme.slug, **more}
        if need is not None:
            parts["public_id"] = need.public_id
        return reverse(f"exchange:{name}", kwargs=parts)


def _scene():
    return _Scene()


def client_of(actor):
    client = Client()
    if actor.account is not None:
        client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def test_a_submission_says_what_is_missing_in_the_order_of_the_form(scene):
    answer = allowed(scene.owner, scene.need())["submit"]
    assert answer.code == "need.incomplete"
    assert [str(one) for one in answer.facts["missing"]][:3] == ["主要问题", "应答截止日", "解决时限"]


@pytest.mark.parametrize(
    ("activity", "field", "discipline", "missing"),
    [
        ("basic-research", False, False, {"学科（基础研究必填）"}),
        ("basic-research", False, True, set()),
        ("applied-research", False, False, {"技术领域", "应用行业"}),
        ("applied-research", True, False, set()),
    ],
)
def test_basic_research_names_a_discipline_everything_else_field_and_industry(
    scene, activity, field, discipline, missing
):
    need = scene.need(
        complete=True,
        activity_type=activity,
        field=factories.term("field") if field else None,
        industry=factories.term("industry") if field else None,
        discipline=factories.term("discipline") if discipline else None,
    )
    answer = allowed(scene.owner, need)["submit"]
    assert {str(one) for one in answer.facts["missing"]} == missing if missing else answer


def test_a_need_goes_its_way_and_everybody_concerned_is_told(scene):
    need = scene.need(complete=True)
    need = perform(actor=scene.owner, record=need, verb="submit", expected_version=1)
    assert Notification.objects.get(account=scene.officer.account).code == "need.submit"
    with pytest.raises(NotAllowed) as refused:
        perform(actor=scene.officer, record=need, verb="return", reason="  ")
    assert refused.value.refusal.code == "lifecycle.reason_missing"
    with pytest.raises(NotAllowed) as refused:
        perform(actor=scene.officer, record=need, verb="return", reason="缺少测试条件", cause="reject.scope")
    assert refused.value.refusal.code == "lifecycle.cause_missing"
    need = perform(actor=scene.officer, record=need, verb="return", reason="缺少测试条件", cause="return.incomplete")
    told = Notification.objects.get(account=scene.owner.account)
    assert (told.code, told.facts["reason"]) == ("need.return", "缺少测试条件")
    need = perform(actor=scene.owner, record=need, verb="submit")
    need = perform(actor=scene.officer, record=need, verb="check")
    need = factories.triaged(need, scene.officer)
    assert (need.state, need.version) == ("published", 8)
    assert need.published_at is not None
    verbs = [entry.verb for entry in journal.timeline(need.kind, need.pk)]
    assert verbs == ["publish", "assess", "pass", "check", "submit", "return", "submit"]


def test_expiry_follows_from_the_deadline_and_is_not_stored(scene):
    need = scene.need(state="published", deadline=clock.today())
    with in_programme(scene.programme):
        anybody = load_actor(None)
        assert queries.needs(anybody).get(pk=need.pk).state_now == "published"
        with clock.frozen(clock.start_of(clock.today() + timedelta(days=1))):
            later = load_actor(None)
            assert queries.needs(later).get(pk=need.pk).state_now == "expired"
            assert "reopen" in allowed(load_actor(scene.owner.account), need)
            assert allowed(load_actor(scene.owner.account), need)["reopen"]
    assert Need.everywhere().get(pk=need.pk).state == "published"


def test_a_stale_verb_is_told_who_was_faster(scene):
    factories.person("周明", of=scene.officer.account)
    need = scene.need(state="submitted")
    perform(actor=scene.officer, record=need, verb="pass", expected_version=1)
    second = factories.actor((Role.PROGRAMME_OFFICER, scene.programme))
    with pytest.raises(StaleRecord) as stale:
        perform(actor=second, record=need, verb="return", expected_version=1, reason="不清楚")
    assert "周明" in stale.value.refusal.sentence
    assert "通过形式审查" in stale.value.refusal.sentence
    assert Need.everywhere().get(pk=need.pk).state == "assessing"


def test_two_officers_at_once_one_wins_the_other_reads_why(race):
    scene = _scene()
    need = scene.need(state="submitted")
    second = factories.actor((Role.PROGRAMME_OFFICER, scene.programme))
    outcomes = race(
        lambda: perform(actor=scene.officer, record=need, verb="pass", expected_version=1),
        lambda: perform(
            actor=second, record=need, verb="return", expected_version=1, reason="不清楚", cause="return.vague"
        ),
    )
    errors = [one.error for one in outcomes if one.error is not None]
    assert len(errors) == 1
    assert isinstance(errors[0], StaleRecord)
    assert errors[0].refusal.facts["who"] in {"officer", second.account.username}
    assert len(journal.timeline(need.kind, need.pk)) == 1


def test_answers_for_a_list_cost_the_same_for_ten_and_a_hundred(scene, django_assert_num_queries):
    for count in (10, 100):
        needs = [scene.need(complete=True) for _ in range(count)]
        records = list(Need.everywhere().filter(pk__in=[one.pk for one in needs]).select_related("organisation"))
        owner = load_actor(scene.owner.account)
        with django_assert_num_queries(2):  # the indicators, and the rule on lengths
            assert len(allowed_many(owner, records)) == count


def test_an_editor_of_a_foreign_organisation_is_refused(scene):
    other = factories.organisation()
    with pytest.raises(NotAllowed) as refused:
        actions.create_need(
            actor=scene.owner, programme=scene.programme, values={"organisation": other, "title": "冒名的需求"}
        )
    assert other.name in refused.value.refusal.sentence
    assert not Need.everywhere().exists()


def test_an_edit_that_changes_nothing_leaves_no_trace(scene):
    need = scene.need()
    fresh = Need.everywhere().select_related("organisation").get(pk=need.pk)
    actions.edit_need(actor=scene.owner, need=fresh, expected_version=1, values={"title": need.title})
    assert journal.timeline(need.kind, need.pk) == []
    assert Need.everywhere().get(pk=need.pk).version == 1


def test_a_need_made_secret_is_known_to_its_writer_and_in_no_index(scene):
    need = scene.need()
    fresh = Need.everywhere().select_related("organisation").get(pk=need.pk)
    values = {"secrecy": "work-secret", "secret_until": clock.today()}
    saved = actions.edit_need(actor=scene.owner, need=fresh, expected_version=1, values=values)
    assert set(secrecy.knowers(saved.kind, saved.pk)) == {scene.owner.account}
    assert Need.everywhere().get(pk=need.pk).search is None
    with in_programme(scene.programme):
        assert not queries.needs(factories.actor((Role.NEED_OWNER, scene.enterprise))).exists()
        assert queries.needs(load_actor(scene.owner.account)).count() == 1


class TestPages:
    def form(self, scene, **more):
        return {
            "organisation": scene.enterprise.pk,
            "title": "8英寸碳化硅外延片缺陷控制",
            "language": "zh",
            "secrecy": "public",
            "indicators-TOTAL_FORMS": "1",
            "indicators-INITIAL_FORMS": "0",
            "indicators-0-name": "缺陷密度",
            "indicators-0-comparator": "le",
            "indicators-0-threshold": "0.5",
            "indicators-0-stretch": "0.2",
            "indicators-0-unit": "个/cm²",
            "indicators-0-test_method": "光致发光检测",
            "then": "save",
            "version": "0",
        } | more

    def test_a_new_need_is_saved_with_its_indicators(self, scene):
        response = client_of(scene.owner).post(scene.url("need-new"), self.form(scene, budget_fen="300.5"))
        need = Need.everywhere().get()
        assert response.headers["Location"] == scene.url("need", need)
        assert (need.budget_fen, need.title) == (300_500_000, "8英寸碳化硅外延片缺陷控制")
        (indicator,) = TargetIndicator.objects.with_scopes_disabled().all()
        assert str(indicator) == "缺陷密度 ≤ 0.5 个/cm²"

    def test_a_fault_is_named_and_nothing_typed_is_lost(self, scene):
        wrong = {"budget_fen": "三百万", "indicators-0-stretch": "0.9", "title": "标题<script>alert(1)</script>"}
        response = client_of(scene.owner).post(scene.url("need-new"), self.form(scene, **wrong))
        text = response.content.decode()
        assert response.status_code == 422
        assert "“三百万”不是金额" in text
        assert "挑战值是更高的目标" in text
        assert "标题&lt;script&gt;" in text
        assert "光致发光检测" in text
        assert not Need.everywhere().exists()

    def test_more_rows_keep_what_was_typed(self, scene):
        response = client_of(scene.owner).post(scene.url("need-new"), self.form(scene, then="more-rows"))
        text = response.content.decode()
        assert text.count("-test_method") >= 4
        assert "光致发光检测" in text

    def test_two_co_workers_never_overwrite_each_other_silently(self, scene):
        need = scene.need(title="原题目")
        colleague = factories.actor((Role.NEED_OWNER, scene.enterprise), name="colleague")
        url = scene.url("need-edit", need)
        mine = self.form(scene, title="我的题目", version="1")
        client_of(colleague).post(url, self.form(scene, title="同事的题目", version="1"))
        response = client_of(scene.owner).post(url, mine)
        text = response.content.decode()
        assert response.status_code == 409
        assert "我的题目" in text.replace("<mark>", "").replace("</mark>", "")
        assert "同事的题目" in text.replace("<mark>", "").replace("</mark>", "")
        need.refresh_from_db()
        assert (need.title, need.version) == ("同事的题目", 2)
        # Choosing mine for the title and theirs for the rest saves exactly that.
        import re
        from html import unescape

        hidden = dict(re.findall(r'<input type="hidden" name="(mine_[^"]+)" value="([^"]*)">', text))
        chosen = {name: unescape(value) for name, value in hidden.items()}
        chosen |= {"version": "2", "then": "save", "choice_title": "mine"}
        chosen |= {f"choice_{name.removeprefix('mine_')}": "theirs" for name in hidden if name != "mine_title"}
        assert client_of(scene.owner).post(url, chosen).status_code == 302
        need.refresh_from_db()
        assert (need.title, need.version) == ("我的题目", 3)
        assert TargetIndicator.objects.with_scopes_disabled().filter(need=need).count() == 1

    def test_two_tabs_never_overwrite_each_other_silently(self, scene):
        need = scene.need()
        client, url = client_of(scene.owner), scene.url("need-autosave", need)
        first = client.post(url, self.form(scene, title="第一个窗口", version="1", serial="0"))
        assert first.json()["serial"] == 1
        second = client.post(url, self.form(scene, title="第二个窗口", version="1", serial="0"))
        assert second.status_code == 409
        again = client.post(url, self.form(scene, title="第一个窗口续写", version="1", serial="1"))
        assert again.json()["serial"] == 2
        text = client.get(scene.url("need-edit", need)).content.decode()
        assert "第一个窗口续写" in text
        assert "未保存的内容" in text
        client.post(scene.url("need-edit", need), {"then": "discard"})
        assert "第一个窗口续写" not in client.get(scene.url("need-edit", need)).content.decode()

    @pytest.mark.parametrize("count", ["abc", "1e3", "-1", "9" * 5_000, "٣", ""])
    def test_a_nonsense_number_of_rows_is_none(self, scene, count):
        client = client_of(scene.owner)
        data = self.form(scene) | {"indicators-TOTAL_FORMS": count}
        for more in ({"then": "more-rows"}, {"then": "save"}):
            assert client.post(scene.url("need-new"), data | more).status_code in {200, 302, 422}
        assert client.post(scene.url("need-hints"), data).status_code == 200
        client.post(scene.url("need-new-autosave"), data | {"serial": "0"})
        assert client.get(scene.url("need-new")).status_code == 200

    @pytest.mark.parametrize("mine", ["[" * 200_000, '["\\ud800"]', '{"a": 1}', "7", "no json"])
    def test_a_nonsense_choice_of_a_conflict_is_no_text(self, scene, mine):
        need = scene.need()
        data = self.form(scene, version="1") | {
            "choice_title": "mine", "mine_title": mine, "choice_indicators": "mine", "mine_indicators": mine,
        }  # fmt: skip
        answer = client_of(scene.owner).post(scene.url("need-edit", need), data)
        assert answer.status_code in {200, 302, 409, 422}

    def test_more_rows_are_more_although_none_is_filled(self, scene):
        client = client_of(scene.owner)
        data = self.form(scene) | {"then": "more-rows", "indicators-TOTAL_FORMS": "3"}
        text = client.post(scene.url("need-new"), data).content.decode()
        assert 'name="indicators-TOTAL_FORMS" value="6"' in text

    @pytest.mark.parametrize("text", ["x" * 7_000, "碳" * 7_000, "\ufdfa" * 200, "'"])
    def test_whatever_is_searched_for_is_answered(self, scene, text):
        response = client_of(scene.officer).get(scene.url("needs"), {"q": text})
        assert response.status_code == 200

    def test_what_was_typed_is_shown_and_kept_when_a_colleague_submits_meanwhile(self, scene):
        need = scene.need(complete=True)
        perform(actor=scene.owner, record=need, verb="submit")
        data = self.form(scene, problem="我刚写的问题", title=need.title, version="1", intellectual_property="")
        response = client_of(scene.owner).post(scene.url("need-edit", need), data)
        assert response.status_code == 403
        text = response.content.decode()
        assert "我刚写的问题" in text
        assert "-----" not in text  # what was left empty is no text
        assert "草稿" in text  # so is the state in which it may be changed
        perform(
            actor=scene.officer,
            record=Need.everywhere().get(pk=need.pk),
            verb="return",
            reason="缺指标",
            cause="return.indicators",
        )
        again = client_of(load_actor(scene.owner.account)).get(scene.url("need-edit", need)).content.decode()
        assert "我刚写的问题" in again

    def test_nothing_is_kept_for_somebody_who_may_never_change_the_record(self, scene):
        need = scene.need(state="published")
        stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
        data = self.form(scene, problem="别人的问题", version="1")
        response = client_of(stranger).post(scene.url("need-edit", need), data)
        assert response.status_code == 403
        assert "没有保留" in response.content.decode()
        assert not Draft.objects.exists()

    def test_a_reason_is_shown_again_when_somebody_was_faster(self, scene):
        need = scene.need(state="submitted")
        perform(actor=scene.officer, record=need, verb="check")
        url = scene.url("need-do", need, verb="return")
        response = client_of(scene.officer).post(url, {"version": "1", "reason": "请写明测试温度"})
        assert response.status_code == 409
        assert "请写明测试温度" in response.content.decode()
        assert Need.everywhere().get(pk=need.pk).state == "checking"

    def test_the_desk_leads_to_a_list_of_exactly_what_waits(self, scene):
        for state in (*["submitted"] * 8, "checking", "published", "draft"):
            scene.need(state=state)
        desk = (
            client_of(scene.officer).get(reverse("desk", kwargs={"programme": scene.programme.slug})).content.decode()
        )
        assert "waits=check" in desk
        shown = client_of(scene.officer).get(scene.url("needs"), {"waits": "check"}).content.decode()
        assert "9 条" in shown
        assert "待我办理" in shown
        assert "待我办理" not in Client().get(scene.url("needs")).content.decode()
        assert "0 条" in Client().get(scene.url("needs"), {"waits": "check"}).content.decode()

    def test_hints_name_the_vague_word(self, scene):
        data = self.form(scene, problem="希望性能显著提升,达到国际先进水平")
        text = client_of(scene.owner).post(scene.url("need-hints"), data).content.decode()
        assert "“显著”只有承诺没有度量" in text
        assert "“国际先进”只有承诺没有度量" in text
        assert "问题中没有数字" in text

    def test_a_page_past_the_end_and_a_nonsense_number_are_answered(self, scene):
        scene.need(state="published")
        for number in ("999", "x", "-1", "0"):
            response = Client().get(scene.url("needs"), {"page": number})
            assert response.status_code == 200
            assert "1 条" in response.content.decode() or "1条" in response.content.decode().replace(" ", "")

    def test_who_may_know_is_named_by_name(self, scene):
        factories.person("李强", scene.owner.account)
        need = scene.need(state="draft", secrecy="work-secret", knowers=[scene.owner.account])
        text = client_of(scene.owner).get(scene.url("need", need)).content.decode()
        assert "<li>李强</li>" in text

    def test_the_indicators_stand_right_after_the_problem(self, scene):
        text = client_of(scene.owner).get(scene.url("need-new")).content.decode()
        assert text.index('name="problem"') < text.index("-test_method") < text.index('name="conditions"')

    def test_very_many_records_are_counted_only_so_far(self, scene, monkeypatch):
        monkeypatch.setattr("jiandao.kernel.pages.lists.COUNTED_WITH_WORDS", 2)
        for number in range(4):
            scene.need(state="published", title=f"碳化硅外延{number}")
        client = client_of(scene.officer)
        text = client.get(scene.url("needs"), {"q": "碳化硅"}).content.decode()
        assert "超过2条记录" in text
        assert text.count("碳化硅外延") == 2
        assert "4 条" in client.get(scene.url("needs")).content.decode()

    @pytest.mark.parametrize("order", ["deadline", "-deadline"])
    def test_records_without_a_value_stand_last_in_both_orders(self, scene, order):
        scene.need(state="published", title="没有期限的需求", deadline=None)
        scene.need(state="published", title="有期限的需求", deadline=date(2099, 1, 1))
        text = client_of(scene.officer).get(scene.url("needs"), {"order": order}).content.decode()
        assert text.index("没有期限的需求") > text.index("有期限的需求")

    @pytest.mark.parametrize("name", ["needs", "results"])
    def test_a_list_costs_the_same_for_ten_and_a_hundred(self, scene, name):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for more in (10, 90):
            for _ in range(more):
                factories.need(scene.programme, scene.enterprise, state="published")
                factories.result(scene.programme, scene.enterprise)
            client = client_of(scene.officer)
            client.get("/messages/")  # the first request of a session also writes it down
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(scene.url(name)).status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]
        assert counts[1] <= 15, "\n".join(one["sql"][:150] for one in seen)

    def test_a_record_page_stays_under_fifteen_queries(self, scene):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        need = scene.need(state="submitted")
        for _ in range(3):
            scene.need(state="published")
        client = client_of(scene.officer)
        client.get("/messages/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(scene.url("need", need)).status_code == 200
        assert len(seen) <= 15, "\n".join(one["sql"][:150] for one in seen)

    def test_an_export_in_another_form_is_a_missing_page(self, scene):
        for name in ("need-export", "result-export"):
            assert client_of(scene.officer).get(scene.url(name, form="pdf")).status_code == 404

    @pytest.mark.parametrize("form", ["xlsx", "csv"])
    def test_an_export_holds_the_list_as_filtered_and_no_formula(self, scene, form):
        scene.need(state="published", title='=HYPERLINK("http://x","点我")')
        scene.need(state="published", title="碳化硅外延")
        response = client_of(scene.officer).get(scene.url("need-export", form=form), {"q": "点我"})
        if form == "csv":
            text = response.content.decode("utf-8-sig")
            assert "'=HYPERLINK" in text
            assert "碳化硅外延" not in text.split("\n", 1)[1].split(",")[0]
            assert len(text.strip().splitlines()) == 2
        else:
            import io
            import zipfile

            sheet = zipfile.ZipFile(io.BytesIO(response.content)).read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet

    def test_search_finds_two_and_one_character_words(self, scene):
        scene.need(
            state="published", title="知识产权质押融资评估", keywords=["专利"], problem="质押物估值偏差大于30%。"
        )
        scene.need(state="published", title="碳化硅外延")
        found = {}
        for words in ("专利", "碳化硅", "知识产权质押", "碳", "没有这个词"):
            text = Client().get(scene.url("needs"), {"q": words}).content.decode()
            found[words] = ("质押融资" in text, "碳化硅外延</a>" in text)
        assert found == {
            "专利": (True, False),
            "碳化硅": (False, True),
            "知识产权质押": (True, False),
            "碳": (False, True),
            "没有这个词": (False, False),
        }


def test_who_has_no_right_to_a_verb_is_not_told_who_was_faster(db):
    programme, unit = factories.programme(), factories.organisation()
    need = factories.need(programme, unit, state="submitted")
    officer, late = (factories.actor((Role.PROGRAMME_OFFICER, programme)) for _n in range(2))
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    seen = need.version
    perform(actor=officer, record=need, verb="pass")
    with pytest.raises(NotAllowed) as refused:
        perform(actor=stranger, record=need, verb="pass", expected_version=seen)
    assert not isinstance(refused.value, StaleRecord)
    with pytest.raises(StaleRecord):
        perform(actor=late, record=need, verb="pass", expected_version=seen)
