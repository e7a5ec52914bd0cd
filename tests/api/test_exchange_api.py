"""Needs and results through the API: what a program reads, writes, and is told when it may not."""

from itertools import pairwise

import pytest
from pydantic import TypeAdapter

import factories
from harness import assert_same_queries
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.problems import Problem
from jiandao.stages.exchange.api.shapes import NeedOut, NeedPage, ResultOut, ResultPage
from jiandao.stages.exchange.models import Need, TargetIndicator
from jiandao.stages.people.models import Organisation


def fits(shape, response):
    """The body has exactly the shape that the document promises."""
    body = response.json()
    TypeAdapter(shape).validate_json(response.content)
    assert body.keys() == shape.__annotations__.keys() | (
        {name for base in shape.__orig_bases__ for name in getattr(base, "__annotations__", {})}
    )
    return body


def problem_of(response, status, code):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    TypeAdapter(Problem).validate_python(body)
    assert (body["status"], body["code"]) == (status, code), body
    assert body["detail"]
    return body


def draft(scene, **more):
    """A new need, as a program sends it."""
    return {
        "organisation": scene.enterprise.public_id,
        "title": "轴承钢夹杂物控制",
        "problem": "夹杂物 20 μm 以上每平方厘米 3 个, 需降到 1 个以下。",
        "keywords": ["轴承钢", "夹杂物"],
        "budget_fen": 123_456_78,
        "direction": "industry",
        "deadline": "2031-01-31",
        "indicators": [
            {"name": "夹杂物", "comparator": "le", "threshold": "1.5", "unit": "个/cm²", "test_method": "金相"}
        ],
    } | more


def test_a_need_is_written_read_changed_submitted_and_published(scene):
    created = scene.owner.post(scene.url("needs"), draft(scene))
    assert created.status_code == 201, created.content
    body = fits(NeedOut, created)
    assert (body["budget_fen"], body["direction"]["code"], body["version"]) == (12345678, "industry", 1)
    assert body["indicators"][0]["threshold"] == "1.5"
    assert [verb["verb"] for verb in body["verbs"] if not verb["allowed"]] == ["submit", "reopen"]
    refused = next(verb for verb in body["verbs"] if verb["verb"] == "submit")
    assert refused["code"] == "need.incomplete"
    assert refused["reason"].startswith("Still missing")

    url = f"{scene.url('needs')}/{body['id']}"
    industry, field = factories.term("industry"), factories.term("field")
    changed = scene.owner.patch(
        url,
        {
            "version": 1, "conditions": "有炼钢设备", "intellectual_property": "shared", "needed_by": "2032-01-01",
            "activity_type": "applied-research", "field": field.code, "industry": f"{industry.edition}:{industry.code}",
        },
    )  # fmt: skip
    assert changed.status_code == 200, changed.content
    assert changed.json()["problem"] == body["problem"]  # what was not sent stays
    assert changed.json()["indicators"] == body["indicators"]
    assert changed.json()["version"] == 2

    problem_of(scene.owner.post(f"{url}/do/submit", {"version": 1}), 409, "lifecycle.changed")
    submitted = scene.owner.post(f"{url}/do/submit", {"version": 2})
    assert submitted.json()["state"]["code"] == "submitted"
    problem_of(scene.owner.post(f"{url}/do/publish", {"version": 3}), 403, "policy.role")
    no_reason = problem_of(scene.officer.post(f"{url}/do/return", {"version": 3}), 422, "lifecycle.reason_missing")
    assert no_reason["errors"][0]["where"] == "reason"
    no_cause = problem_of(
        scene.officer.post(f"{url}/do/return", {"version": 3, "reason": "不清楚"}), 422, "lifecycle.cause_missing"
    )
    assert no_cause["errors"][0]["where"] == "cause"
    assert scene.officer.post(f"{url}/do/pass", {"version": 3}).json()["state"]["code"] == "assessing"
    problem_of(scene.officer.post(f"{url}/do/publish", {"version": 4}), 409, "need.not_assessed")
    nothing = problem_of(
        scene.officer.post(f"{url}/assess", {"version": 4, "verdict": "abroad", "note": "仅国外有"}), 422, "invalid"
    )
    assert [one["where"] for one in nothing["errors"]] == ["where"]
    checked = {"version": 4, "verdict": "abroad", "where": "日本某企业", "note": "仅国外有成熟产品。"}
    assert scene.officer.post(f"{url}/assess", checked).status_code == 200
    assert scene.officer.post(f"{url}/do/publish", {"version": 5}).json()["state"]["code"] == "published"
    (challenge,) = scene.anybody.get(scene.url("challenges")).json()["items"]
    assert (challenge["title"], challenge["issuer"]) == (changed.json()["title"], scene.enterprise.name)
    assert scene.anybody.get(url).status_code == 200
    timeline = f"{url}/timeline"
    whats = [entry["what"] for entry in scene.owner.get(timeline).json()["items"]]
    assert whats == ["publish as a challenge", "technology check", "pass the form check", "submit", "edit", "create"]
    assert [(one["what"], one["who"]) for one in scene.anybody.get(timeline).json()["items"]] == [
        ("publish as a challenge", "")
    ]
    assert "by API token" in [
        change["field"] for one in scene.owner.get(timeline).json()["items"] for change in one["changes"]
    ]


