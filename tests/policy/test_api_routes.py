"""Every route of the API names a rule, and answers as the rule says: by role, by relation, by state, by level."""

import json
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.entrance import open_to_public
from jiandao.kernel.policy import Refused, registered_rules
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.secrecy import Level
from jiandao.web.api import api
from policy import worlds

# Kinds of the records that routes with an id are about, by the word in their address.
KINDS = {
    "needs": "exchange.need",
    "results": "exchange.result",
    "challenges": "exchange.challenge",
    "capabilities": "exchange.capability",
    "bookings": "exchange.booking",
    "introductions": "exchange.introduction",
    "cooperations": "exchange.cooperation",
    "offers": "exchange.offer",
    "experts": "people.expert",
    "organisations": "people.organisation",
    "certificates": "people.certificate",
    "merges": "people.merge-proposal",
    "ties": "people.family-tie",
}
# A verb that records of the kind have; the others have `withdraw`.
VERBS = {
    "bookings": "cancel",
    "introductions": "decline",
    "cooperations": "stop",
    "offers": "refuse",
    "organisations": "doubt",
    "merges": "refuse",
    "ties": "contest",
}
# Routes that are open in every state of their record.
WITHOUT_STATES = {
    "bookings",
    "introductions",
    "cooperations",
    "offers",
    "experts",
    "organisations",
    "merges",
    "ties",
    "certificates",
}
SECRET = {"needs", "results"}  # the words of the kinds that may be need-to-know
# A whole body, where a missing part would be told before the record is looked for.
WHOLE = {
    "need-assess": {"version": 1, "verdict": "nowhere", "note": "无"},
    "need-merge": {"version": 1, "reason": "同一问题", "challenge": "0000000000"},
    "need-condense": {},
    "booking-create": {},
    "introduction-consent": {"version": 1},
    "introduction-meet": {"version": 1},
    "introduction-agree": {"version": 1},
    "cooperation-report": {},
    **{
        f"{kind}-aside": {"kind": "result", "id": "0000000000", "why": "other"}
        for kind in ("need", "challenge", "result", "capability")
    },
    "expert-aside": {"kind": "need", "id": "0000000000", "why": "other"},
    "introduction-create": {"message": "指标接近"},
    "organisation-create": {},
    "affiliation-create": {},
    "affiliation-change": {},
    "certificate-create": {},
    "tie-create": {},
    "tie-end": {},
    "merge-create": {},
    **{f"{kind}-file-remove": {} for kind in ("need", "result", "introduction", "certificate")},
    "measure-create": {},
    "wish-change": {"version": 0},
    "view-create": {"list": "needs", "name": "我的"},
}
BODIES = {"POST": {"version": 1}, "PATCH": {"version": 1}}


def _word(one):
    """The word in an address that tells the kind of its record, empty when there is none."""
    return next((word for word in KINDS if f"/{word}/" in one.path), "")


RECORDS = [one for one in api.endpoints() if one.door and one.door.records and _word(one)]
LISTS = [one for one in api.endpoints() if one.door and not one.door.records]


def test_every_route_of_the_api_names_a_registered_rule():
    """Deny by default: a route that was registered past `endpoint` has no door."""
    for one in api.endpoints():
        assert one.door is not None, (one.method, one.path)
        assert registered_rules()[one.door.rule.code] is one.door.rule
        assert one.door.methods == (one.method,)
        assert one.summary.endswith((".", "…")), one.path


def test_every_route_is_probed_or_excused():
    probed = {one.name for one in [*RECORDS, *LISTS]}
    # In tests/api: these have no states, and each belongs to somebody.
    assert {one.name for one in api.endpoints()} - probed == {"measure-void", "view-do", "view-delete"}


@pytest.fixture
def world(db):
    return worlds.build()


