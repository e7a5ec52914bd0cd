"""The directory through the API: organisations, families, entries twice, certificates, measures, wishes, views."""

from datetime import date

import pytest
from pydantic import TypeAdapter

import factories
from api.conftest import Caller, token_for
from api.test_exchange_api import problem_of
from harness import assert_same_queries
from jiandao.kernel import sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.saved_views.models import SavedView
from jiandao.stages.exchange.offers.api import WishOut
from jiandao.stages.people.api import OrganisationOut
from jiandao.stages.people.certificate_api import CertificateOut, CertificatePage, MeasurePage
from jiandao.stages.people.expert_api import AffiliationOut, ExpertOut
from jiandao.stages.people.family_api import FamilyOut, MergeOut, MergePage, TieFull, TieOut, TiesOut
from jiandao.stages.people.models import FamilyTie
from jiandao.web.views_api import ViewOut, ViewsOut


def fits(shape, response, status=200):
    """The answer, once it is what the document promises."""
    assert response.status_code == status, response.content
    body = response.json()
    TypeAdapter(shape).validate_python(body)
    return body


@pytest.fixture
def unit(scene):
    """Who administers the enterprise."""
    return Caller(token_for(factories.actor((Role.UNIT_ADMINISTRATOR, scene.enterprise), name="unit").account))


@pytest.fixture
def keeper(scene):
    """An integrity officer."""
    return Caller(token_for(factories.actor((Role.INTEGRITY_OFFICER, scene.programme), name="keeper").account))


def test_an_organisation_is_entered_verified_and_changed(scene, unit):
    body = {
        "name": "示范轴承有限公司",
        "organisation_kind": "enterprise",
        "introduction": "做轴承；没有统一社会信用代码，因为正在登记。",
        "names": [{"name": "示范轴承厂", "name_kind": "former", "until": "2011-05-31"}],
    }
    problem_of(unit.post("/organisations", body), 403, "policy.role")
    made = fits(OrganisationOut, scene.officer.post("/organisations", body), 201)
    assert (made["state"], made["other_names"], made["version"]) == ("entered", ["示范轴承厂"], 1)
    url = f"/organisations/{made['id']}"
    verified = fits(OrganisationOut, scene.officer.post(f"{url}/do/verify", {"version": 1}))
    assert verified["state"] == "verified"
    assert verified["verified_at"]
    problem_of(scene.officer.patch(url, {"version": 1, "website": "https://example.org"}), 409, "stale")
    wrong = problem_of(scene.officer.patch(url, {"version": 2, "credit_code": "123"}), 422, "invalid")
    assert [one["where"] for one in wrong["errors"]] == ["credit_code"]
    changed = fits(OrganisationOut, scene.officer.patch(url, {"version": 2, "website": "https://example.org"}))
    assert (changed["website"], changed["other_names"]) == ("https://example.org", ["示范轴承厂"])
    own = unit.patch(f"/organisations/{scene.enterprise.public_id}", {"version": 1, "introduction": "新的介绍"})
    assert fits(OrganisationOut, own)["introduction"] == "新的介绍"
    problem_of(unit.patch(url, {"version": 3, "introduction": "别人的"}), 403, "policy.relation")


