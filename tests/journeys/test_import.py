"""The story of an import: faults by cell, mended, needs and results, and what fits what, in both languages."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import run_queued
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search.follower import follow
from jiandao.stages.exchange.models import Need, ResearchResult
from journeys.conftest import accessible

pytestmark = pytest.mark.browser

HEADERS = "编号,需求名称,需求方,主要问题,预算(万元),截止日期,指标\n"
GOOD = "N1,8英寸碳化硅外延片缺陷控制,示例存储公司,外延片的缺陷密度为3个/cm²。,300,2027-05-01,缺陷密度 ≤ 1 个/cm²; KLA检测\n"
BAD = "N2,轴承钢洁净度,示例轴承公司,氧含量高。,面议,2027-02-30,先进\n"
MENDED = "N2,轴承钢洁净度,示例轴承公司,氧含量高。,200,2027-02-28,氧含量 ≤ 5 ppm; 光谱法\n"
RESULTS = (
    "编号,成果名称,完成单位,成果简介\n"
    "R1,碳化硅外延片缺陷控制的氯基外延工艺,示例大学,用氯基外延和原位刻蚀把碳化硅外延片的缺陷密度降到0.5个/cm²。\n"
    "R2,水稻抗旱品种选育,示例大学,用分子标记选育抗旱的水稻品种，已在三个县连续两年试种并测产，增产明显。\n"
)


def words(language, chinese, english):
    return chinese if language == "zh-hans" else english


def upload(page, address, name, content):
    page.goto(address)
    page.set_input_files("#id_file", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.click("main button[type=submit]")


def imported(page):
    """Press import, let the worker work, and come back to the report."""
    page.click("button[value=import]")
    page.wait_for_url("**/jobs/**")
    run_queued()
    page.reload()
    page.locator("main a[href*='/imports/']").first.click()


@pytest.mark.parametrize(
    ("language", "scripts"), [("zh-hans", True), ("en", True), ("en", False)], indirect=["language"]
)
def test_from_a_faulty_file_to_matches(transactional_db, live_server, visitor, language, scripts):
    programme = factories.programme(name_zh="尖刀工程", name_en="Spearhead")
    account = factories.account("officer", password=factories.PASSWORD)
    factories.grant(account, Role.PROGRAMME_OFFICER, programme)
    home = f"{live_server.url}/p/{programme.slug}"
    officer = visitor(account, scripts=scripts)
    officer.goto(f"{home}/needs/")
    officer.locator("a[href$='/import/needs/']").click()
    accessible(officer) if scripts else None
    with officer.expect_download() as download:
        officer.locator("main a[download]").click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"

    # Chinese from an older spreadsheet program: GB18030.
    upload(officer, f"{home}/import/needs/", "需求.csv", (HEADERS + GOOD + BAD).encode("gb18030"))
    expect(officer.locator("select[name=column-1]")).to_have_value("title")
    accessible(officer) if scripts else None
    officer.click("button[value=check]")
    report = officer.locator("[aria-labelledby=report-title]")
    for cell in ("E3", "F3", "G3"):
        expect(report).to_contain_text(cell)
    expect(report).to_contain_text(words(language, "不是金额", "no amount of money"))
    accessible(officer) if scripts else None

    # All or nothing is the default: nothing is imported, and the page says so.
    officer.click("button[value=import]")
    expect(officer.locator("[role=alert]")).to_contain_text(words(language, "1", "Faulty rows: 1."))
    assert not Need.everywhere().exists()
    officer.check("[name=mode][value=good]")
    officer.select_option("#state", "published")
    officer.check("[name=as_they_are]")
    imported(officer)
    assert Need.everywhere().get().source == "需求"

    # The mended file takes over source, columns and options.
    officer.locator("a[href*='?after=']").click()
    officer.set_input_files(
        "#id_file", {"name": "需求-改.csv", "mimeType": "text/csv", "buffer": (HEADERS + GOOD + MENDED).encode()}
    )
    officer.click("main button[type=submit]")
    expect(officer.locator("#source")).to_have_value("需求")
    officer.click("button[value=check]")
    imported(officer)
    accessible(officer) if scripts else None
    with in_programme(programme):
        needs = {need.source_id: need for need in Need.objects.prefetch_related("indicators")}
        assert {key: need.version for key, need in needs.items()} == {"N1": 1, "N2": 1}
        assert [str(one) for one in needs["N2"].indicators.all()] == ["氧含量 ≤ 5 ppm"]

    upload(officer, f"{home}/import/results/", "成果.csv", RESULTS.encode())
    officer.select_option("#state", "published")
    officer.click("button[value=check]")
    imported(officer)
    assert ResearchResult.everywhere().filter(state="published").count() == 2

    follow()
    officer.goto(f"{home}/needs/{needs['N1'].public_id}/matches/")
    main = officer.locator("main")
    expect(main).to_contain_text(words(language, "共同词语", "Shared terms"))
    text = main.inner_text()
    best = text.index("碳化硅外延片缺陷控制的氯基外延工艺")
    assert "水稻" not in text or best < text.index("水稻")
    assert "外延片的缺陷密度" in text[best:]  # why it was found
    accessible(officer) if scripts else None
    seal_all()
    assert verify().sound


def test_an_import_by_keyboard_alone(transactional_db, live_server, visitor, language):
    """Choosing the file is the system's dialog; everything else is reached and pressed with the keys."""
    programme = factories.programme()
    account = factories.account("officer", password=factories.PASSWORD)
    factories.grant(account, Role.PROGRAMME_OFFICER, programme)
    page = visitor(account)
    page.goto(f"{live_server.url}/p/{programme.slug}/import/needs/")
    page.set_input_files("#id_file", {"name": "需求.csv", "mimeType": "text/csv", "buffer": (HEADERS + GOOD).encode()})
    page.locator("#id_file").focus()
    press_until(page, "main button[type=submit]")
    page.wait_for_url("**/imports/**")
    page.locator("#source").focus()
    press_until(page, "button[value=check]")
    expect(page.locator("[aria-labelledby=report-title]")).to_contain_text("1")
    page.locator("#source").focus()
    press_until(page, "button[value=import]")
    page.wait_for_url("**/jobs/**")
    run_queued()
    assert Need.everywhere().count() == 1


def press_until(page, selector):
    """Tab to the first element of that selector and press it."""
    for _step in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement === document.querySelector({selector!r})"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
