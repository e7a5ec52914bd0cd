"""Charts and the tile map: what they say in words, in a table, in a picture, and where their points lead."""

import re

import pytest
from django.utils import translation
from playwright.sync_api import expect

from jiandao.kernel.components import Chart, Drop, Series, Tile, TileMap
from jiandao.kernel.components.tiles import SHORT, places


def test_every_prefecture_of_the_vocabulary_has_one_tile_and_no_other():
    assert len(places()) == 17
    assert SHORT.keys() == places().keys()


def test_counts_by_place_become_tiles_and_what_has_no_place_is_counted_apart():
    found = TileMap.of("m", "需求", {"4201": 30, "4206": 2, None: 4, "": 1, "3301": 6}, unit="项")
    figures = {tile.code: tile.figure for tile in found.shown}
    assert (figures["4201"], figures["4206"], figures["4228"]) == ("30", "2", "0")
    assert found.unknown == 11
    with translation.override("en"):
        assert found.unknown_words == "11 more without a known place in the province."
    assert sum(int(figure) for figure in figures.values()) + found.unknown == 43, "nothing is dropped"


@pytest.mark.parametrize("code", ["42", "9999", "武汉市", ""])
def test_a_tile_for_no_prefecture_is_a_fault(code):
    with pytest.raises(ValueError, match="no prefecture"):
        TileMap("m", "需求", [Tile(code, 1)])


def test_a_place_cannot_stand_twice():
    with pytest.raises(ValueError, match="twice"):
        TileMap("m", "需求", [Tile("4201", 1), Tile("4201", 2)])


def test_shares_are_not_added_up():
    with pytest.raises(ValueError, match="added up"):
        TileMap.of("m", "份额", {"4201": 0.3}, kind="percent")


def test_shades_follow_the_order_of_the_values_and_the_legend_names_them():
    counts = {code: number * number for number, code in enumerate(places())}
    found = TileMap.of("m", "需求", counts)
    steps = {tile.code: tile.step for tile in found.shown}
    ordered = [steps[code] for code in sorted(counts, key=counts.__getitem__)]
    assert ordered == sorted(ordered)
    assert set(ordered) == {0, 1, 2, 3, 4, 5}
    legend = found.legend
    assert [one.words for one in legend] == ["0", "1–9", "16–36", "49–81", "100–144", "169–256"]


def test_few_values_take_few_shades_and_not_known_is_not_nought():
    found = TileMap("m", "需求", [Tile("4201", 5), Tile("4202", 5), Tile("4203", None), Tile("4205", 0)])
    shown = {tile.code: (tile.figure, tile.step) for tile in found.shown}
    assert (shown["4201"], shown["4203"], shown["4205"], shown["4213"]) == (("5", 5), ("—", 0), ("0", 0), ("—", 0))


def test_money_is_whole_on_the_tile_and_exact_in_the_table():
    found = TileMap("m", "投入", [Tile("4201", 1_234_567_800)], kind="money")
    with translation.override("zh-hans"):
        wuhan = found.shown[0]
        assert (wuhan.name, wuhan.short, wuhan.figure, wuhan.whole) == ("武汉市", "武汉", "1,235", "1,234.5678 万元")
        assert found.shown_unit == "万元"
    with translation.override("en"):
        assert found.shown[0].name == "Wuhan"


def _funnel(**more):
    return Chart(
        "f", "Relay", "funnel", ["needs", "checked", "matched"], [Series("n", [100, 60, 75])],
        drops=[[Drop("returned", 30, "/list/"), Drop("none", 0)], [], []], **more,
    )  # fmt: skip


def test_a_funnel_says_share_of_the_step_before_drops_with_reasons_and_who_still_waits():
    first, second, third = _funnel().steps
    assert (first.share, second.share, third.share) == ("—", "60%", "125%")
    assert (first.dropped, [link.label for link in first.drops], first.waiting) == ("30", ["returned 30"], "10")
    assert second.waiting == "—", "one record may become several: then nobody can be said to wait"


