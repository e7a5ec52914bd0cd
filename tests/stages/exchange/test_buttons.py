"""A verb that asks for more than a button does nothing when it is sent as a button, by the page or by the API."""

import pytest
from django.urls import reverse

import factories
from api.conftest import Caller, token_for
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import lifecycle_of, lifecycles
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Need, Offer


def make(kind):
    """A record of that kind in a state that allows such a verb, and somebody who may do it."""
    inside, firm, university = factories.programme(), factories.organisation(), factories.organisation()
    owner = factories.actor((Role.NEED_OWNER, firm), name="owner")
    if kind == Need.kind:
        officer = factories.actor((Role.PROGRAMME_OFFICER, inside), name="officer")
        return officer, factories.need(inside, firm, state="submitted", complete=True), "need"
    if kind == Offer.kind:
        return owner, factories.offer(factories.result(inside, university, state="published"), firm), "offer"
    return owner, factories.introduction(inside, firm, university, state="open"), "introduction"


ON_PAGE = [
    (kind, transition.verb)
    for kind, table in lifecycles().items()
    for transition in table.transitions
    if transition.on_page
]


def test_the_kinds_with_such_verbs_are_known():
    assert {kind for kind, _verb in ON_PAGE} == {Need.kind, Offer.kind, Introduction.kind}


@pytest.mark.parametrize(("kind", "verb"), ON_PAGE)
def test_a_verb_with_a_page_of_its_own_is_not_done_by_its_name_alone(db, kind, verb):
    actor, record, name = make(kind)
    was = (record.state, record.version)
    where = {"programme": record.programme.slug, "public_id": record.public_id, "verb": verb}
    reply = factories.english_client(actor).post(
        reverse(f"exchange:{name}-do", kwargs=where), {"version": record.version, "reason": "because"}
    )
    assert reply.status_code == 403
    label = str(lifecycle_of(kind).transition(verb).label)
    assert f"“{label}” asks for more than a button" in reply.content.decode()

    said = Caller(token_for(actor.account)).post(
        f"/p/{record.programme.slug}/{name}s/{record.public_id}/do/{verb}",
        {"version": record.version, "reason": "because"},
    )
    assert (said.status_code, said.json()["code"]) == (409, "lifecycle.own_page")
    record.refresh_from_db()
    assert (record.state, record.version) == was
    assert not CooperationRecord.everywhere().exists()
