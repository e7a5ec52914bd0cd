"""Somebody left a browser signed in elsewhere, and ends that one session from the desk."""

import pytest
from allauth.usersessions.models import UserSession

import factories
from journeys.conftest import accessible

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "scripts"), [("zh-hans", True), ("en", False)], indirect=["language"])
def test_the_owner_ends_one_session_and_the_others_stay(visitor, scripts):
    factories.programme()
    account = factories.account("liqiang", password=factories.PASSWORD)
    phone = visitor(account, by_form=True)
    cafe = visitor(account, by_form=True)
    left = UserSession.objects.order_by("-pk")[0].pk
    here = visitor(account, width=390, scripts=scripts, by_form=True)
    here.goto(f"{here.url.split('/p/')[0]}/accounts/sessions/")
    if scripts:
        accessible(here)
    assert here.locator("tbody tr").count() == 3
    assert here.locator("button[formaction]").count() == 2  # none for the session one is in
    here.click(f'button[formaction$="/{left}/end/"]')
    here.wait_for_url("**/accounts/sessions/")
    assert here.locator("tbody tr").count() == 2
    for page, ended in ((phone, False), (cafe, True), (here, False)):
        page.goto(f"{page.url.split('/p/')[0].split('/accounts/')[0]}/messages/")
        assert ("/login/" in page.url) == ended
