"""Where a visitor comes from, with and without gateways, and who shares a quota with whom."""

import pytest
from axes.helpers import get_client_ip_address
from django.test import Client, RequestFactory

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.quotas import spender
from jiandao.kernel.quotas.spending import LIMITS
from jiandao.kernel.visitors import address, counted_as


def request(remote="10.0.0.1", forwarded=None):
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    return RequestFactory().get("/", REMOTE_ADDR=remote, **more)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, None, "198.51.100.7", "198.51.100.7"),
        (0, "1.1.1.1", "198.51.100.7", "198.51.100.7"),  # no gateway: the header is the visitor's own
        (1, "198.51.100.7", "127.0.0.1", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "127.0.0.1", "198.51.100.7"),  # what stood there before says nothing
        (1, "1.1.1.1,2.2.2.2,198.51.100.7", "127.0.0.1", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 10.0.0.2", "127.0.0.1", "198.51.100.7"),
        (1, None, "198.51.100.7", "198.51.100.7"),  # not through the gateway
        (2, "198.51.100.7", "10.0.0.2", "198.51.100.7"),  # through the inner one alone
        (1, "unknown", "10.0.0.2", "10.0.0.2"),
        (1, "1.1.1.1, unknown", "10.0.0.2", "10.0.0.2"),  # an unreadable address opens no way to the left
        (1, "", "10.0.0.2", "10.0.0.2"),
        (1, "198.51.100.7:4711", "127.0.0.1", "198.51.100.7"),
        (1, '"[2001:db8::7]:4711"', "127.0.0.1", "2001:db8::7"),
        (1, "2001:db8::7", "127.0.0.1", "2001:db8::7"),
        (1, "::ffff:198.51.100.7", "::1", "198.51.100.7"),
        (0, None, "fe80::1%eth0", "fe80::1"),
        (0, None, "", None),
    ],
)
def test_only_as_many_addresses_are_believed_as_there_are_gateways(settings, proxies, forwarded, remote, expected):
    settings.JIANDAO_PROXIES = proxies
    assert address(request(remote, forwarded)) == expected


def test_a_network_of_ipv6_is_one_visitor(settings):
    same = {counted_as(request(f"2001:db8:1:2:{host:x}::{host:x}")) for host in range(1, 50)}
    assert same == {"2001:db8:1:2::"}
    assert counted_as(request("2001:db8:1:3::1")) == "2001:db8:1:3::"
    assert counted_as(request("198.51.100.7")) == "198.51.100.7"
    assert counted_as(request("")) is None


def test_quotas_and_the_lock_of_sign_in_count_the_same_visitor(settings):
    settings.JIANDAO_PROXIES = 1
    for forwarded in ("1.1.1.1, 198.51.100.7", "2001:db8:1:2:3::4"):
        asked = request("127.0.0.1", forwarded)
        assert spender(asked) == f"address-{get_client_ip_address(asked)}" == f"address-{counted_as(asked)}"


@pytest.mark.django_db
def test_visitors_behind_a_gateway_have_quotas_of_their_own(settings, monkeypatch):
    settings.JIANDAO_PROXIES = 1
    monkeypatch.setitem(LIMITS, "search", (3, 10**9))

    here = factories.programme()

    def search(forwarded):
        return Client().get(f"/p/{here.slug}/search/", {"q": "轴承"}, HTTP_X_FORWARDED_FOR=forwarded).status_code

    assert [search("198.51.100.7") for _once in range(4)] == [200, 200, 200, 429]
    assert search("198.51.100.8") == 200
    # Nobody gets a new quota by a header of his own.
    assert {search(f"1.1.1.{number}, 198.51.100.7") for number in range(5)} == {429}


@pytest.mark.django_db
def test_a_lock_of_sign_in_meets_the_visitor_and_not_the_gateway(settings):
    settings.JIANDAO_PROXIES = 1
    factories.account("liqiang", password=factories.PASSWORD)

    def sign_in(forwarded, password):
        sent = {"login": "liqiang", "password": password}
        return Client().post("/accounts/login/", sent, HTTP_X_FORWARDED_FOR=forwarded).status_code

    for number in range(5):
        sign_in(f"9.9.9.{number}, 2001:db8:1:2::{number + 1}", "wrong")
    assert sign_in("2001:db8:1:2::77", factories.PASSWORD) == 429
    assert sign_in("198.51.100.8", factories.PASSWORD) == 302


@pytest.mark.django_db
def test_the_list_of_sessions_shows_the_visitor_and_not_the_gateway(settings):
    settings.JIANDAO_PROXIES = 1
    factories.account("liqiang", password=factories.PASSWORD)
    client = Client()
    sent = {"login": "liqiang", "password": factories.PASSWORD}
    client.post("/accounts/login/", sent, HTTP_X_FORWARDED_FOR="1.1.1.1, 2001:db8:1:2::77")
    shown = client.get("/accounts/sessions/", HTTP_X_FORWARDED_FOR="2001:db8:1:2::77").content.decode()
    assert "2001:db8:1:2::77" in shown
    assert "1.1.1.1" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/organisations/", "/api/v1/organisations"])
def test_the_directory_of_organisations_is_not_searched_without_end(monkeypatch, url):
    monkeypatch.setitem(LIMITS, "search", (2, 10**9))
    client = Client()
    reader = factories.actor((Role.LEADER, None), name="reader").account
    client.force_login(reader, backend="jiandao.kernel.accounts.backend.AccountBackend")
    answers = [client.get(url, {"name": "轴承"}).status_code for _once in range(3)]
    assert answers == [200, 200, 429]
    assert client.get(url).status_code == 200  # looking through it is no search
