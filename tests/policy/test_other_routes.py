"""The routes around the records of the stages: one probe for each case that their rules know, none left out."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import URLResolver, get_resolver, resolve, reverse

from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.models import ApiToken
from jiandao.kernel.jobs.models import JobRun, State
from jiandao.kernel.notifications.models import MailState, OutboxMail
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.saved_views import SavedView
from jiandao.stages.people.models import Invitation
from policy import test_routes, worlds

# Routes whose address or answer needs more than a rule; each is tested where it says.
ELSEWHERE = {
    "home": "tests/journeys: leads to the desk of the newest programme",
    "session-end": "tests/web/test_sign_in.py: the number of a session, not a record of ours",
    "message": "tests/stages/exchange: leads to the record, whose page decides",
    "file": "tests/stages/exchange/test_attachments.py: the record of the file decides",
    "mail-stop": "tests/web/test_mail_stop.py: the signature in the address decides",
    "people:accept-invitation": "tests/stages/people/test_members.py: the secret in the address decides",
    "exchange:need-do": "test_routes.py, test_needs.py: the verb's own rule decides",
    "exchange:challenge-do": "tests/stages/exchange/test_challenges.py: the verb's own rule decides",
    "exchange:result-do": "test_needs.py: the verb's own rule decides",
    "people:organisation-do": "tests/stages/people/test_directory.py: the verb's own rule decides",
    "people:tie-do": "tests/stages/people/test_families.py: the verb's own rule decides",
    "people:proposal-do": "tests/stages/people/test_merging.py: the verb's own rule decides",
    "people:certificate-do": "tests/stages/people/test_certificates.py: the verb's own rule decides",
    "people:expert-do": "tests/stages/people/test_experts.py: the verb's own rule decides",
    "people:certificate-detach": "tests/stages/people/test_certificates.py: needs a file",
    "exchange:capability-do": "tests/stages/exchange/test_capabilities.py: the verb's own rule decides",
    "exchange:booking-do": "tests/stages/exchange/test_capabilities.py: the verb's own rule decides",
    "exchange:introduction-do": "tests/stages/exchange/test_introductions.py: the verb's own rule decides",
    "exchange:cooperation-do": "tests/stages/exchange/test_introductions.py: the verb's own rule decides",
    "exchange:offer-do": "tests/stages/exchange/test_offers.py: the verb's own rule decides",
    "exchange:weights-use": "tests/stages/exchange/test_weights.py: leads back to the figures while nothing was learnt",
    "exchange:introduction-detach": "tests/stages/exchange/test_introductions.py: needs a file",
    "exchange:need-detach": "tests/stages/exchange/test_attachments.py: needs a file",
    "exchange:result-detach": "tests/stages/exchange/test_attachments.py: needs a file",
}
SITE = (
    "tokens", "api", "openapi", "notifications", "message-settings", "views", "people:organisations", "people:suggest",
    "people:organisation-new", "people:organisation-new-autosave", "people:family", "people:proposals",
    "people:seek-duplicates", "people:experts", "people:expert-new", "people:expert-new-autosave", "people:measures",
    "people:measure-new", "people:certificates", "people:certificate-new", "people:certificate-new-autosave",
)  # fmt: skip
SITE_EXPORTS = (
    "people:organisation-export", "people:proposal-export", "people:certificate-export", "people:expert-export",
    "people:measure-export",
)  # fmt: skip
POSTED = {
    "set_language": {"language": "en"},
    "view-save": {"list": "organisations", "name": "视图", "query": ""},
    "outbox-hold": {"hold": "no"},
    "outbox-release": {},
    "view-do": {"do": "rename", "name": "改名"},
    "outbox-do": {"verb": "release"},
}
IN_PROGRAMME = {
    "jobs": {}, "outbox": {}, "outbox-hold": {}, "outbox-release": {}, "rule-edit": {"code": "exchange.need.text_limit"},
    "exchange:need-export": {"form": "csv"}, "exchange:challenge-export": {"form": "csv"},
    "exchange:result-export": {"form": "xlsx"},
    **{
        f"exchange:{one}-export": {"form": "csv"}
        for one in ("capability", "booking", "introduction", "cooperation", "offer")
    },
}  # fmt: skip
OWN_RECORD = (
    "token-revoke", "view", "view-do",
    "job", "job-progress", "job-cancel", "job-retry", "job-give-up", "outbox-mail", "outbox-do",
    "people:organisation", "people:invite", "people:grant", "people:end-role", "people:withdraw-invitation",
    "people:organisation-edit", "people:organisation-autosave", "people:tie-new", "people:propose-merge", "people:tie-end",
    "people:tie",
    "people:proposal", "people:certificate", "people:certificate-edit", "people:certificate-autosave",
    "people:certificate-attach", "people:expert", "people:expert-edit", "people:expert-autosave", "people:expert-invite",
    "people:expert-uninvite", "people:expert-unite", "people:affiliation-new", "people:affiliation-change", "people:measure-void",
)  # fmt: skip


def gated(patterns=None, space=""):
    """(name, door) of every route behind the gate."""
    for one in patterns or get_resolver().url_patterns:
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from gated(one.url_patterns, inner)
        elif getattr(one.callback, "door", None):
            yield space + one.name, one.callback.door


def test_every_gated_route_is_probed_or_tested_elsewhere():
    probed = {
        *test_routes.RECORD_ROUTES, *test_routes.PLAIN_ROUTES, *(name for name, _kind in test_routes.IMPORT_ROUTES),
        *SITE, *SITE_EXPORTS, *POSTED, *IN_PROGRAMME, *OWN_RECORD, *ELSEWHERE,
    }  # fmt: skip
    names = {name for name, _door in gated() if not name.startswith("api:")}  # those are in test_api_routes.py
    assert names == probed


@pytest.fixture
def world(db):
    made = worlds.build()
    made.records.update(_around(made))
    return made


def _around(world):
    """One record of each kind, owned by the need owner of the organisation."""
    owner = next(one.account for one in world.visitors if (one.role, one.where) == (Role.NEED_OWNER, "in organisation"))
    job = JobRun.objects.create(
        title="导入", task="t", account=owner, programme=world.inside, state=State.FAILED, ended_at=clock.now()
    )
    waiting = JobRun.objects.create(title="导入", task="t", account=owner, programme=world.inside)
    mail = OutboxMail.objects.create(
        programme=world.inside, account=owner, address="a@example.org", code="exchange.need.published",
        facts={"title": "t"}, state=MailState.HELD, message_id="<1@example.org>",
    )  # fmt: skip
    token = ApiToken.objects.create(
        account=owner, name="报表", scope="read", digest="0" * 64, expires_at=clock.now() + timedelta(days=1)
    )
    invitation = Invitation.objects.create(
        organisation=world.own, name="王芳", email="w@example.org", roles=["need-owner"], token_digest="0" * 64,
        expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    view = SavedView.objects.create(account=owner, list_name="organisations", name="视图", query="view=all")
    return {
        **dict.fromkeys(("job", "job-progress", "job-retry", "job-give-up"), job),
        "job-cancel": waiting,
        **dict.fromkeys(("outbox-mail", "outbox-do"), mail),
        **dict.fromkeys(
            (
                "people:organisation",
                "people:invite",
                "people:grant",
                "people:end-role",
                "people:organisation-edit",
                "people:organisation-autosave",
                "people:tie-new",
                "people:propose-merge",
            ),
            world.own,
        ),
        **dict.fromkeys(
            (
                "people:certificate",
                "people:certificate-edit",
                "people:certificate-autosave",
                "people:certificate-attach",
            ),
            world.records["people.certificate"]["entered", "-"],
        ),
        **dict.fromkeys(
            (
                "people:expert",
                "people:expert-edit",
                "people:expert-autosave",
                "people:expert-invite",
                "people:expert-uninvite",
                "people:expert-unite",
                "people:affiliation-new",
                "people:affiliation-change",
            ),
            world.records["people.expert"]["entered", "-"],
        ),
        "people:measure-void": world.records["people.integrity"]["in force", "-"],
        "people:proposal": world.records["people.merge-proposal"]["own", "-"],
        "people:tie-end": world.records["people.family-tie"]["of others", "-"],
        "people:tie": world.records["people.family-tie"]["entered by own", "-"],
        "token-revoke": token,
        "grant": owner.grants.get(),
        "people:withdraw-invitation": invitation,
        "view": view,
        "view-do": view,
    }


def _cases(world, door, record):
    cases = {}
    for visitor in world.visitors:
        cases.setdefault(test_routes._aspect(door, visitor.actor, record, world.inside), visitor)
    assert "anonymous" in cases
    assert "allowed" in cases or door.rule.decide(cases["anonymous"].actor, record), door.rule.code
    # The allowed one last: what it does must not change what the others find.
    return sorted(cases.values(), key=lambda visitor: bool(door.rule.decide(visitor.actor, record or world.inside)))


def _probe(world, name, url, door, visitor, record):
    client = test_routes._client(visitor)
    with transaction.atomic():  # the next visitor finds the world as it was
        response = client.post(url, POSTED.get(name, {})) if door.methods == ("POST",) else client.get(url)
        transaction.set_rollback(True)
    wanted = test_routes._expected(door, visitor.actor, record, world.inside)
    assert test_routes._got(response) == wanted, (name, visitor, response.status_code)
    assert response.status_code < 500, name


def test_routes_without_a_record_answer_as_their_rule_says(world):
    for name in (*SITE, *SITE_EXPORTS, "set_language", "view-save", *IN_PROGRAMME):
        slug = {"programme": world.inside.slug} if name in IN_PROGRAMME else {}
        more = {"form": "csv"} if name in SITE_EXPORTS else IN_PROGRAMME.get(name, {})
        url = reverse(name, kwargs={**slug, **more})
        door = resolve(url).func.door
        for visitor in _cases(world, door, None):
            _probe(world, name, url, door, visitor, None)


def test_routes_of_own_records_answer_as_their_rule_says(world):
    for name in OWN_RECORD:
        record = world.records[name]
        kwargs = {"public_id": record.public_id}
        kwargs |= {"programme": world.inside.slug} if name.startswith("outbox") else {}
        kwargs |= {"number": world.records["grant"].pk} if name == "people:end-role" else {}
        kwargs |= {"number": record.person.memberships.get().pk} if name == "people:affiliation-change" else {}
        url = reverse(name, kwargs=kwargs)
        door = resolve(url).func.door
        cases = _cases(world, door, record)
        refused = {test_routes._aspect(door, one.actor, record, world.inside) for one in cases}
        assert refused & {Aspect.ROLE, Aspect.RELATION} or name == "people:organisation"
        for visitor in cases:
            _probe(world, name, url, door, visitor, record)
