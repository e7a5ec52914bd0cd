"""Stories of the exchange in a real browser, in both languages: met by consent, merged and parted, offered and refused."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import run_queued
from jiandao.kernel.search.follower import rebuild
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Need, Offer, ResearchResult
from jiandao.stages.exchange.offers.pushing import push
from jiandao.stages.people.models import Membership, MergeProposal
from jiandao.web.alerts import alert
from journeys.conftest import accessible
from journeys.test_needs import Cast, complete, words

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def joins(account, organisation):
    Membership.objects.create(person=account.person, organisation=organisation)
    account.person.phone = "027-87654321"
    account.person.save(update_fields=["phone"])


def test_from_a_returned_need_to_an_agreement(transactional_db, live_server, visitor, language):
    """Posted, returned, mended, published, matched, consented, signed, met, agreed; told and fed on the way."""
    cast = Cast()
    team = cast.account("team", (Role.RESEARCH_OFFICE, cast.university))
    joins(cast.owner, cast.enterprise)
    joins(team, cast.university)
    result = factories.result(cast.programme, cast.university, created_by=team)
    home = f"{live_server.url}/p/{cast.programme.slug}"
    officer, owner, office = visitor(cast.officer), visitor(cast.owner), visitor(team)

    # The team's office wants to hear of every challenge about silicon carbide.
    office.goto(f"{home}/challenges/?q=碳化硅")
    office.locator("summary", has_text=words(language, "保存为视图", "Save this view")).click()
    office.fill("#jd-view-name", "碳化硅榜题")
    office.click(".jd-views form button")
    office.goto(f"{live_server.url}/views/")
    office.click("button[value=alert]")

    owner.goto(f"{home}/needs/new/")
    owner.fill("#id_title", "8英寸碳化硅外延片缺陷控制")
    complete(owner)
    owner.click("button[value=save]")
    owner.click("button[value=submit]")
    expect(owner.locator(".jd-record-kind")).to_contain_text(words(language, "已提交", "submitted"))
    need = Need.everywhere().get()

    officer.goto(f"{home}/needs/{need.public_id}/")
    officer.locator("summary", has_text=words(language, "说明理由退回", "Return with reasons")).click()
    officer.select_option("#cause-return", "return.indicators")
    officer.fill("#ask-return", "请写明测试温度")
    officer.click("button[value=return]")
    owner.goto(f"{home}/needs/{need.public_id}/edit/")
    owner.fill("[name=indicators-0-test_method]", "KLA检测,25℃")
    owner.click("button[value=save]")
    owner.click("button[value=submit]")
    expect(owner.locator(".jd-record-kind")).to_contain_text(words(language, "已提交", "submitted"))
    for verb in ("pass", "publish"):
        officer.goto(f"{home}/needs/{need.public_id}/")
        if verb == "publish":
            officer.click("a[href$='/assess/']")
            officer.check("[name=verdict][value=nowhere]")
            officer.fill("#id_note", "国内外均无达到该指标的产品。")
            officer.click("main form button[type=submit]")
        officer.click(f"button[value={verb}]")
    expect(officer.locator(".jd-record-kind")).to_contain_text(words(language, "已发布", "published"))

    # The next day the team's office is told, sees that its result fits, and proposes to talk.
    rebuild()
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert alert() == 1
    office.goto(f"{live_server.url}/messages/")
    office.locator("main a", has_text="碳化硅榜题").click()
    expect(office.locator("tbody")).to_contain_text(need.title)
    office.goto(f"{home}/results/{result.public_id}/matches/")
    expect(office.locator(".jd-matches")).to_contain_text(need.title)
    accessible(office)
    office.locator(".jd-match a", has_text=words(language, "建议对接", "Propose an introduction")).first.click()
    office.fill("#id_message", "我们的缺陷密度已到0.5个/cm²,希望看一看产线。")
    office.check("#id_wants_nda")
    office.fill("#id_private", "工艺窗口:1620至1650℃")
    accessible(office)
    office.click("main form button[type=submit]")
    expect(office.locator(".jd-record-kind")).to_contain_text(words(language, "已建议", "proposed"))

    # The enterprise is told, consents, and reads nothing confidential yet.
    owner.goto(f"{home}/")
    expect(owner.locator("main")).to_contain_text(words(language, "待答复的对接", "Introductions to answer"))
    owner.goto(f"{live_server.url}/messages/")
    expect(owner.locator("main")).to_contain_text(
        words(language, "有人建议与贵单位对接", "An introduction is proposed")
    )
    introduction = Introduction.everywhere().get()
    page = f"{home}/introductions/{introduction.public_id}/"
    owner.goto(page)
    expect(owner.locator("main")).not_to_contain_text("1620")
    accessible(owner)
    owner.click("a[href$='/consent/']")
    owner.click("main form button[type=submit]")
    expect(owner.locator("main")).not_to_contain_text("1620")
    for one in (owner, office):
        one.goto(f"{page}sign/")
        one.set_input_files("#id_file", {"name": "保密协议.pdf", "mimeType": "application/pdf", "buffer": PDF})
        one.check("#id_confirmed")
        one.click("main form button[type=submit]")
        expect(one.locator(".jd-messages")).to_contain_text(words(language, "本方已签署", "Your side has signed"))
    owner.goto(page)
    expect(owner.locator("main")).to_contain_text("1620至1650℃")
    expect(owner.locator("main")).to_contain_text("027-87654321")
    accessible(owner)

    owner.click("a[href$='/meet/']")
    owner.fill("#id_on", introduction.created_at.date().isoformat())
    owner.select_option("#id_how", "plant")
    owner.fill("#id_note", "看了产线,约定两个月内试制20片。")
    owner.click("main form button[type=submit]")
    expect(owner.locator("main")).to_contain_text("试制20片")
    office.goto(f"{page}agree/")
    office.fill("#id_title", "外延缺陷控制技术开发合同")
    office.select_option("#id_cooperation_kind", "development")
    office.fill("#id_signed_on", introduction.created_at.date().isoformat())
    office.fill("#id_amount_fen", "200")
    office.click("main form button[type=submit]")
    cooperation = CooperationRecord.everywhere().get()
    owner.goto(f"{home}/cooperations/{cooperation.public_id}/")
    owner.click("button[value=confirm]")
    expect(owner.locator(".jd-record-kind")).to_contain_text(words(language, "进行中", "running"))
    accessible(owner)
    # The public follows the challenge by its feeds; the office reads the figures.
    public = visitor()
    for feed, text in (("challenges.atom", need.title), ("challenges.ics", "BEGIN:VEVENT")):
        assert text in public.request.get(f"{home}/{feed}").text()
    officer.goto(f"{home}/figures/")
    expect(officer.locator("main")).to_contain_text("100.0%")
    accessible(officer)


def test_two_spellings_of_one_university(transactional_db, live_server, visitor, language):
    """Found by their names, merged, parted again; recusal follows."""
    cast = Cast()
    school = factories.organisation("江城示范大学（武汉）")
    wide = factories.organisation("江城示范大学(武汉)")
    colleague = cast.account("colleague", (Role.PROGRAMME_OFFICER, cast.programme), (Role.RESEARCHER, wide))
    need = factories.need(cast.programme, school, state="submitted")
    page = f"{live_server.url}/p/{cast.programme.slug}/needs/{need.public_id}/"

    def may_check():
        other = visitor(colleague)
        other.goto(page)
        return other.locator("button[value=pass]").count() == 1

    assert may_check()
    officer = visitor(cast.officer)
    officer.goto(f"{live_server.url}/organisations/twice/")
    officer.click("form[action$='/seek/'] button")
    run_queued()
    officer.goto(f"{live_server.url}/organisations/twice/")
    expect(officer.locator("main")).to_contain_text(words(language, "名称仅括号形式不同", "style of their brackets"))
    accessible(officer)
    proposal = f"{live_server.url}/organisations/twice/{MergeProposal.objects.get().public_id}/"
    officer.goto(proposal)
    accessible(officer)
    for verb, chinese, english, after in (
        ("keep-first", "已合并", "merged", False),
        ("undo", "已撤销", "undone", True),
    ):
        officer.locator(f"details:has(button[value={verb}]) summary").click()
        officer.fill(f"#ask-{verb}", "核对登记档案")
        officer.click(f"button[value={verb}]")
        expect(officer.locator(".jd-record-kind")).to_contain_text(words(language, chinese, english))
        assert may_check() is after


def test_a_firm_is_offered_a_result_says_why_not_and_is_not_bothered_again(
    transactional_db, live_server, visitor, language
):
    cast = Cast()
    factories.need(cast.programme, cast.enterprise, state="published")
    home = f"{live_server.url}/p/{cast.programme.slug}"
    owner = visitor(cast.owner)
    owner.goto(f"{home}/offers/")
    accessible(owner)
    owner.goto(f"{home}/offers/wish/")
    owner.check("#id_wanted")
    owner.fill("#id_most_a_week", "5")
    accessible(owner)
    owner.click("main form button[type=submit]")
    result = factories.result(cast.programme, cast.university)
    rebuild()
    assert push() == 1
    owner.goto(f"{home}/")
    expect(owner.locator("main")).to_contain_text(words(language, "给您的推送", "Offers for you"))
    owner.goto(f"{live_server.url}/messages/")
    expect(owner.locator("main")).to_contain_text(result.title)
    owner.goto(f"{home}/offers/{Offer.everywhere().get().public_id}/")
    accessible(owner)
    owner.locator("details:has(button[value=refuse]) summary").click()
    owner.select_option("#cause-refuse", "offer.partner")
    owner.click("button[value=refuse]")
    expect(owner.locator(".jd-record-kind")).to_contain_text(words(language, "已谢绝", "refused"))
    ResearchResult.everywhere().update(offered_at=None)
    factories.result(cast.programme, cast.university)
    rebuild()
    assert push() == 0
    narrow = visitor(cast.owner, width=390)
    narrow.goto(f"{home}/offers/")
    accessible(narrow)
