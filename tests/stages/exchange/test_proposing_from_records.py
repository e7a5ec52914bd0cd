"""From a challenge, a need, a result or a capability straight to the proposal of an introduction."""

import pytest

import factories
from jiandao.kernel.accounts.roles import Role

pytestmark = pytest.mark.django_db


def _form(programme, code, record):
    return f"/p/{programme.slug}/introductions/new/?{code}={record.public_id}"


def _links_to_form(client, programme, word, record):
    page = client.get(f"/p/{programme.slug}/{word}/{record.public_id}/").content.decode()
    return "/introductions/new/" in page


@pytest.fixture
def place():
    programme, asker, answerer = factories.programme(), factories.organisation(), factories.organisation()
    return {
        "programme": programme,
        "challenges": factories.challenge(programme, asker),
        "results": factories.result(programme, answerer),
        "capabilities": factories.capability(programme, answerer),
        "owner": factories.english_client(factories.actor((Role.NEED_OWNER, asker), name="owner")),
        "researcher": factories.english_client(factories.actor((Role.RESEARCHER, answerer), name="researcher")),
        "officer": factories.english_client(factories.actor((Role.PROGRAMME_OFFICER, programme), name="officer")),
    }


@pytest.mark.parametrize(
    ("word", "code", "goes", "stays"),
    [
        ("challenges", "challenge", "researcher", "owner"),
        ("results", "result", "owner", "researcher"),
        ("capabilities", "capability", "owner", "researcher"),
    ],
)
def test_the_other_side_is_led_to_the_form_and_one_side_alone_is_not(place, word, code, goes, stays):
    programme, record = place["programme"], place[word]
    page = place[goes].get(f"/p/{programme.slug}/{word}/{record.public_id}/").content.decode()
    assert f'href="{_form(programme, code, record)}"' in page
    assert place[goes].get(_form(programme, code, record)).status_code == 200
    assert not _links_to_form(place[stays], programme, word, record)
    assert not _links_to_form(place["officer"], programme, word, record)


def test_a_visitor_is_led_there_by_way_of_the_sign_in(place):
    programme, record = place["programme"], place["challenges"]
    page = factories.english_client().get(f"/p/{programme.slug}/challenges/{record.public_id}/")
    assert "Sign in to propose an introduction" in page.content.decode()
    assert (
        f"next=%2Fp%2F{programme.slug}%2Fintroductions%2Fnew%2F%3Fchallenge%3D{record.public_id}"
        in page.content.decode()
    )


def test_what_is_no_longer_asked_is_not_answered(place):
    withdrawn = factories.challenge(place["programme"], factories.organisation(), state="withdrawn")
    assert not _links_to_form(place["researcher"], place["programme"], "challenges", withdrawn)
