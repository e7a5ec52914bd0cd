"""Every route names one rule, and answers as the rule says: by role, by relation, by state, by level."""

import re
from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve, reverse

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.secrecy import Level
from jiandao.web.documents import routes
from policy import test_matrix, worlds

OPEN_DOORS = Path(__file__).parent / "open_doors.tsv"

# route name -> kind of its record and further parts of its address
RECORD_ROUTES = {
    "exchange:need": ("exchange.need", {}),
    "exchange:need-edit": ("exchange.need", {}),
    "exchange:need-autosave": ("exchange.need", {}),
    "exchange:need-matches": ("exchange.need", {}),
    "exchange:need-overlap": ("exchange.need", {}),
    "exchange:need-knowers": ("exchange.need", {}),
    "exchange:need-attach": ("exchange.need", {}),
    "exchange:need-assess": ("exchange.need", {}),
    "exchange:need-merge": ("exchange.need", {}),
    "exchange:need-condense": ("exchange.need", {}),
    "exchange:challenge": ("exchange.challenge", {}),
    "exchange:challenge-edit": ("exchange.challenge", {}),
    "exchange:challenge-autosave": ("exchange.challenge", {}),
    "exchange:result": ("exchange.result", {}),
    "exchange:result-attach": ("exchange.result", {}),
    "exchange:result-knowers": ("exchange.result", {}),
    "exchange:result-edit": ("exchange.result", {}),
    "exchange:result-autosave": ("exchange.result", {}),
    "exchange:result-matches": ("exchange.result", {}),
    "exchange:result-overlap": ("exchange.result", {}),
    "exchange:need-aside": ("exchange.need", {}),
    "exchange:challenge-matches": ("exchange.challenge", {}),
    "exchange:challenge-aside": ("exchange.challenge", {}),
    "exchange:result-aside": ("exchange.result", {}),
    "exchange:capability": ("exchange.capability", {}),
    "exchange:capability-edit": ("exchange.capability", {}),
    "exchange:capability-autosave": ("exchange.capability", {}),
    "exchange:capability-matches": ("exchange.capability", {}),
    "exchange:capability-aside": ("exchange.capability", {}),
    "exchange:capability-book": ("exchange.capability", {}),
    "exchange:expert-matches": ("people.expert", {}),
    "exchange:expert-aside": ("people.expert", {}),
    "exchange:booking": ("exchange.booking", {}),
    "exchange:introduction": ("exchange.introduction", {}),
    "exchange:introduction-consent": ("exchange.introduction", {}),
    "exchange:introduction-sign": ("exchange.introduction", {}),
    "exchange:introduction-meet": ("exchange.introduction", {}),
    "exchange:introduction-agree": ("exchange.introduction", {}),
    "exchange:introduction-attach": ("exchange.introduction", {}),
    "exchange:cooperation": ("exchange.cooperation", {}),
    "exchange:cooperation-report": ("exchange.cooperation", {"months": 6}),
    "exchange:offer": ("exchange.offer", {}),
    "exchange:import-batch": ("exchange.import", {}),
    "exchange:import-do": ("exchange.import", {}),
    "exchange:import-faults": ("exchange.import", {}),
}
# The page of a record of each classified kind: the first route of the kind.
PAGES = [
    (kind, next(name for name, (its, _more) in RECORD_ROUTES.items() if its == kind)) for kind in test_matrix.CLASSIFIED
]
# The importer's own file is hidden by its level and has no state that hides it; the others are looked at in every state.
WITHOUT_STATES = {
    "exchange:import-batch", "exchange:import-do", "exchange:import-faults", "exchange:need-aside",
    "exchange:challenge-aside", "exchange:result-aside", "exchange:capability-aside", "exchange:expert-aside", "exchange:booking",
    "exchange:introduction", "exchange:introduction-consent", "exchange:introduction-sign",
    "exchange:introduction-meet", "exchange:introduction-agree", "exchange:cooperation", "exchange:offer",
}  # fmt: skip
IMPORT_ROUTES = tuple(
    (name, kind)
    for name in ("exchange:import", "exchange:import-template")
    for kind in ("needs", "results", "capabilities", "organisations", "experts")
)
PLAIN_ROUTES = (
    "desk", "search", "palette", "rules",
    "exchange:needs", "exchange:need-new", "exchange:need-hints", "exchange:need-new-autosave",
    "exchange:need-feed", "exchange:need-deadlines", "exchange:result-feed",
    "exchange:challenges", "exchange:challenge-feed", "exchange:challenge-deadlines", "exchange:funnel",
    "exchange:results", "exchange:result-new", "exchange:result-new-autosave", "exchange:result-hints",
    "exchange:capabilities", "exchange:capability-new", "exchange:capability-new-autosave", "exchange:bookings",
    "exchange:introductions", "exchange:introduction-new", "exchange:figures", "exchange:weights-back",
    "exchange:cooperations",
    "exchange:offers", "exchange:offer-wish",
)  # fmt: skip


def test_every_route_has_a_door_or_is_listed_with_a_reason():
    """Deny by default: a page that names no rule is a fault, unless it is a library's and listed here."""
    listed = dict(line.split("\t", 1) for line in OPEN_DOORS.read_text(encoding="utf-8").splitlines() if line)
    without = {address for address, door in routes() if door is None}
    assert without == listed.keys()
    assert all(listed.values())


