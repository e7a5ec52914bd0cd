"""Changing a need-to-know list through the API, by sign-in names."""

from typing import Any

from django.db import transaction
from pydantic import BaseModel, Field

from jiandao.kernel import knowers, secrecy
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.api.bodies import STRICT, Text
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.knowers import KnowerList
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.policy import Refused

MOST_NAMES = 200


class ListChange(BaseModel):
    """Whom to put on the list and whom to take off; others stay as they are."""

    model_config = STRICT
    admit: list[Text] = Field(default_factory=list, max_length=MOST_NAMES, description="Sign-in names.")
    dismiss: list[Text] = Field(default_factory=list, max_length=MOST_NAMES, description="Sign-in names.")


def change_list(request: Request, record: Any, rules: KnowerList, body: ListChange) -> None:
    """All of it or nothing. ApiFault 422 for a name that cannot be admitted, whether or not there is such an account."""
    offered = {one.username: one for circle in rules.circles(record) for one in circle.accounts}
    here = {one.username: one for one in secrecy.knowers(record.kind, record.pk)}
    unknown = Refused("secrecy.not_offered")
    errors = [
        Where(where=f"admit.{place}", code=unknown.code, sentence=unknown.sentence)
        for place, name in enumerate(body.admit)
        if name not in offered and name not in here
    ]
    if errors:
        raise mend(errors)
    admitted: list[Account] = [offered[name] for name in body.admit if name not in here]
    removed = [here[name] for name in body.dismiss if name in here]
    with transaction.atomic():
        if admitted:
            knowers.admit(actor=request.actor, record=record, rules=rules, accounts=admitted)
        if removed:
            knowers.dismiss(actor=request.actor, record=record, rules=rules, accounts=removed)


def names_on_list(record: Any) -> list[str]:
    """The sign-in names on the list of a record; none of a record that is under no list."""
    if not record.is_need_to_know:
        return []
    return list(secrecy.knowers(record.kind, record.pk).order_by("username").values_list("username", flat=True))
