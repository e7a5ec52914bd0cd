"""What a timeline tells, and to whom: an entry tells what the record held when it was written."""

import pytest

import factories
from jiandao.kernel import knowers, secrecy
from jiandao.kernel.accounts.actor import anonymous, load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange import actions, policy
from jiandao.stages.exchange.knowers import NEED_KNOWERS
from jiandao.stages.exchange.models import Need, ResearchResult


class Scene:
    def __init__(self):
        self.programme, self.enterprise = factories.programme(), factories.organisation("江汉轴承有限公司")
        self.owner = factories.actor((Role.NEED_OWNER, self.enterprise), name="owner")
        self.colleague = factories.actor((Role.NEED_OWNER, self.enterprise), name="colleague")
        self.officer = factories.actor((Role.PROGRAMME_OFFICER, self.programme), name="officer")
        self.auditor = factories.actor((Role.AUDITOR, self.programme), name="auditor")
        self.researcher = factories.actor((Role.RESEARCHER, factories.organisation()), name="researcher")

    def edited(self, need, **values):
        return actions.edit_need(actor=load_actor(self.owner.account), need=need, expected_version=None, values=values)

    def did(self, by, need, *verbs):
        for verb in verbs:
            cause = "return.indicators" if verb == "return" else ""
            need = perform(actor=load_actor(by.account), record=need, verb=verb, reason="指标不清楚", cause=cause)
        return need

    def told(self, by, need):
        return timeline(Need.everywhere().get(pk=need.pk), by, read=policy.READ_NEED, history=policy.NEED_HISTORY)


@pytest.fixture
def scene(db):
    return Scene()


@pytest.fixture
def published(scene):
    """Written with a sentence too much, mended, returned once, published."""
    need = factories.need(scene.programme, scene.enterprise, complete=True)
    need = scene.edited(need, conditions="供货商是某某厂,不要外传。")
    need = scene.edited(need, conditions="有炼钢设备。")
    need = scene.did(scene.owner, need, "submit")
    need = scene.did(scene.officer, need, "return")
    need = scene.edited(need, goal="夹杂物不大于10微米。")
    return factories.triaged(scene.did(scene.owner, need, "submit"), scene.officer)


def text_of(entries):
    return "\n".join(
        " ".join(
            (
                one.who,
                one.role,
                one.what,
                one.reason,
                one.rule,
                *(f"{c.label} {c.before} {c.after}" for c in one.changes),
            )
        )
        for one in entries
    )


def test_the_public_reads_when_it_was_published_and_nothing_else(scene, published):
    for reader in (anonymous(), scene.researcher):
        entries = scene.told(reader, published)
        assert [(one.what, one.who, one.role, one.reason, one.rule, list(one.changes)) for one in entries] == [
            ("发布榜题", "", "", "", "", [])
        ]
        assert entries[0].state.label == "已发布"


def test_the_office_reads_all_that_happened_since_the_first_submission(scene, published):
    for reader in (scene.officer, scene.auditor):
        entries = scene.told(load_actor(reader.account), published)
        assert [one.what for one in entries] == [
            "发布榜题",
            "技术查核",
            "通过形式审查",
            "提交",
            "编辑",
            "说明理由退回",
            "提交",
        ]
        text = text_of(entries)
        assert "夹杂物不大于10微米" in text
        assert "指标不清楚" in text
        assert "某某厂" not in text  # it stood in a draft only


def test_the_organisation_reads_all_of_it(scene, published):
    text = text_of(scene.told(scene.colleague, published))
    assert "某某厂" in text
    assert "officer" in text


def test_what_was_written_under_a_stricter_level_stays_with_its_list(scene):
    need = factories.need(
        scene.programme, scene.enterprise, complete=True, secrecy=Level.WORK_SECRET, knowers=[scene.owner.account]
    )
    need = scene.edited(need, problem="涉密的工艺参数是1650度。" * 3)
    need = scene.edited(need, problem="工艺参数有待改进,现有方法两种都已试过。" * 2)
    need = scene.edited(need, secrecy=Level.PUBLIC)
    need = scene.edited(need, goal="平稳生产。")
    published = factories.triaged(scene.did(scene.owner, need, "submit"), scene.officer)
    assert "1650" in text_of(scene.told(load_actor(scene.owner.account), published))
    for reader in (scene.colleague, scene.officer, scene.auditor, scene.researcher, anonymous()):
        assert "1650" not in text_of(scene.told(reader, published)), reader
    secrecy.admit(kind=Need.kind, record_id=need.pk, accounts=[scene.colleague.account], by=None)
    assert "1650" in text_of(scene.told(load_actor(scene.colleague.account), published))


def test_a_change_reads_as_the_form_does(scene):
    need = factories.need(scene.programme, scene.enterprise, complete=True, budget_fen=50_000_000)
    field = factories.term("field")
    need = scene.edited(need, budget_fen=120_000_000, field=None, intellectual_property="asker", secrecy="internal")
    need = scene.edited(need, field=field, organisation=scene.enterprise)
    after, before = scene.told(scene.colleague, need)
    values = {one.label: (one.before, one.after) for one in (*after.changes, *before.changes)}
    assert values["技术领域"] == ("", str(field)) or values["技术领域"] == (str(field), "")
    money = next(one for label, one in values.items() if "万元" in one[0])
    assert money == ("50.00 万元", "120.00 万元")
    assert ("公开", "内部") in values.values()
    assert not any("asker" in one for pair in values.values() for one in pair)


def test_lists_and_files_are_named_in_words(scene):
    factories.person("李工", scene.colleague.account)
    need = factories.need(
        scene.programme, scene.enterprise, complete=True, secrecy=Level.WORK_SECRET, knowers=[scene.owner.account]
    )
    me = load_actor(scene.owner.account)
    knowers.admit(actor=me, record=need, rules=NEED_KNOWERS, accounts=[scene.owner.account, scene.colleague.account])
    (entry,) = scene.told(load_actor(scene.owner.account), need)
    assert [(one.label, one.after) for one in entry.changes] == [("从现在起可以阅读", "李工 (colleague)")]


def test_a_result_tells_the_public_only_of_its_publication(scene):
    university = factories.organisation()
    researcher = factories.actor((Role.RESEARCHER, university), name="author")
    result = factories.result(scene.programme, university, state="draft", text="真空脱气加电磁搅拌。" * 5)
    result = perform(actor=researcher, record=result, verb="publish")
    values = {"text": "真空脱气与电磁搅拌的联合工艺。" * 5}
    actions.edit_result(actor=load_actor(researcher.account), result=result, expected_version=None, values=values)
    fresh = ResearchResult.everywhere().get(pk=result.pk)

    def told(by):
        return timeline(fresh, by, read=policy.READ_RESULT, history=policy.RESULT_HISTORY)

    assert [(one.what, one.who) for one in told(anonymous())] == [("发布", "")]
    assert [one.what for one in told(load_actor(researcher.account))] == ["编辑", "发布"]
    assert [one.what for one in told(scene.officer)] == ["编辑", "发布"]
