"""The whole site in this process, and people in browsers of their own."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page

import factories
from jiandao.kernel.search import index
from jiandao.web import assets

# Playwright's own loop runs in this thread; the tests' database calls are ordinary all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def own_data_folder(settings, tmp_path):
    """Each test has a match index and an anchor of its own."""
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    yield
    index.forget_opened()


@pytest.fixture(params=["zh-hans", "en"])
def language(request) -> str:
    return request.param


@pytest.fixture
def visitor(live_server, browser: Browser, language: str) -> Iterator[Callable[..., Page]]:
    """`visitor(account)` or `visitor()`: somebody's browser, signed in, in the language of the test.

    The test fails when a page broke the content security policy or threw an error in a script.
    """
    faults: list[str] = []
    contexts = []

    def come(account=None, *, width: int = 1280, scripts: bool = True, by_form: bool = False) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "jd_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
        )
        if account is not None and not by_form:  # signed in already: the form costs more than most tests
            client = Client()
            client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page.goto(f"{live_server.url}/")
        elif account is not None:
            page.goto(f"{live_server.url}/accounts/login/")
            page.fill("[name=login]", account.username)
            page.fill("[name=password]", factories.PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(f"{live_server.url}/p/**")
        return page

    yield come
    for context in contexts:
        context.close()
    assert faults == []


SPRITE = Path(assets.__file__).parent / "static" / "vendor" / "icons.svg"
ICON_NAMES = "[...document.querySelectorAll('svg.icon use')].map(one => one.getAttribute('href').split('#')[1])"


def accessible(page: Page) -> None:
    """No violation that axe finds, nothing wider than the screen at 1280 and 390 px, and no icon that is missing."""
    page.wait_for_load_state("domcontentloaded")  # a page that has only begun has no language and no width
    there = set(re.findall(r'id="([a-z0-9-]+)"', SPRITE.read_text(encoding="utf-8")))
    assert set(page.evaluate(ICON_NAMES)) <= there, page.url
    # Both languages fill the same templates: axe looks at the wide page in one and at the narrow one in the other.
    looked_at = 1280 if page.evaluate("document.documentElement.lang") != "en" else 390
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        if width == looked_at:
            result = Axe().run(page)
            assert result.violations_count == 0, f"{page.url} {width} px: {result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} {width} px"
    page.set_viewport_size({"width": 1280, "height": 800})