def test_a_tie_is_entered_answers_for_its_days_and_ends(scene, unit):
    url = f"/organisations/{scene.enterprise.public_id}/ties"
    body = {
        "side": "up",
        "tie_kind": "subsidiary",
        "other": scene.university.public_id,
        "since": "2020-01-01",
        "source": "公示系统 2026-11-01",
    }
    tie = fits(TieOut, unit.post(url, body), 201)
    assert (tie["member"]["id"], tie["head"]["id"]) == (scene.enterprise.public_id, scene.university.public_id)
    problem_of(unit.post(url, body), 409, "family.there")
    assert (tie["state"]["code"], fits(TiesOut, unit.get(url))["items"]) == ("entered", [tie])
    assert fits(TiesOut, scene.stranger.get(url))["items"] == []
    confirm = f"/ties/{tie['id']}/do/confirm"
    problem_of(unit.post(confirm, {"version": 1}), 403, "policy.relation")
    problem_of(scene.stranger.post(confirm, {"version": 1}), 404, "missing")
    confirmed = fits(TieFull, scene.officer.post(confirm, {"version": 1}))
    assert confirmed["state"]["code"] == "confirmed"
    assert fits(TieFull, scene.researcher.get(f"/ties/{tie['id']}"))["state"] == confirmed["state"]
    assert [one["id"] for one in fits(TiesOut, scene.researcher.get(url))["items"]] == [tie["id"]]
    problem_of(unit.post(f"/ties/{tie['id']}/end", {"until": "2024-12-31", "reason": "卖掉了"}), 404, "missing")
    neither = problem_of(scene.officer.post(f"/ties/{tie['id']}/end", {"reason": "卖掉了"}), 422, "invalid")
    assert [one["where"] for one in neither["errors"]] == ["until"]
    ended = fits(TieOut, scene.officer.post(f"/ties/{tie['id']}/end", {"until": "2024-12-31", "reason": "卖掉了"}))
    assert ended["until"] == "2024-12-31"
    pair = f"/family?one={scene.enterprise.public_id}&other={scene.university.public_id}"
    assert fits(FamilyOut, scene.officer.get(f"{pair}&on=2024-12-31"))["same"] is True
    after = fits(FamilyOut, scene.officer.get(f"{pair}&on=2025-01-01"))
    assert (after["same"], after["ties"]) == (False, [])
    problem_of(scene.researcher.get(f"{pair}&on=2025-01-01"), 403, "policy.role")
    assert {one["where"] for one in problem_of(scene.officer.get("/family?one=没有的单位"), 422, "invalid")["errors"]} == {
        "one", "other", "on",
    }  # fmt: skip


def test_a_controlling_person_is_entered_by_name_and_note_or_chosen(scene):
    urls = [f"/organisations/{one.public_id}/ties" for one in (scene.enterprise, scene.university)]
    body = {"side": "person", "tie_kind": "controlled", "controller": "王建国", "source": "公示系统"}
    unknown = problem_of(scene.officer.post(urls[0], body), 422, "invalid")
    assert [one["where"] for one in unknown["errors"]] == ["controller_note"]
    tie = fits(TieOut, scene.officer.post(urls[0], body | {"controller_note": "董事长"}), 201)
    assert (tie["controller"], tie["controller_note"], tie["head"]) == ("王建国", "董事长", None)
    person = FamilyTie.objects.get(public_id=tie["id"]).controller
    several = problem_of(scene.officer.post(urls[1], body), 422, "invalid")
    assert person.public_id in several["errors"][0]["sentence"]
    fits(TieOut, scene.officer.post(urls[1], body | {"controller": f"王建国 ({person.public_id})"}), 201)
    pair = f"/family?one={scene.enterprise.public_id}&other={scene.university.public_id}&on=2026-11-01"
    assert len(fits(FamilyOut, scene.officer.get(pair))["ties"]) == 2


def test_a_tie_that_never_was_is_void_once(scene):
    tie = factories.tie(scene.enterprise, scene.university)
    void = {"void": True, "reason": "录错了"}
    assert fits(TieOut, scene.officer.post(f"/ties/{tie.public_id}/end", void))["void"] is True
    problem_of(scene.officer.post(f"/ties/{tie.public_id}/end", void), 409, "family.over")
    problem_of(scene.officer.post("/ties/0000000000/end", void), 404, "missing")
    assert FamilyTie.objects.filter(voided_at__isnull=False).count() == 1


def test_two_entries_are_proposed_merged_and_undone(scene, unit):
    twice = factories.organisation("示范轴承股份有限公司")
    url = f"/organisations/{scene.enterprise.public_id}"
    body = {"other": twice.public_id, "note": "同一个统一社会信用代码"}
    problem_of(scene.stranger.post(f"{url}/merges", body), 403, "policy.role")
    made = fits(MergeOut, unit.post(f"{url}/merges", body), 201)
    assert fits(MergePage, scene.officer.get("/merges"))["total"] == 1
    problem_of(unit.post(f"/merges/{made['id']}/do/keep-first", {"version": 1}), 403, "policy.role")
    merged = fits(
        MergeOut, scene.officer.post(f"/merges/{made['id']}/do/keep-first", {"version": 1, "reason": "同一代码"})
    )
    assert merged["state"]["code"] == "merged"
    assert scene.officer.get(f"/organisations/{twice.public_id}").json()["same_as"] == scene.enterprise.public_id
    undone = {"version": merged["version"], "reason": "两家公司"}
    assert fits(MergeOut, scene.officer.post(f"/merges/{made['id']}/do/undo", undone))["state"]["code"] == "undone"
    assert scene.officer.get(f"/organisations/{twice.public_id}").json()["same_as"] is None