def _client(visitor):
    client = Client(headers={"Accept-Language": "en"})
    if visitor.account is not None:
        client.force_login(visitor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def _ask(client, one, address):
    if one.name.endswith("-file-attach"):
        return client.post(address, {"file": SimpleUploadedFile("a.txt", "示例".encode())})
    of_a_version = one.door.records and not one.path.endswith("/knowers")
    body = json.dumps(BODIES[one.method] if of_a_version else {}) if one.method in BODIES else ""
    body = json.dumps(WHOLE[one.name]) if one.name in WHOLE else body
    return client.generic(one.method, address, body, content_type="application/json")


def _case(one, actor, record, programme):
    """Which of the six cases a visit is, and the status that the rule says should come back (none: an answer)."""
    if actor.account is None and not (open_to_public(one.door.rule) and open_to_public(one.door.see or one.door.rule)):
        return "anonymous", 401
    about = record if record is not None else programme
    hidden = one.door.see.decide(actor, record) if one.door.see is not None else None
    if isinstance(hidden, Refused):
        return "anonymous" if actor.account is None else hidden.aspect, 404
    answer = one.door.rule.decide(actor, about)
    if isinstance(answer, Refused):
        status = 409 if answer.aspect in {Aspect.STATE, Aspect.GUARD} else 403
        return answer.aspect, status
    return ("anonymous" if actor.account is None else "allowed"), None


def _probe(one, address, visitor, expected):
    response = _ask(_client(visitor), one, address)
    if expected is None:
        # Allowed through the door: what lies behind may still ask for more (a whole body, a match index).
        closed = {404} if "/do/" in one.path else {401, 404}  # the verb has a rule of its own
        closed = {401} if "/files/" in one.path else closed  # there is no file of that name
        assert response.status_code not in closed, (one.path, visitor, response.content)
        assert response.status_code < 500 or one.path.endswith(("/matches", "/overlaps")), response.content
    else:
        assert response.status_code == expected, (one.path, visitor, response.content)
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("one", RECORDS, ids=lambda one: one.name)
def test_record_routes_answer_as_their_rule_says(world, one):
    """One request for each case: anonymous, allowed, refused by role, relation, state, level."""
    cases = {}
    for visitor, record in product(world.visitors, world.records[KINDS[_word(one)]].values()):
        case, expected = _case(one, visitor.actor, record, world.inside)
        verb = VERBS.get(_word(one), "withdraw")
        parts = {"programme": world.inside.slug, "public_id": record.public_id, "verb": verb, "months": 6, "file": "x"}
        if "{number}" in one.path:  # of an affiliation
            parts["number"] = record.person.memberships.get().pk
        address = one.path.format(**parts)
        cases.setdefault((case, expected), (address, visitor))
    seen = {case for case, _expected in cases}
    wanted = {"anonymous", "allowed"} | ({Aspect.LEVEL} if _word(one) in SECRET else set())
    if _word(one) not in WITHOUT_STATES and not one.path.endswith("/aside"):
        wanted.add(Aspect.STATE)
    assert seen >= wanted, seen
    for (_case_name, expected), (address, visitor) in cases.items():
        _probe(one, address, visitor, expected)


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.name)
def test_plain_routes_answer_as_their_rule_says(world, one):
    cases = {}
    address = one.path.format(programme=world.inside.slug, vocabulary="direction")
    for visitor in world.visitors:
        case, expected = _case(one, visitor.actor, None, world.inside)
        cases.setdefault((case, expected), visitor)
    assert {case for case, _expected in cases} >= {"anonymous", "allowed"}, one.path
    for (_case_name, expected), visitor in cases.items():
        _probe(one, address, visitor, expected)


@pytest.mark.parametrize("word", sorted(SECRET))
def test_a_hidden_record_and_a_missing_one_answer_alike_byte_for_byte(world, word):
    hidden = world.records[KINDS[word]]["published", Level.WORK_SECRET].public_id
    roles = {Role.PUBLIC, Role.ACCOUNT, Role.NEED_OWNER, Role.RESEARCHER, Role.PROGRAMME_OFFICER, Role.AUDITOR}
    visitors = [
        one
        for one in world.visitors
        if not one.listed and one.role in roles and not one.where.startswith(("out", "for one"))
    ]
    routes = [one for one in RECORDS if f"/{word}/" in one.path]
    clients = {visitor: _client(visitor) for visitor in visitors}
    for visitor, one in product(visitors, routes):
        answers = []
        for public_id in (hidden, "0" * len(hidden)):
            address = one.path.format(programme=world.inside.slug, public_id=public_id, verb="withdraw", file="x")
            response = _ask(clients[visitor], one, address)
            # A fault of the shape of the body or a missing account is told before any record is looked for.
            answers.append((response.status_code, dict(response.headers), _without_incident(response)))
        assert answers[0] == answers[1], (visitor, one.path)
        assert answers[0][0] in {401, 404, 422}, (visitor, one.path, answers[0])


def _without_incident(response):
    body = response.json()
    return body | {"incident": ""} if body["status"] != 404 else response.content