@pytest.fixture
def world(db):
    return worlds.build()


def _client(visitor):
    client = Client()
    if visitor.account is not None:
        client.force_login(visitor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def _expected(door, actor, record, programme):
    """What the rule says should come back: missing, sign-in, refused, or an answer."""
    if door.see is not None and isinstance(door.see.decide(actor, record), Refused):
        return "missing"
    answer = door.rule.decide(actor, record if door.see is not None else programme)
    if not isinstance(answer, Refused):
        return "answer"
    return "sign-in" if actor.account is None and answer.aspect == Aspect.ROLE else "refused"


def _got(response):
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return "sign-in"
    return {404: "missing", 403: "refused"}.get(response.status_code, "answer")


def _aspect(door, actor, record, programme):
    """Which of the six cases a visit is: anonymous, allowed, or what stands against it."""
    if actor.account is None:
        return "anonymous"
    hidden = door.see.decide(actor, record) if door.see is not None else None
    if isinstance(hidden, Refused):
        return hidden.aspect
    answer = door.rule.decide(actor, record if door.see is not None else programme)
    return answer.aspect if isinstance(answer, Refused) else "allowed"


def _probe(world, url, door, visitor, record):
    client, actor = _client(visitor), visitor.actor
    response = client.post(url, {}) if door.methods == ("POST",) else client.get(url)
    assert _got(response) == _expected(door, actor, record, world.inside), (url, visitor, response)
    assert response.status_code < 500 or url.endswith(("/matches/", "/overlap/"))  # 503: no match index in this test


def test_record_routes_answer_as_their_rule_says(world):
    """One request for each route and each case: anonymous, allowed, refused by role, relation, state, level."""
    for name, (kind, more) in RECORD_ROUTES.items():
        cases = {}
        for visitor, record in product(world.visitors, world.records[kind].values()):
            url = reverse(name, kwargs={"programme": world.inside.slug, "public_id": record.public_id, **more})
            door = resolve(url).func.door
            cases.setdefault(_aspect(door, visitor.actor, record, world.inside), (url, door, visitor, record))
        wanted = {"anonymous", "allowed"} | (set() if name in WITHOUT_STATES else {Aspect.STATE})
        wanted |= {Aspect.LEVEL} if kind in test_matrix.CLASSIFIED or kind == "exchange.import" else set()
        assert cases.keys() >= wanted, (name, cases.keys())
        for case in cases.values():
            _probe(world, *case)


def test_plain_routes_answer_as_their_rule_says(world):
    slug = {"programme": world.inside.slug}
    routes = [(name, reverse(name, kwargs=slug)) for name in PLAIN_ROUTES]
    routes += [(name, reverse(name, kwargs={**slug, "what": kind})) for name, kind in IMPORT_ROUTES]
    for name, url in routes:
        door = resolve(url).func.door
        cases = {}
        for visitor in world.visitors:
            cases.setdefault(_aspect(door, visitor.actor, None, world.inside), visitor)
        assert cases.keys() >= {"anonymous", "allowed"}, name
        for visitor in cases.values():
            _probe(world, url, door, visitor, None)


@pytest.mark.parametrize(("kind", "name"), PAGES)
def test_a_hidden_record_and_a_missing_one_answer_alike_byte_for_byte(world, kind, name):
    hidden = world.records[kind]["published", Level.WORK_SECRET].public_id
    missing = "0" * len(hidden)
    roles = {Role.PUBLIC, Role.ACCOUNT, Role.NEED_OWNER, Role.RESEARCHER, Role.PROGRAMME_OFFICER, Role.AUDITOR}
    for visitor in world.visitors:
        if visitor.listed or visitor.role not in roles or visitor.where.startswith("out"):
            continue
        client = _client(visitor)
        answers = []
        for public_id in (hidden, missing):
            url = reverse(name, kwargs={"programme": world.inside.slug, "public_id": public_id})
            response = client.get(url)
            text = response.content.decode().replace(public_id, "ID")
            answers.append(
                (response.status_code, dict(response.headers) | {"Content-Length": ""}, _without_token(text))
            )
        assert answers[0] == answers[1], visitor


def _without_token(text):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_verbs_of_the_lifecycle_are_refused_as_the_table_says(world):
    """POSTing a verb one may not do is refused with a reason, and changes nothing."""
    record = world.records["exchange.need"]["submitted", Level.PUBLIC]
    url = reverse(
        "exchange:need-do", kwargs={"programme": world.inside.slug, "public_id": record.public_id, "verb": "pass"}
    )
    for visitor in world.visitors:
        if visitor.listed or (visitor.role, visitor.where) == (Role.PROGRAMME_OFFICER, "in programme"):
            continue
        response = _client(visitor).post(url, {"version": record.version})
        assert _got(response) in {"missing", "refused", "sign-in"}, visitor
    record.refresh_from_db()
    assert (record.state, record.version) == ("submitted", 1)
    officer = next(one for one in world.visitors if (one.role, one.where) == (Role.PROGRAMME_OFFICER, "in programme"))
    assert _client(officer).post(url, {"version": 1}).status_code == 302
    record.refresh_from_db()
    assert record.state == "assessing"
