"""Every component in a real browser: accessible, narrow, in both languages, without scripts, by keyboard, on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGES = [
    "/desk/", "/desk/?empty=1", "/desk/?tour=1", "/list/", "/list/?state=1&q=x", "/list/?empty=1", "/record/", "/form/",
    "/conflict/",
    "/progress/", "/match/", "/chart/", "/fault/404/", "/fault/503/", "/accounts/login/", "/entrance/code/",
    "/entrance/totp/", "/entrance/recovery/", "/entrance/password/", "/entrance/sessions/",
]  # fmt: skip
CHINESE = re.compile(r"[一-鿿]")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_no_accessibility_violation_and_nothing_wider_than_the_screen(visit, path, language):
    page = visit(path, language=language)
    assert page.locator("html").get_attribute("lang") == language
    assert page.title().endswith("尖刀" if language == "zh-hans" else "Jiandao")
    looked_at = 1280 if language == "zh-hans" else 390  # both fill the same templates, and axe takes its time
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        # What is folded must be readable too.
        page.evaluate("document.querySelectorAll('details:not(.jd-menu)').forEach(d => { d.open = true; })")
        if width == looked_at:
            result = Axe().run(page)
            assert result.violations_count == 0, f"{width} px: {result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{width} px: scrolls sideways"


@pytest.mark.parametrize(
    "path", ["/desk/", "/list/?state=1&q=x", "/record/", "/form/", "/chart/", "/match/", "/conflict/"]
)
def test_dark_is_as_readable_as_light(visit, path):
    page = visit(path, dark=True)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 27, 33)"
    page.evaluate("document.querySelectorAll('details:not(.jd-menu)').forEach(d => { d.open = true; })")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("width", [1280, 390])
def test_open_menu_is_accessible(visit, width):
    page = visit("/desk/", width=width)
    page.click(".jd-menu summary")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


def test_form_with_errors_says_what_to_mend_and_keeps_what_was_typed(visit):
    page = visit("/form/")
    page.fill("#id_title", "")
    page.fill("#id_problem", "长" * 520)
    page.click("button[value=save]")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors")).to_contain_text("问题描述")
    assert page.input_value("#id_problem") == "长" * 520
    assert page.title().startswith("请更正")
    page.click("#errors a[href='#id_title']")
    expect(page.locator("#id_title")).to_be_focused()
    assert page.locator("input[name=version]").input_value() == "4"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()


def test_counter_counts_as_the_server_does_and_does_not_cut_off(visit):
    page = visit("/form/")
    page.fill("#id_title", "一二三\n四😀"[:3] + "😀")
    expect(page.locator("#id_title-counter")).to_have_text("已填 4 字，限 60 字")
    page.fill("#id_problem", "行\n行")
    expect(page.locator("#id_problem-counter")).to_have_text("已填 4 字，限 500 字")
    page.fill("#id_title", "超" * 61)
    assert page.input_value("#id_title") == "超" * 61
    expect(page.locator("#id_title-counter")).to_have_text("超出 1 字（限 60 字）")


def test_draft_is_saved_while_typing_and_a_second_writer_is_told(visit):
    page = visit("/form/")
    page.fill("#id_title", "新名称")
    expect(page.locator("[data-autosave-state]")).to_have_text("草稿已于 10:32 自动保存", timeout=5000)
    page.fill("#id_title", "冲突")
    expect(page.locator("[data-autosave-state]")).to_contain_text("他人已保存过这条记录", timeout=5000)


def test_draft_that_cannot_be_saved_says_so_and_tries_again(visit):
    page = visit("/form/")
    page.route("**/form/autosave/", lambda route: route.abort())
    page.fill("#id_title", "断网时写的")
    expect(page.locator("[data-autosave-state]")).to_contain_text("仍在本页", timeout=5000)
    page.unroute("**/form/autosave/")
    expect(page.locator("[data-autosave-state]")).to_have_text("草稿已于 10:32 自动保存", timeout=15000)


def test_leaving_a_changed_form_is_asked_about(visit):
    page = visit("/form/")
    leaves = """() => {
        const event = new Event("beforeunload", {cancelable: true});
        window.dispatchEvent(event);
        return !event.defaultPrevented;
    }"""
    assert page.evaluate(leaves)
    page.locator("#id_title").press_sequentially("改")
    assert not page.evaluate(leaves)


def test_job_is_polled_until_it_is_done(visit):
    page = visit("/progress/")
    expect(page.locator("progress")).to_have_attribute("value", "42")
    expect(page.locator("#job")).to_contain_text("8,420 / 20,000")
    expect(page.locator("#job a.btn-primary")).to_have_text("查看结果", timeout=5000)
    assert page.locator("#job[hx-get]").count() == 0, "a finished job is not asked again"


def test_without_scripts_a_running_job_reloads_itself(visit):
    page = visit("/progress/", scripts=False)
    assert page.locator("head noscript").count() == 1
    assert 'http-equiv="refresh" content="3"' in page.content()
    assert page.locator("form[action='/progress/'] button").is_visible()


def test_without_scripts_everything_can_still_be_done(visit):
    page = visit("/record/", scripts=False)
    assert page.locator("[data-print]").is_hidden()
    page.locator("summary", has_text="退回修改").click()
    page.fill("#ask-return", "缺少测试方法")
    page.locator("button[value=return]").click()
    expect(page.locator(".jd-message-success")).to_contain_text("return 缺少测试方法")
    page = visit("/list/", scripts=False)
    page.select_option("#id_state", "2")
    page.locator(".jd-filters button").click()
    expect(page.locator(".jd-chips")).to_contain_text("状态：已发布")
    page.locator(".jd-clear").click()
    expect(page.locator(".jd-chips")).to_have_count(0)
    page = visit("/chart/", scripts=False)
    expect(page.locator("table:visible")).to_have_count(5)
    expect(page.locator("table").first).to_contain_text("1,420")
    page = visit("/conflict/", scripts=False)
    page.check("input[name=choice_title][value=theirs]")
    page.click("button[value=save]")
    expect(page.locator("body")).to_contain_text('"choice_title": "theirs"')
    expect(page.locator("body")).to_contain_text('"choice_problem": "mine"')
    expect(page.locator("body")).to_contain_text('"version": "5"')


@pytest.mark.parametrize("scripts", [True, False])
def test_language_switches_and_comes_back_to_the_same_page(visit, scripts):
    page = visit("/list/?state=1", scripts=scripts)
    page.click(".jd-language button")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/list/?state=1")
    expect(page.locator(".jd-total")).to_have_text("1,234 records")
    page.click(".jd-language button")
    expect(page.locator(".jd-total")).to_have_text("共 1,234 条")


@pytest.mark.parametrize("scripts", [True, False])
def test_narrow_menu_opens_and_closes(visit, scripts):
    page = visit("/desk/", width=390, scripts=scripts)
    assert page.locator("#nav").is_hidden()
    page.click(".jd-nav-open")
    expect(page.locator("#nav a", has_text="驾驶舱")).to_be_visible()
    page.click(".jd-nav-close")
    assert page.locator("#nav").is_hidden()


def _tab_to(page: Page, selector: str, limit: int = 60) -> None:
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} does not show its focus"
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")


def test_keyboard_alone_walks_from_list_to_record_to_form(visit):
    page = visit("/list/")
    page.keyboard.press("Tab")
    expect(page.locator(".jd-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    _tab_to(page, "thead a[href*='order=money']")
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("拟投入")
    _tab_to(page, "tbody tr:nth-child(2) a", 80)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("碳化硅")
    _tab_to(page, ".jd-ask summary", 80)
    page.keyboard.press("Enter")
    _tab_to(page, "#ask-return", 3)
    page.keyboard.type("缺少测试方法")
    _tab_to(page, "button[value=return]", 3)
    page.keyboard.press("Enter")
    expect(page.locator(".jd-message-success")).to_contain_text("缺少测试方法")
    _tab_to(page, ".jd-menu summary")
    page.keyboard.press("Enter")
    expect(page.locator(".jd-menu-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".jd-menu-panel")).to_be_hidden()
    expect(page.locator(".jd-menu summary")).to_be_focused()
    _tab_to(page, "a[href='/form/']", 80)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("编辑技术需求")
    _tab_to(page, "#id_title")
    page.keyboard.press("Control+A")
    page.keyboard.type("只用键盘")
    _tab_to(page, "input[name=direction]")
    page.keyboard.press("Space")
    _tab_to(page, "button[value=save]")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    assert page.input_value("#id_title") == "只用键盘"


def test_twelve_rows_stand_on_a_laptop(visit):
    page = visit("/list/")
    last = page.locator("tbody tr").nth(11).bounding_box()
    assert last is not None
    assert last["y"] < 720


def test_narrow_list_shows_each_value_with_its_label(visit):
    page = visit("/list/", width=390)
    cell = page.locator("tbody tr").first.locator("td").nth(3)
    assert cell.evaluate("e => getComputedStyle(e, '::before').content") == '"拟投入 (万元)"'
    assert page.locator("tbody tr").first.bounding_box()["width"] <= 390
    expect(page.get_by_role("row")).to_have_count(51)


def test_print_shows_the_record_and_hides_what_cannot_be_pressed_on_paper(visit):
    page = visit("/record/")
    page.emulate_media(media="print")
    for hidden in (".jd-header", ".jd-nav", ".jd-record-side", ".jd-tools", ".jd-footer"):
        assert page.locator(hidden).first.is_hidden(), hidden
    assert page.locator(".jd-changes").is_visible(), "what changed is printed even where it is folded on the screen"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_chart_is_drawn_and_each_page_without_one_loads_no_chart_library(visit):
    page = visit("/chart/")
    expect(page.locator(".jd-canvas svg")).to_have_count(5, timeout=10000)
    page.locator(".jd-canvas").nth(1).hover()  # the tooltip must not need inline styles either
    page.wait_for_timeout(200)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("/chart/", "/list/"))
    page.wait_for_load_state("networkidle")
    assert asked
    assert not [url for url in asked if "echarts" in url]


def test_english_pages_have_no_chinese_of_ours(visit):
    page = visit("/entrance/sessions/", language="en")
    words = page.locator("main").inner_text() + page.locator(".jd-footer").inner_text().split("Contact")[-1]
    assert not CHINESE.search(words), words