@pytest.mark.parametrize(
    "build",
    [
        lambda: Chart("c", "c", "bar", ["a", "b"], [Series("s", [1])]),
        lambda: Chart("c", "c", "bar", ["a", "b"], [Series("s", [1, 2], ["/x/"])]),
        lambda: Chart("c", "c", "scatter", ["a"], [Series("s", [1])]),
        lambda: Chart("c", "c", "funnel", ["a"], [Series("s", [1]), Series("t", [1])]),
        lambda: Chart("c", "c", "funnel", ["a", "b"], [Series("s", [1, 1])], drops=[[]]),
    ],
)
def test_a_chart_whose_parts_do_not_fit_is_a_fault(build):
    with pytest.raises(ValueError, match="Chart c:"):
        build()


def test_money_is_drawn_in_its_unit_and_written_out_in_the_table():
    chart = Chart("c", "资金", "line", ["7月", "8月"], [Series("资金", [1_250_000_000, None])], figures="money")
    with translation.override("zh-hans"):
        assert chart.data["series"][0]["values"] == [1250.0, None]
        assert chart.table[0][1][0].words == "1,250.00 万元"
        assert (chart.shown_unit, chart.table[1][1][0].words) == ("万元", "—")


def test_an_address_that_is_no_web_address_leads_nowhere():
    chart = Chart("c", "c", "bar", ["a"], [Series("s", [1], ["javascript:alert(1)"])])
    assert chart.data["series"][0]["hrefs"] == ["#"]
    assert chart.table[0][1][0].href == "#"


@pytest.mark.browser
def test_pressing_a_bar_leads_to_its_list(visit):
    page = visit("/chart/")
    bars = page.locator("figure[data-chart=needs-data] svg path[fill='#14508c']")
    expect(bars.first).to_be_visible(timeout=10000)
    page.wait_for_timeout(1200)  # the bars have grown
    bars.nth(2).click()
    page.wait_for_url(re.compile(r"/list/\?m=2$"))


@pytest.mark.browser
def test_pressing_a_step_of_the_funnel_leads_to_its_list(visit):
    page = visit("/chart/")
    steps = page.locator("figure[data-chart=relay-data] svg path[fill='#14508c']")
    expect(steps.first).to_be_visible(timeout=10000)
    page.wait_for_timeout(1200)
    steps.first.click()
    page.wait_for_url(re.compile(r"/list/\?step=1$"))


@pytest.mark.browser
def test_the_table_of_the_funnel_stays_open_and_the_others_are_one_click_away(visit):
    page = visit("/chart/")
    funnel, needs = page.locator("figure[data-chart=relay-data]"), page.locator("figure[data-chart=needs-data]")
    expect(needs.locator("table")).to_be_hidden(timeout=10000)
    expect(funnel.locator("tbody tr").nth(1)).to_contain_text("82%")
    expect(funnel.locator("a[href='/list/?drop=2']")).to_have_text("已有成熟技术 301")
    needs.locator("summary").click()
    expect(needs.locator("td a").first).to_have_attribute("href", "/list/?m=0")
    expect(page.locator("figure", has_text="尚无数字")).to_contain_text("还没有立项的项目。")


@pytest.mark.browser
def test_a_chart_fits_a_narrow_screen_after_turning(visit):
    page = visit("/chart/")
    expect(page.locator(".jd-canvas svg")).to_have_count(5, timeout=10000)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(300)
    widths = page.locator(".jd-canvas svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
    assert max(widths) <= 390


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_tiles_are_links_reached_by_keyboard_with_place_and_number(visit, scripts):
    page = visit("/chart/", width=390, scripts=scripts)
    tile = page.get_by_role("link", name="武汉 812 项")
    expect(tile).to_have_attribute("href", "/list/?place=4201")
    boxes = page.locator(".jd-tile").evaluate_all(
        "all => all.map(one => [one.scrollWidth <= one.clientWidth + 1, one.getBoundingClientRect().right])"
    )
    assert len(boxes) == 17
    assert all(fits and right <= 390 for fits, right in boxes)
    tile.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"place=4201$"))


@pytest.mark.browser
def test_the_table_of_the_map_names_every_place_and_the_rest(visit):
    page = visit("/chart/", language="en", scripts=False)
    page.locator(".jd-tilemap summary").click()
    expect(page.locator(".jd-tilemap tbody tr")).to_have_count(18)
    expect(page.locator(".jd-tilemap tbody tr").last).to_contain_text("Without a known place")
