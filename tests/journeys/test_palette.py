"""The command palette in a browser: by keyboard alone, with an input method, and as a page without scripts."""

import pytest
from playwright.sync_api import expect

import factories
from journeys.conftest import accessible
from journeys.test_needs import Cast, words

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(transactional_db, live_server, visitor, language):
    cast = Cast()
    factories.need(cast.programme, cast.enterprise, state="published", title="碳化硅衬底亚损伤层检测")
    page = visitor(cast.owner)
    page.goto(f"{live_server.url}/p/{cast.programme.slug}/needs/")
    return page


def test_by_keyboard_alone(owner, language):
    options, field = owner.locator("#jd-palette [role=option]"), owner.locator("#jd-palette-input")
    title = owner.locator("tbody a").first
    title.focus()
    owner.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(options.first).to_have_text(words(language, "新建需求", "New need"))
    accessible(owner)
    owner.keyboard.press("Escape")
    expect(owner.locator("#jd-palette")).to_be_hidden()
    expect(title).to_be_focused()
    owner.keyboard.press("/")
    expect(field).to_be_focused()
    owner.keyboard.type("碳化硅")
    expect(owner.locator("#jd-palette-list")).to_contain_text("亚损伤层")
    expect(owner.locator("#jd-palette [role=status]")).to_contain_text("1")
    expect(field).to_have_attribute("aria-activedescendant", "jd-option-0")
    owner.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "jd-option-1")
    owner.keyboard.press("ArrowUp")
    accessible(owner)
    owner.keyboard.press("Enter")
    expect(owner.locator("h1")).to_contain_text("亚损伤层")


def test_a_slash_in_a_field_is_a_slash(owner):
    owner.focus("#jd-search")
    owner.keyboard.type("a/b")
    assert owner.input_value("#jd-search") == "a/b"
    expect(owner.locator("#jd-palette")).to_be_hidden()


def test_composing_asks_nothing_and_its_enter_opens_nothing(owner):
    owner.keyboard.press("Control+k")
    expect(owner.locator("#jd-palette [role=option]").first).to_be_visible()
    asked = []
    owner.on("request", lambda request: asked.append(request.url))
    owner.evaluate(
        """() => {
            const field = document.getElementById("jd-palette-input");
            field.dispatchEvent(new CompositionEvent("compositionstart"));
            field.value = "tan hua";
            field.dispatchEvent(new InputEvent("input", {isComposing: true, bubbles: true}));
            field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true}));
        }"""
    )
    owner.wait_for_timeout(400)
    assert asked == []
    owner.evaluate(
        """() => {
            const field = document.getElementById("jd-palette-input");
            field.value = "碳化硅";
            field.dispatchEvent(new InputEvent("input", {isComposing: true, bubbles: true}));
            field.dispatchEvent(new CompositionEvent("compositionend"));
        }"""
    )
    expect(owner.locator("#jd-palette-list")).to_contain_text("亚损伤层")


def test_without_scripts_the_button_leads_to_a_page_with_the_same(transactional_db, live_server, visitor, language):
    cast = Cast()
    page = visitor(cast.owner, scripts=False)
    page.goto(f"{live_server.url}/p/{cast.programme.slug}/")
    page.click("[data-palette]")
    places = page.locator(".jd-places")
    expect(places.first).to_contain_text(words(language, "新建需求", "New need"))
    places.get_by_role("link", name=words(language, "成果", "Results"), exact=True).click()
    expect(page.locator("h1")).to_have_text(words(language, "成果", "Results"))
