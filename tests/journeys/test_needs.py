"""Stories of needs, walked through in a real browser, in both languages."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify
from jiandao.kernel.search.follower import follow
from jiandao.stages.exchange.models import Need
from journeys.conftest import accessible

pytestmark = pytest.mark.browser


class Cast:
    """An enterprise with two writers, two officers, a researcher's result, and somebody from elsewhere."""

    def __init__(self):
        self.programme = factories.programme(name_zh="尖刀工程", name_en="Spearhead")
        self.enterprise, self.university = factories.organisation("示例存储公司"), factories.organisation("示例大学")
        self.owner = self.account("owner", (Role.NEED_OWNER, self.enterprise))
        self.officer = self.account("officer", (Role.PROGRAMME_OFFICER, self.programme))
        self.second = self.account("second", (Role.PROGRAMME_OFFICER, self.programme))
        self.department = self.account("department", (Role.DEPARTMENT, self.programme))
        self.stranger = self.account("stranger", (Role.NEED_OWNER, self.university), (Role.RESEARCHER, self.university))

    def account(self, name, *grants):
        account = factories.account(name, password=factories.PASSWORD)
        factories.person(name.capitalize(), of=account)
        for role, scope in grants:
            factories.grant(account, role, scope)
        return account


def words(language, chinese, english):
    return chinese if language == "zh-hans" else english


def complete(page):
    """Fill in all that a need must say, in the open editor."""
    page.fill("#id_problem", "8英寸碳化硅外延片缺陷密度为3个/cm²,需要降到0.5个/cm²以下,两种衬底清洗方法都不稳定。")
    page.fill("#id_conditions", "有外延设备和检测手段。")
    page.fill("#id_budget_fen", "300")
    page.fill("#id_deadline", (clock.today() + timedelta(days=60)).isoformat())
    page.fill("#id_needed_by", (clock.today() + timedelta(days=400)).isoformat())
    for name, value in {"intellectual_property": "shared", "activity_type": "applied-research"}.items():
        page.select_option(f"#id_{name}", value)
    for name in ("direction", "field", "industry"):
        page.select_option(f"#id_{name}", index=1)
    page.fill("[name=indicators-0-name]", "缺陷密度")
    page.select_option("[name=indicators-0-comparator]", "le")
    page.fill("[name=indicators-0-threshold]", "0.5")
    page.fill("[name=indicators-0-stretch]", "0.2")
    page.fill("[name=indicators-0-unit]", "个/cm²")
    page.fill("[name=indicators-0-test_method]", "光致发光检测,每片")


def test_a_need_from_draft_to_published_and_two_officers_at_once(transactional_db, live_server, visitor, language):
    cast = Cast()
    home = f"{live_server.url}/p/{cast.programme.slug}"
    owner = visitor(cast.owner, by_form=True)
    owner.goto(f"{home}/needs/new/")
    owner.fill("#id_title", "8英寸碳化硅外延片缺陷控制")
    owner.fill("#id_problem", "希望显著降低缺陷")
    hints = owner.locator("#hints")
    expect(hints).to_contain_text("显著")
    expect(hints).to_contain_text(words(language, "没有数字", "no number"))
    accessible(owner)
    owner.click("button[value=save]")
    # The first version cannot be submitted, and the page says why.
    owner.locator(".jd-refused summary").click()
    expect(owner.locator(".jd-refused")).to_contain_text(words(language, "应答截止日", "the deadline for answers"))
    accessible(owner)

    need = Need.everywhere().get()
    owner.goto(f"{home}/needs/{need.public_id}/edit/")
    complete(owner)
    expect(hints).to_contain_text(words(language, "没有发现含糊之处", "Nothing vague"))
    owner.click("button[value=save]")
    owner.click("button[value=submit]")
    expect(owner.locator(".jd-record-kind")).to_contain_text(words(language, "已提交", "submitted"))

    # Two officers have it open; the first passes its form, the second reads who was faster.
    first, second = visitor(cast.officer), visitor(cast.second)
    expect(first.locator("main")).to_contain_text("8英寸碳化硅外延片缺陷控制")
    accessible(first)
    for officer in (first, second):
        officer.goto(f"{home}/needs/{need.public_id}/")
    first.click("button[value=pass]")
    expect(first.locator(".jd-record-kind")).to_contain_text(words(language, "技术查核", "technology check"))
    second.locator("summary", has_text=words(language, "说明理由退回", "Return with reasons")).click()
    second.select_option("#cause-return", "return.vague")
    second.fill("#ask-return", "不清楚")
    second.click("button[value=return]")
    expect(second.locator("main")).to_contain_text("Officer")
    expect(second.locator("main")).to_contain_text(words(language, "通过形式审查", "pass the form check"))

    # The department answers whether the technology exists; then the office publishes it as a challenge.
    department = visitor(cast.department)
    department.goto(f"{home}/needs/{need.public_id}/")
    department.click("a[href$='/assess/']")
    accessible(department)
    department.check("[name=verdict][value=abroad]")
    department.fill("#id_where", "两家国外供应商")
    department.fill("#id_note", "国内只有样品,缺陷密度差一个数量级。")
    department.click("main form button[type=submit]")
    expect(department.locator("main")).to_contain_text("两家国外供应商")
    first.goto(f"{home}/needs/{need.public_id}/")
    first.click("button[value=publish]")
    expect(first.locator(".jd-record-kind")).to_contain_text(words(language, "已发布", "published"))
    need.refresh_from_db()
    assert need.state == "published"
    # The public finds it, without signing in.
    public = visitor()
    for place in ("needs", "challenges"):
        public.goto(f"{home}/{place}/?q=碳化硅")
        expect(public.locator("tbody")).to_contain_text("8英寸碳化硅外延片缺陷控制")
    accessible(public)
    # Who writes the same again is told so, and the office sees both texts side by side.
    follow()
    owner.goto(f"{home}/needs/new/")
    owner.fill("#id_problem", f"我们也是,{need.problem}")
    hints.locator("summary").click()
    expect(hints.locator(".jd-pair").first).to_contain_text("外延片缺陷密度为3个/cm²")
    accessible(owner)
    again = factories.need(cast.programme, cast.enterprise, state="submitted", problem=need.problem)
    first.goto(f"{home}/needs/{again.public_id}/")
    first.click("a[href$='/overlap/']")
    expect(first.locator("mark").first).to_be_visible()
    accessible(first)
    seal_all()
    assert verify().sound


