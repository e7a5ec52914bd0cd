"""Saved views: whatever is a list can be kept as filtered and sorted, opens with it, and belongs to its owner alone."""

import pytest
from django.test import Client
from django.urls import reverse

import factories
from jiandao.kernel import saved_views
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.saved_views import SavedView, ViewFault


@pytest.fixture
def here(db):
    class Here:
        programme = factories.programme()
        enterprise = factories.organisation("武汉示例存储科技有限公司")
        account = factories.account("officer")
        url = f"/p/{programme.slug}/needs/"

        def save(self, name="期限临近", query="state=published&order=deadline", client=None, **more):
            data = {"list": "needs", "programme": self.programme.slug, "name": name, "query": query} | more
            return (client or self.client).post(reverse("view-save"), data, follow=True)

    made = Here()
    factories.grant(made.account, Role.PROGRAMME_OFFICER, made.programme)
    made.client = Client()
    made.client.force_login(made.account)
    factories.need(made.programme, made.enterprise, state="published", title="已发布的需求")
    factories.need(made.programme, made.enterprise, state="submitted", title="已提交的需求")
    return made


def test_a_view_is_kept_from_the_list_and_opened_again(here):
    page = here.client.get(here.url, {"state": "published"}).content.decode()
    assert 'name="query" value="state=published"' in page
    answer = here.save().content.decode()
    assert "已保存视图“期限临近”" in answer
    assert "已发布的需求" in answer
    assert "已提交的需求" not in answer
    page = here.client.get(here.url).content.decode()
    assert 'href="?state=published&amp;order=deadline"' in page
    assert "期限临近" in page


def test_what_the_list_does_not_know_is_not_kept(here):
    here.save(query="state=published&page=7&secret=1&order=nonsense&next=//evil")
    assert SavedView.objects.get().query == "state=published"


def test_filters_that_make_no_sense_are_refused_with_their_name(here):
    answer = here.save(query="state=nowhere").content.decode()
    assert not SavedView.objects.exists()
    assert "状态" in answer or "nowhere" in answer


def test_the_list_opens_with_the_default_and_without_it_when_asked(here):
    here.save()
    view = SavedView.objects.get()
    here.client.post(reverse("view-do", kwargs={"public_id": view.public_id}), {"do": "default"})
    page = here.client.get(here.url).content.decode()
    assert "已提交的需求" not in page
    assert 'href="?view=all"' in page
    page = here.client.get(here.url, {"view": "all"}).content.decode()
    assert "已提交的需求" in page
    # Clearing the filters of a list with a default leads to the whole list, not back to the default.
    page = here.client.get(here.url, {"state": "submitted"}).content.decode()
    assert '<a class="jd-clear" href="?view=all">' in page


def test_only_one_view_of_a_list_is_its_default(here):
    here.save()
    here.save(name="另一个", query="state=submitted")
    for view in SavedView.objects.all():
        saved_views.make_default(view, default=True)
    assert SavedView.objects.filter(is_default=True).count() == 1


def test_the_owner_renames_and_deletes(here):
    here.save()
    view = SavedView.objects.get()
    do = reverse("view-do", kwargs={"public_id": view.public_id})
    here.client.post(do, {"do": "rename", "name": "  本月 到期 "})
    assert "本月 到期" in here.client.get(reverse("views")).content.decode()
    here.client.post(do, {"do": "delete"})
    assert not SavedView.objects.exists()


def test_the_same_name_is_overwritten_and_a_taken_one_is_refused(here):
    here.save()
    here.save(query="state=submitted")
    assert SavedView.objects.get().query == "state=submitted"
    here.save(name="第二个")
    with pytest.raises(ViewFault, match="第二个"):
        saved_views.rename(SavedView.objects.get(name="期限临近"), "第二个")


def test_nobody_else_sees_or_changes_a_view(here):
    here.save()
    view = SavedView.objects.get()
    other = Client()
    other.force_login(factories.account("other"))
    assert "期限临近" not in other.get(here.url).content.decode()
    assert "期限临近" not in other.get(reverse("views")).content.decode()
    assert other.post(reverse("view-do", kwargs={"public_id": view.public_id}), {"do": "delete"}).status_code == 404
    assert SavedView.objects.exists()
    anonymous = Client()
    assert "view-save" not in anonymous.get(here.url).content.decode()
    assert here.save(client=anonymous).redirect_chain[0][0].startswith("/accounts/login/")


def test_a_view_shows_what_its_owner_may_see_today(here):
    """A view keeps words, never records: when the role ends, so does the sight."""
    here.save(query="state=submitted")
    here.account.grants.all().delete()
    page = here.client.get(here.url, {"state": "submitted"}).content.decode()
    assert "已提交的需求" not in page


def test_names_and_numbers_have_limits(here, monkeypatch):
    monkeypatch.setattr("jiandao.kernel.saved_views.keeping.MOST", 2)
    for number in range(3):
        answer = here.save(name=f"视图{number}").content.decode()
    assert "您已保存该列表的2个视图" in answer
    assert "请为视图命名" in here.save(name="  ").content.decode()
    assert "最多60字" in here.save(name="长" * 61).content.decode()


def test_an_unknown_list_or_programme_is_missing(here):
    assert here.save(list="nothing").status_code == 404
    assert here.save(programme="nowhere").status_code == 404


def test_views_of_a_list_cost_one_query_however_many(here, max_queries):
    client = here.client
    client.get(here.url)
    for number in range(10):
        here.save(name=f"视图{number}")
    with max_queries(15):
        client.get(here.url)
    with max_queries(8):
        client.get(reverse("views"))
