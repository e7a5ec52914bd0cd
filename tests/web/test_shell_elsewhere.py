"""Pages that all programmes share keep the menu of the programme that one comes from."""

from django.test import Client
from django.urls import reverse

import factories
from jiandao.kernel.accounts.roles import Role


def test_the_directory_keeps_the_menu_of_the_programme_one_comes_from(db):
    first, second = factories.programme(), factories.programme()
    officer = factories.actor((Role.PROGRAMME_OFFICER, first), (Role.PROGRAMME_OFFICER, second))
    client = factories.english_client(officer)
    organisations = reverse("people:organisations")
    for one in (first, second, first):
        client.get(reverse("desk", kwargs={"programme": one.slug}))
        page = client.get(organisations).content.decode()
        assert reverse("exchange:needs", kwargs={"programme": one.slug}) in page
        assert reverse("search", kwargs={"programme": one.slug}) in page


def test_a_cookie_that_names_nothing_leads_to_the_newest_programme_and_strangers_get_none(db):
    newest = factories.programme()
    client = factories.english_client(factories.actor((Role.PROGRAMME_OFFICER, newest)))
    for odd in ("nothing", "a\0b", "x" * 3000):
        client.cookies["jd_programme"] = odd
        page = client.get(reverse("people:organisations"))
        assert page.status_code == 200
        assert reverse("exchange:needs", kwargs={"programme": newest.slug}) in page.content.decode()
    stranger = Client()
    stranger.get(reverse("desk", kwargs={"programme": newest.slug}))
    assert "jd_programme" not in stranger.cookies