def test_a_returned_need_is_mended_with_scripts_off(transactional_db, live_server, visitor, language):
    cast = Cast()
    need = factories.need(cast.programme, cast.enterprise, state="submitted")
    home = f"{live_server.url}/p/{cast.programme.slug}"
    officer = visitor(cast.officer, scripts=False, by_form=True)
    officer.goto(f"{home}/needs/{need.public_id}/")
    officer.locator("summary", has_text=words(language, "说明理由退回", "Return with reasons")).click()
    officer.select_option("#cause-return", "return.indicators")
    officer.fill("#ask-return", "请写明测试温度")
    officer.click("button[value=return]")
    expect(officer.locator(".jd-record-kind")).to_contain_text(words(language, "已退回", "returned"))
    owner = visitor(cast.owner, scripts=False, width=390)
    expect(owner.locator("main")).to_contain_text(need.title)
    owner.goto(f"{live_server.url}/messages/")
    expect(owner.locator("main")).to_contain_text("请写明测试温度")
    owner.goto(f"{home}/needs/{need.public_id}/edit/")
    owner.fill("[name=indicators-0-test_method]", "KLA检测,25℃")
    owner.click("button[value=save]")
    owner.click("button[value=submit]")
    need.refresh_from_db()
    assert need.state == "submitted"


def test_nobody_without_the_list_learns_of_a_work_secret_need(transactional_db, live_server, visitor, language):
    cast = Cast()
    secret = factories.need(
        cast.programme, cast.enterprise, state="published", title="绝密推进剂配方优化", secrecy="work-secret",
        knowers=[cast.officer],
    )  # fmt: skip
    factories.need(cast.programme, cast.enterprise, state="published", title="普通轴承钢需求")
    result = factories.result(
        cast.programme,
        cast.university,
        title="推进剂配方高通量优化方法",
        text="用于推进剂配方优化的高通量实验方法。",
    )
    follow()
    home = f"{live_server.url}/p/{cast.programme.slug}"
    paths = (
        "/", "/needs/", "/needs/?q=推进剂", "/search/?q=推进剂", "/needs.csv", f"/results/{result.public_id}/matches/",
        f"/needs/{secret.public_id}/", f"/needs/{secret.public_id}/matches/", f"/needs/{secret.public_id}/edit/",
    )  # fmt: skip
    # What is told does not hang on the language; what the list's people see is looked at in both.
    strangers = (cast.stranger, cast.second, cast.owner, None) if language == "en" else ()
    for page in (visitor(one) for one in strangers):
        for path in paths:
            # Asked by the page's own browser session, so that downloads count too.
            text = page.request.get(f"{home}{path}").text()
            assert "绝密" not in text, path
        answer = page.request.get(f"{home}/needs/{secret.public_id}/")
        assert answer.status == 404
        page.goto(f"{home}/needs/")
        expect(page.locator(".jd-total")).to_contain_text("1")
    knower = visitor(cast.officer)
    knower.goto(f"{home}/needs/{secret.public_id}/")
    expect(knower.locator("h1")).to_contain_text("绝密推进剂配方优化")
    knower.goto(f"{home}/needs/{secret.public_id}/matches/")
    expect(knower.locator("main")).to_contain_text("推进剂配方高通量优化方法")
    accessible(knower)
    knower.goto(f"{home}/needs/{secret.public_id}/")
    knower.click(f"text={words(language, '修改名单', 'Change the list')}")
    accessible(knower)
    knower.check(f"[name=admit][value='{cast.owner.pk}']")
    knower.click("form:has([name=admit]) button[type=submit]")
    expect(knower.locator(f"button[value='{cast.owner.pk}']")).to_have_count(0)  # an officer takes nobody off
    admitted = visitor(cast.owner)
    admitted.goto(f"{home}/needs/{secret.public_id}/knowers/")
    accessible(admitted)