def test_a_result_is_written_changed_and_published(scene):
    body = {"organisation": scene.university.public_id, "title": "低夹杂物轴承钢", "text": "真空脱气加电磁搅拌。" * 5}
    created = scene.researcher.post(scene.url("results"), body)
    assert created.status_code == 201, created.content
    url = f"{scene.url('results')}/{fits(ResultOut, created)['id']}"
    level = factories.term("trl")
    missing = problem_of(
        scene.researcher.patch(url, {"version": 1, "trl": f"{level.edition}:{level.code}"}), 422, "invalid"
    )
    assert [one["where"] for one in missing["errors"]] == ["trl_evidence"]
    published = scene.researcher.post(f"{url}/do/publish", {"version": 1})
    assert published.json()["state"]["code"] == "published"
    assert scene.anybody.get(scene.url("results")).json()["total"] == 1


def test_a_stale_change_is_refused_with_both_texts_and_versions(scene):
    need = scene.need(problem="old")
    url = scene.url("needs", need)
    assert scene.owner.patch(url, {"version": 1, "problem": "theirs"}).status_code == 200
    fault = problem_of(scene.owner.patch(url, {"version": 1, "problem": "mine"}), 409, "stale")
    assert (fault["conflict"]["your_version"], fault["conflict"]["saved_version"]) == (1, 2)
    assert fault["conflict"]["fields"] == [{"field": "problem", "yours": "mine", "saved": "theirs"}]
    assert Need.objects.with_scopes_disabled().get(pk=need.pk).problem == "theirs"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"title": ""}, "title"),
        ({"titel": "x"}, "titel"),
        ({"deadline": "soon"}, "deadline"),
        ({"budget_fen": 0}, "budget_fen"),
        ({"budget_fen": "a lot"}, "budget_fen"),
        ({"direction": "nowhere"}, "direction"),
        ({"organisation": "0000000000"}, "organisation"),
        ({"secrecy": "work-secret"}, "secret_until"),
        ({"indicators": [{"name": "x", "threshold": "1"}, {"name": "y"}]}, "indicators.1.threshold"),
        ({"indicators": [{"name": "x", "threshold": True}]}, "indicators.0.threshold"),
        ({"keywords": ["a", "b", "c", "d", "e", "f"]}, "keywords"),
        ({"title": "x\0y"}, "title"),
        ({"keywords": ["a\0b"]}, "keywords.0"),
        ({"keywords": ["\ud800"]}, "keywords.0"),
        ({"direction": "\ud800"}, "direction"),
    ],
)
def test_what_is_wrong_where_and_what_to_do(scene, body, where):
    fault = problem_of(scene.owner.post(scene.url("needs"), draft(scene, **body)), 422, "invalid")
    assert where in [one["where"] for one in fault["errors"]]
    assert all(one["sentence"].endswith((".", "。")) for one in fault["errors"]), fault


def test_faults_are_told_in_the_language_that_is_asked_for(scene):
    scene.owner.language = "zh-CN,zh;q=0.9"
    chinese = scene.owner.post(scene.url("needs"), draft(scene, secrecy="work-secret"))
    assert "说明保密到何时" in chinese.json()["detail"] or "保密" in chinese.json()["detail"]
    assert chinese.headers["Content-Language"] == "zh-hans"


def test_the_list_is_filtered_searched_and_sorted_like_the_page(scene):
    field = factories.term("field")
    for title, more in (("甲轴承", {"field": field, "budget_fen": 5}), ("乙轴承", {"budget_fen": 7}), ("丙叶片", {})):
        scene.need(title=title, state="published", **{"field": None} | more)
    url = scene.url("needs")
    body = fits(NeedPage, scene.anybody.get(f"{url}?q=轴承&order=-money"))
    assert [one["title"] for one in body["items"]] == ["乙轴承", "甲轴承"]
    assert scene.anybody.get(f"{url}?field={field.code}").json()["total"] == 1
    assert scene.anybody.get(f"{url}?state=draft").json()["total"] == 0
    first = scene.anybody.get(f"{url}?per_page=2&order=title").json()
    second = scene.anybody.get(first["next"].removeprefix("/api/v1")).json()
    assert (len(first["items"]), len(second["items"]), second["next"], second["total"]) == (2, 1, None, 3)
    assert fits(ResultPage, scene.anybody.get(scene.url("results")))["items"] == []


