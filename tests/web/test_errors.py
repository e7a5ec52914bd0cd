"""The page for a fault of ours."""

from django.test import RequestFactory

from jiandao.web import errors


def test_the_page_for_a_fault_of_ours_asks_the_database_nothing():
    """This test may not touch a database: the page must stand when that is what failed."""
    request = RequestFactory().get("/p/x/needs/")
    request.incident = "7KQ42M9X"
    answer = errors.server_error(request)
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "7KQ42M9X" in text
    assert 'lang="zh-hans"' in text
