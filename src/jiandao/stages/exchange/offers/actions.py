"""Saying what an organisation wants to be offered."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import values_of
from jiandao.kernel.lifecycle.perform import locked, save_version
from jiandao.kernel.programme import Programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models import OfferWish
from jiandao.stages.exchange.offers import policy, queries
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.writing import role_for

name_fact("only_fields", _("only these fields"))
WISH_FIELDS = ("wanted", "text", "keywords", "least_level", "most_a_week", "paused_until")


@transaction.atomic
def choose(
    *,
    actor: Actor,
    programme: Programme,
    organisation: Organisation,
    values: dict[str, Any],
    fields: Sequence[Term],
    expected_version: int | None = None,
) -> OfferWish:
    """Keep what an organisation wants; StaleRecord when a colleague saved it in between."""
    role = role_for(actor, policy.CHOOSE_OFFERS, organisation)
    Organisation.objects.select_for_update().get(pk=organisation.root_id)  # two who begin at once make one wish
    found = queries.wish_of(organisation)
    wish: OfferWish = (
        locked(found, expected_version)
        if found is not None
        else OfferWish(programme=programme, organisation=organisation, created_by=actor.account)
    )
    before = values_of(wish, WISH_FIELDS) if found is not None else {}
    for name in WISH_FIELDS:
        setattr(wish, name, values[name])
    if found is None:
        wish.save()
    else:
        save_version(wish, list(WISH_FIELDS))
    wish.fields.set(fields)
    journal.record(
        actor=actor,
        role=role,
        verb="edit" if found is not None else "create",
        record=wish,
        before=before,
        after=values_of(wish, WISH_FIELDS),
        facts={"only_fields": [str(one) for one in fields]},
        rule=policy.CHOOSE_OFFERS.code,
    )
    return wish