@pytest.mark.parametrize(
    "query", ["state=nonsense", "stat=draft", "order=secret", "page=0", "per_page=1000", "field=x", "q="]
)
def test_a_parameter_that_does_not_fit_is_a_fault_and_never_ignored(scene, query):
    fault = problem_of(scene.anybody.get(f"{scene.url('needs')}?{query}"), 422, "invalid")
    assert fault["errors"][0]["where"] == query.split("=", maxsplit=1)[0]


def test_lists_and_records_ask_as_often_for_many_as_for_few(scene):
    for number in range(100):
        owner = factories.organisation() if number % 3 else scene.enterprise
        state = ("published", "expired", "published")[number % 3]
        factories.need(scene.programme, owner, state=state, field=factories.term("field"), complete=True)
        factories.result(scene.programme, owner)
    for what in ("needs", "results"):
        for caller in (scene.officer, scene.anybody):
            asked = assert_same_queries(
                lambda size, caller=caller, what=what: caller.get(f"{scene.url(what)}?per_page={size}"),
                10,
                100,
                at_most=9,
            )
            assert asked
    assert_same_queries(lambda size: scene.officer.get(f"/organisations?per_page={size}"), 10, 60, at_most=8)
    units = list(Organisation.objects.order_by("pk"))
    heads = {10: units[0], 100: units[1]}
    for one, other in pairwise(factories.organisation() for _ in range(101)):
        factories.proposal(one, other)
    for size, head in heads.items():
        for _number in range(size):
            factories.tie(factories.organisation(), head)
    assert_same_queries(lambda size: scene.officer.get(f"/merges?per_page={size}"), 10, 100, at_most=8)
    assert_same_queries(
        lambda size: scene.officer.get(f"/organisations/{heads[size].public_id}/ties"), 10, 100, at_most=8
    )


def test_the_detail_of_a_need_costs_few_queries(scene):
    def with_rows(count):
        need = scene.need(state="published")
        for number in range(count):
            TargetIndicator.objects.with_scopes_disabled().create(
                programme=scene.programme, need=need, name=f"n{number}", comparator="ge", threshold=number, unit="h"
            )
        return scene.url("needs", need)

    urls = {size: with_rows(size) for size in (2, 25)}
    assert_same_queries(lambda size: scene.owner.get(urls[size]), 2, 25, at_most=15)


def test_organisations_and_the_caller(scene):
    body = scene.owner.get(f"/organisations/{scene.enterprise.public_id}").json()
    assert (body["name"], body["members"]) == (scene.enterprise.name, [])
    assert scene.owner.get(f"/organisations/{scene.university.public_id}").json()["members"] is None
    assert scene.owner.get("/organisations?name=示范").json()["total"] == 2
    problem_of(scene.anybody.get("/organisations"), 401, "policy.role")
    me = scene.owner.get("/me").json()
    assert (me["username"], me["token"]["scope"]) == ("owner", "write")
    assert [(one["role"], one["of"]) for one in me["roles"]] == [(Role.NEED_OWNER, scene.enterprise.public_id)]
    problem_of(scene.anybody.get("/me"), 401, "policy.role")
    slugs = [one["slug"] for one in scene.anybody.get("/programmes").json()["items"]]
    assert scene.programme.slug in slugs
    codes = {one["code"] for one in scene.anybody.get("/vocabularies/direction").json()["items"]}
    assert "industry" in codes
    problem_of(scene.anybody.get("/vocabularies/nothing"), 404, "missing")


def test_addresses_methods_and_bodies_that_do_not_exist_are_problems_too(scene):
    problem_of(scene.anybody.get("/nothing"), 404, "missing")
    problem_of(scene.anybody.get("/p/nowhere/needs"), 404, "missing")
    problem_of(scene.anybody.get(f"{scene.base}/needs/a%00b"), 404, "missing")
    refused = scene.owner.call("DELETE", scene.url("needs", scene.need()))
    problem_of(refused, 405, "method")
    assert refused.headers["Allow"]
    broken = scene.owner.call("POST", scene.url("needs"))
    assert broken.status_code in {400, 422}
    assert broken.json()["detail"]


def test_head_answers_as_get_does_without_a_body(scene):
    need = scene.need(state="published")
    url = scene.url("needs", need)
    asked, whole = scene.anybody.call("HEAD", url), scene.anybody.get(url)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["Content-Type"] == whole.headers["Content-Type"]
    assert scene.anybody.call("HEAD", scene.url("needs") + "/0000000000").status_code == 404
    assert scene.anybody.call("HEAD", url + "/do/withdraw").status_code == 405
