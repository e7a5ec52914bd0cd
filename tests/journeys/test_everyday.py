"""The pages around the records: views of lists, files, rules, messages, tokens; each clean at both widths."""

import pytest
from playwright.sync_api import expect

import factories
from jiandao.kernel.accounts.roles import Role
from journeys.conftest import accessible
from journeys.test_needs import Cast, words

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 50 + b"%%EOF\n"


def test_every_page_of_the_office_is_clean(transactional_db, live_server, visitor, language):
    cast = Cast()
    factories.need(cast.programme, cast.enterprise, state="published")
    officer = visitor(cast.officer)
    home = f"/p/{cast.programme.slug}"
    for address in (
        f"{home}/", f"{home}/rules/", f"{home}/rules/exchange.need.text_limit/", f"{home}/jobs/", f"{home}/outbox/",
        f"{home}/search/?q=碳化硅", "/views/", "/api/", "/accounts/tokens/", "/messages/", "/messages/settings/",
        "/organisations/", "/accounts/password/change/", "/accounts/2fa/", f"{home}/nowhere/",
    ):  # fmt: skip
        officer.goto(f"{live_server.url}{address}")
        accessible(officer)


def test_a_view_is_saved_opened_as_default_and_deleted(transactional_db, live_server, visitor, language):
    cast = Cast()
    for state in ("published", "submitted"):
        factories.need(cast.programme, cast.enterprise, state=state, title=f"need {state}")
    officer = visitor(cast.officer)
    needs = f"{live_server.url}/p/{cast.programme.slug}/needs/"
    officer.goto(f"{needs}?state=submitted")
    officer.click(".jd-inline-details summary")
    officer.fill("#jd-view-name", "待审")
    officer.click(".jd-inline-details button")
    expect(officer.locator(".jd-views a[aria-current]")).to_have_text("待审")
    accessible(officer)
    officer.goto(f"{live_server.url}/views/")
    officer.click("button[value=default]")
    accessible(officer)
    officer.goto(needs)
    expect(officer.locator("tbody tr")).to_have_count(1)
    officer.locator(".jd-views a").first.click()
    expect(officer.locator("tbody tr")).to_have_count(2)
    officer.goto(f"{live_server.url}/views/")
    officer.click("button[value=delete]")
    officer.goto(needs)
    expect(officer.locator("tbody tr")).to_have_count(2)


@pytest.mark.parametrize(
    ("language", "scripts"), [("zh-hans", True), ("en", True), ("en", False)], indirect=["language"]
)
def test_a_file_is_attached_read_and_removed(transactional_db, live_server, visitor, language, scripts, tmp_path):
    cast = Cast()
    need = factories.need(cast.programme, cast.enterprise, state="draft")
    owner = visitor(cast.owner, scripts=scripts)
    owner.goto(f"{live_server.url}/p/{cast.programme.slug}/needs/{need.public_id}/")
    owner.set_input_files("#attach-file", {"name": "检测报告.pdf", "mimeType": "application/pdf", "buffer": PDF})
    owner.fill("#attach-caption", "缺陷密度")
    owner.click(".jd-attach button")
    evidence = owner.locator(".jd-evidence").first
    expect(evidence).to_contain_text("检测报告.pdf")
    expect(evidence).to_contain_text("缺陷密度")
    if scripts:
        accessible(owner)
    with owner.expect_download() as download:
        owner.locator(".jd-evidence a").first.click()
    assert download.value.path().read_bytes() == PDF
    owner.locator(".jd-evidence details summary").click()
    owner.click(".jd-evidence details button")
    expect(owner.locator("body")).to_contain_text(words(language, "已移除", "was removed"))
    expect(owner.locator(".jd-timeline")).to_contain_text(words(language, "移除附件", "remove a file"))
    # A program in the guise of a document is refused with a sentence, and what was there stays.
    owner.set_input_files(
        "#attach-file", {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + b"0" * 99}
    )
    owner.click(".jd-attach button")
    expect(owner.locator("body")).to_contain_text(words(language, "程序", "is a program"))


def test_a_token_is_made_shown_once_and_revoked(transactional_db, live_server, visitor, language):
    cast = Cast()
    owner = visitor(cast.owner)
    owner.goto(f"{live_server.url}/accounts/tokens/")
    owner.fill("main [name=name]", "报表")
    owner.click("main form button[type=submit]")
    shown = owner.locator("#secret").input_value()
    assert len(shown) > 20
    accessible(owner)
    answer = owner.request.get(
        f"{live_server.url}/api/v1/me", headers={"Authorization": f"Bearer {shown}", "Cookie": ""}
    )
    assert answer.ok
    owner.goto(f"{live_server.url}/accounts/tokens/")
    assert shown not in owner.content()
    owner.click("form[action*=revoke] button")
    answer = owner.request.get(
        f"{live_server.url}/api/v1/me", headers={"Authorization": f"Bearer {shown}", "Cookie": ""}
    )
    assert answer.status == 401


def test_the_roles_that_only_read_find_their_pages(transactional_db, live_server, visitor, language):
    cast = Cast()
    factories.need(cast.programme, cast.enterprise, state="published", title="公开需求")
    for role in (Role.LEADER, Role.AUDITOR, Role.EXPERT):
        account = cast.account(str(role), (role, cast.programme))
        page = visitor(account)
        page.goto(f"{live_server.url}/p/{cast.programme.slug}/needs/")
        expect(page.locator("tbody")).to_contain_text("公开需求")
        accessible(page)
