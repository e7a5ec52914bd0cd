"""A small programme, and callers with tokens."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.models import ApiToken
from jiandao.kernel.api.tokens import PREFIX, digest_of
from jiandao.kernel.secrecy import Level


@dataclass
class Caller:
    """Somebody who calls the API: with a token, or without any when it is empty."""

    secret: str = ""
    language: str = "en"

    def call(self, method, path, body=None, **headers):
        more = {"Accept-Language": self.language, **headers}
        if self.secret:
            more["Authorization"] = f"Bearer {self.secret}"
        data = json.dumps(body) if body is not None else ""
        return Client(headers=more).generic(method, "/api/v1" + path, data, content_type="application/json")

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None):
        return self.call("POST", path, body)

    def patch(self, path, body=None):
        return self.call("PATCH", path, body)


def token_for(account, scope="write", **more):
    """The secret of a new token."""
    secret = f"{PREFIX}of-{account.username}-{scope}-{len(more)}"
    ApiToken.objects.create(
        **{
            "account": account,
            "name": "test",
            "scope": scope,
            "digest": digest_of(secret),
            "expires_at": clock.now() + timedelta(days=30),
        }
        | more
    )
    return secret


class Scene:
    """An enterprise that asks, a university that answers, an officer, and a stranger with a role elsewhere."""

    def __init__(self):
        self.programme = factories.programme()
        self.enterprise, self.university = factories.organisation(), factories.organisation()
        self.actors = {
            "owner": factories.actor((Role.NEED_OWNER, self.enterprise), name="owner"),
            "officer": factories.actor((Role.PROGRAMME_OFFICER, self.programme), name="officer"),
            "researcher": factories.actor((Role.RESEARCHER, self.university), name="researcher"),
            "stranger": factories.actor((Role.NEED_OWNER, self.university), name="stranger"),
        }
        self.owner, self.officer, self.researcher, self.stranger = (
            Caller(token_for(actor.account)) for actor in self.actors.values()
        )
        self.anybody = Caller()
        self.base = f"/p/{self.programme.slug}"

    def need(self, **more):
        return factories.need(self.programme, self.enterprise, **more)

    def secret_need(self, **more):
        known = [self.actors["owner"].account]
        values = {"title": "绝密轴承钢夹杂物控制", "state": "published", "secrecy": Level.WORK_SECRET, "knowers": known}
        return self.need(**values | more)

    def result(self, **more):
        return factories.result(self.programme, self.university, **more)

    def challenge(self, **more):
        return factories.challenge(self.programme, self.enterprise, **more)

    def url(self, what, record=None, more=""):
        return f"{self.base}/{what}" + (f"/{record.public_id}" if record is not None else "") + more


@pytest.fixture
def scene(db):
    return Scene()