def test_a_certificate_is_entered_checked_and_no_longer_changed(scene, unit):
    body = {
        "organisation": scene.enterprise.public_id,
        "certificate_kind": "high-tech",
        "title": "高新技术企业证书",
        "number": "GR202642000001",
        "issuer": "湖北省科学技术厅",
        "issued_on": "2025-11-01",
        "valid_until": "2028-10-31",
    }
    made = fits(CertificateOut, unit.post("/certificates", body), 201)
    url = f"/certificates/{made['id']}"
    problem_of(scene.stranger.get(url), 404, "missing")
    assert fits(CertificatePage, scene.stranger.get("/certificates"))["total"] == 0
    turned = problem_of(unit.patch(url, {"version": 1, "valid_until": "2024-01-01"}), 422, "invalid")
    assert [one["where"] for one in turned["errors"]] == ["valid_until"]
    checked = fits(CertificateOut, scene.officer.post(f"{url}/do/check", {"version": 1}))
    assert (checked["state"]["code"], checked["may_edit"]) == ("checked", False)
    problem_of(unit.patch(url, {"version": 2, "title": "别的"}), 409, "policy.state")


def test_a_measure_is_entered_read_by_few_and_declared_void(scene, keeper):
    body = {
        "organisation": scene.university.public_id,
        "measure": "no-funding",
        "since": "2026-01-01",
        "until": "2026-12-31",
        "source": "某文〔2025〕1号",
        "reason": "数据造假",
    }
    problem_of(scene.officer.post("/measures", body), 403, "policy.role")
    problem_of(scene.stranger.get("/measures"), 403, "policy.role")
    nobody = problem_of(keeper.post("/measures", {**body, "organisation": None}), 422, "invalid")
    assert [one["where"] for one in nobody["errors"]] == ["person"]
    response = keeper.post("/measures", body)
    assert response.status_code == 201, response.content
    url = f"/measures/{response.json()['id']}/void"
    problem_of(scene.officer.post(url, {"reason": "弄错了"}), 403, "policy.role")
    assert keeper.post(url, {"reason": "弄错了"}).json()["voided_because"] == "弄错了"
    problem_of(keeper.post(url, {"reason": "再来"}), 409, "integrity.void")
    assert fits(MeasurePage, scene.officer.get("/measures"))["items"][0]["void"] is True


def test_a_wish_is_said_in_parts_and_not_over_a_colleagues(scene):
    url = scene.url("wish")
    first = fits(WishOut, scene.owner.get(url))
    assert (first["version"], first["organisation"]["id"]) == (0, scene.enterprise.public_id)
    said = fits(WishOut, scene.owner.patch(url, {"version": 0, "text": "低噪声轴承", "most_a_week": 2}))
    assert (said["version"], said["most_a_week"]) == (1, 2)
    more = fits(WishOut, scene.owner.patch(url, {"version": 1, "paused_until": "2027-01-31"}))
    assert (more["text"], more["paused_until"]) == ("低噪声轴承", "2027-01-31")
    problem_of(scene.owner.patch(url, {"version": 1, "text": "旧的"}), 409, "stale")
    problem_of(scene.owner.patch(f"{url}?of={scene.university.public_id}", {"version": 0}), 422, "invalid")
    problem_of(scene.researcher.get(url), 403, "policy.role")


def test_a_view_is_kept_alerts_and_is_only_its_owners(scene):
    body = {"list": "challenges", "programme": scene.programme.slug, "name": "轴承", "query": "q=轴承&nonsense=1"}
    made = fits(ViewOut, scene.researcher.post("/views", body), 201)
    assert made["query"] == "q=%E8%BD%B4%E6%89%BF"
    url = f"/views/{made['id']}"
    assert fits(ViewOut, scene.researcher.post(f"{url}/do/alert"))["alerts"] is True
    problem_of(scene.researcher.post(f"{url}/do/nonsense"), 422, "invalid")
    problem_of(scene.owner.post(f"{url}/do/alert"), 404, "missing")
    problem_of(scene.owner.call("DELETE", url), 404, "missing")
    assert fits(ViewsOut, scene.owner.get("/views"))["items"] == []
    unknown = problem_of(scene.owner.post("/views", {**body, "list": "secrets"}), 422, "invalid")
    assert [one["where"] for one in unknown["errors"]] == ["list"]
    elsewhere = problem_of(scene.owner.post("/views", {**body, "programme": "nowhere"}), 422, "invalid")
    assert [one["where"] for one in elsewhere["errors"]] == ["programme"]
    assert scene.researcher.call("DELETE", url).json() == {"id": made["id"]}
    assert not SavedView.objects.exists()


def test_of_today_is_the_day_of_the_answer(scene):
    """The day of a family question is told back, so that a program can keep it as evidence."""
    pair = f"/family?one={scene.enterprise.public_id}&other={scene.enterprise.public_id}"
    answer = fits(FamilyOut, scene.officer.get(f"{pair}&on=2026-02-28"))
    assert (answer["same"], answer["on"]) == (True, date(2026, 2, 28).isoformat())


def test_an_expert_enters_and_ends_an_affiliation(scene, unit):
    account = factories.account("zhouyan")
    made = factories.expert(scene.university, account=account)
    own = Caller(token_for(account))
    url = f"/experts/{made.public_id}/affiliations"
    body = {"organisation": scene.enterprise.public_id, "since": "2024-01-01", "title": "首席科学家"}
    problem_of(unit.post(url, body), 403, "policy.relation")
    added = fits(AffiliationOut, own.post(url, body), 201)
    assert (added["organisation"]["id"], added["until"]) == (scene.enterprise.public_id, None)
    problem_of(own.post(url, body), 409, "affiliation.there")
    wrong = problem_of(own.post(url, {"since": "2024-01-01"}), 422, "invalid")
    assert [one["where"] for one in wrong["errors"]] == ["organisation"]
    ended = fits(AffiliationOut, unit.patch(f"{url}/{added['number']}", {"until": "2024-12-31"}))
    assert (ended["since"], ended["until"], ended["post"]) == ("2024-01-01", "2024-12-31", "首席科学家")
    problem_of(unit.patch(f"{url}/{added['number']}", {"until": "2025-12-31"}), 403, "policy.relation")  # it left
    problem_of(own.patch(f"{url}/0", {"until": "2025-12-31"}), 404, "missing")
    shown = fits(ExpertOut, scene.officer.get(f"/experts/{made.public_id}"))
    assert [one["post"] for one in shown["affiliations"]] == ["首席科学家", ""]
    assert shown["organisations"] == [scene.university.name]


def test_lists_of_the_directory_ask_as_much_for_100_rows_as_for_10(scene, keeper):
    units = [factories.organisation() for _number in range(7)]
    merged = factories.organisation()
    sameness.merge(actor=scene.actors["officer"], loser=merged, winner=units[0], reason="同一单位")
    terms = [factories.term("field", code) for code in ("x", "y")]
    for number in range(100):  # rows that differ in unit, state and what hangs on them
        unit = merged if number % 9 == 0 else units[number % 7]
        made = factories.expert(unit, state=("active", "entered", "withdrawn")[number % 3], available=number % 4 > 0)
        made.fields.add(terms[number % 2])
        factories.certificate(unit, state=("entered", "checked", "refused")[number % 3])
        factories.measure(**({"person": made.person} if number % 2 else {"organisation": unit}))
    for caller, path in ((scene.officer, "experts"), (scene.officer, "certificates"), (keeper, "measures")):
        assert len(caller.get(f"/{path}?per_page=100").json()["items"]) == 100
        assert_same_queries(
            lambda size, caller=caller, path=path: caller.get(f"/{path}?per_page={size}"), 10, 100, at_most=10
        )
